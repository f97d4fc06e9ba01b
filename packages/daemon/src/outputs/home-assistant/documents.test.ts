import { DEFAULT_SIZE_UPPER_BOUNDS, type Info, topicLevel } from '@ifcast/protocol';
import { describe, expect, it } from 'vitest';

import { deviceDocuments } from './documents.ts';

function infoOf(
  interfaces: readonly string[],
  filters: readonly { id: string; name: string }[],
  bounds = DEFAULT_SIZE_UPPER_BOUNDS,
): Info {
  return {
    v: 1,
    app: 'ifcast',
    version: '0.1.0',
    host: 'GW-1.home',
    boot_id: 'b',
    started_at: '2026-11-21T08:00:00.000Z',
    delay_ms: 500,
    state_interval_s: 30,
    size_upper_bounds: bounds,
    filters: filters.map((filter) => ({ ...filter, expression: '' })),
    interfaces: interfaces.map((name) => ({
      name,
      topic: topicLevel(name),
      backend: 'ebpf',
      hook: 'socket',
      packet: 'wire',
      link_type: null,
      state: 'counting',
      reason: null,
      notes: [],
      gap: null,
      link_mbit_per_s: null,
    })),
    outputs: [],
    triggers: [{ id: 'camera', filter: 'web' }],
  };
}

const CONFIG = { buckets: true, units: 'Mbit/s', url: null } as const;

describe('deviceDocuments', () => {
  const info = infoOf(['eth0.100'], [{ id: 'web', name: 'Web “böse” \\ sites' }]);

  it('gives ids made of host, interface and filter id alone', () => {
    const document = deviceDocuments(info, 'ifcast', CONFIG, null).get('ifcast_GW-1__home_eth0__100');
    expect(document?.cmps['rate_web']).toEqual({
      p: 'sensor',
      name: 'Web “böse” \\ sites rate',
      uniq_id: 'ifcast_GW-1__home_eth0__100_rate_web',
      def_ent_id: 'sensor.ifcast_gw_1_home_eth0_100_web_rate',
      stat_t: 'ifcast/GW-1_home/eth0_100/filter/web',
      val_tpl:
        '{{ ((value_json.bits_per_s / 1000000) | round(6) if value_json.bits_per_s is number else none) if value_json is defined else none }}',
      exp_aft: 120,
      sug_dsp_prc: 2,
      dev_cla: 'data_rate',
      unit_of_meas: 'Mbit/s',
      stat_cla: 'measurement',
      ic: 'mdi:speedometer',
    });
    expect(document?.cmps['size128to255_web']).toMatchObject({
      name: 'Web “böse” \\ sites packets 128–255 B',
      val_tpl: '{{ (value_json.sizes_total[2]) if value_json is defined else none }}',
      en: false,
    });
    expect(document?.cmps['size1513up_web']).toMatchObject({
      val_tpl: '{{ (value_json.sizes_total[6]) if value_json is defined else none }}',
    });
    expect(document?.cmps['bytesout_web']).toMatchObject({
      name: 'Web “böse” \\ sites sent',
      val_tpl:
        '{{ (((value_json.bytes_total - value_json.bytes_in_total) / 1000000) | round(6) if value_json.bytes_in_total is number else none) if value_json is defined else none }}',
    });
    expect(document?.dev).toEqual({
      ids: ['ifcast_GW-1__home_eth0__100'],
      name: 'GW-1.home eth0.100',
      mf: 'ifcast',
      mdl: 'Network interface',
      sw: '0.1.0',
      via_device: 'ifcast_GW-1__home',
    });
  });

  it("begins with the host's device, which may link to a page and tells the installation", () => {
    const config = { ...CONFIG, url: 'http://192.0.2.1/' };
    const [[id, host] = [], ...others] = deviceDocuments(info, 'ifcast', config, '0123456789ab');
    expect([id, host?.dev, others.length]).toEqual([
      'ifcast_GW-1__home',
      {
        ids: ['ifcast_GW-1__home'],
        name: 'GW-1.home',
        mf: 'ifcast',
        mdl: 'Host',
        sw: '0.1.0',
        cu: 'http://192.0.2.1/',
        sn: '0123456789ab',
      },
      1,
    ]);
    // One word: `ifcast_gw_<word>` is never an entity of an interface, which has two parts more.
    expect(Object.keys(host!.cmps).filter((key) => key.includes('_'))).toEqual([]);
  });

  it('keeps a unique id and its meaning over other names, another order and other bounds', () => {
    const meaning = (changed: Info) =>
      Object.fromEntries(
        [...deviceDocuments(changed, 'ifcast', CONFIG, null).values()].flatMap(({ cmps }) =>
          Object.values(cmps).map(({ uniq_id, stat_t, val_tpl, name }) => [
            uniq_id,
            // Which packets a bucket holds is in its name, where it lies in the list is not.
            String(uniq_id).includes('_size')
              ? [stat_t, String(name).replace(/^.* packets/, '')]
              : [stat_t, val_tpl],
          ]),
        ),
      );
    const a = { id: 'a', name: 'A' };
    const b = { id: 'b', name: 'B' };
    const before = meaning(infoOf(['eth0'], [a, b]));
    const after = meaning(infoOf(['eth1', 'eth0'], [b, { ...a, name: 'Ä' }], [64, 255]));
    const both = Object.keys(before).filter((id) => Object.hasOwn(after, id) && !id.endsWith('_dropped'));
    expect(both.length).toBeGreaterThan(15);
    for (const id of both) expect(after[id]).toEqual(before[id]);
  });

  it('never gives one unique id twice, however ids and kinds are put together', () => {
    const filters = ['a', 'rate_a', 'a_rate', 'packetrate_a', 'size0to64', 'problem', 'rate'].map((id) => ({
      id,
      name: id,
    }));
    const interfaces = ['eth0', 'eth0_rate', 'eth0_rate_a', 'problem'];
    const documents = deviceDocuments(infoOf(interfaces, filters), 'ifcast', CONFIG, null);
    const ids = [...documents.values()].flatMap(({ cmps }) =>
      Object.values(cmps).map(({ uniq_id }) => uniq_id),
    );
    expect(ids).toHaveLength(5 + interfaces.length * (7 * 13 + 5 + 1));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
