import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { decodePayload, parseHealth, parseInfo, parseStats, type Stats } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const SAMPLE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
const track = closedAfterEach();

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a reload', () => {
  test('that one output cannot follow changes nothing at all; without it, everything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    track(taken);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const mosquitto = track(await Mosquitto.start());
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
    const config = (web: string, more = ''): string =>
      `host = "gw"\ndelay_ms = 100\n[mqtt]\nurl = "${mosquitto.url}"\n[[filter]]\nid = "all"\n` +
      `[[filter]]\nid = "web"\nmatch = "${web}"\n${more}`;
    const daemon = track(new Ifcastd({ config: config('tcp port 443'), args: ['--replay', SAMPLE] }));

    const stats = (): Stats[] =>
      sub.messages.filter(({ topic }) => topic.endsWith('/stats')).map(({ payload }) => parsedStats(payload));
    const newest = (): Stats => stats().at(-1)!;
    await sub.until('counts', () => stats().length > 0 && newest().filters[1]!.packets_total > 0n);
    const before = newest();

    const prometheus = `[prometheus]\nlisten = "127.0.0.1:${port}"\n`;
    writeFileSync(daemon.configFile, config('udp', prometheus));
    daemon.child.kill('SIGHUP');
    await sub.until('the refusal', () => daemon.log.includes('the configuration stays as it was'));
    const seen = stats().length;
    await sub.until('more counts', () => stats().length > seen + 3);
    for (const each of stats()) expect(each.since).toBe(before.since);
    const totals = stats().map(({ filters }) => filters[1]!.packets_total);
    expect(totals).toEqual([...totals].sort((a, b) => Number(a - b)));
    expect(parseInfo(decodePayload(newestOn('info')))).toMatchObject({
      filters: [{ id: 'all' }, { id: 'web', expression: 'tcp port 443' }],
      outputs: [{ name: 'mqtt', state: 'running' }],
    });
    const { problem } = parseHealth(decodePayload(newestOn('health')));
    expect(problem).toContain(
      `the new configuration is refused: another program listens on 127.0.0.1:${port}`,
    );

    writeFileSync(daemon.configFile, config('udp'));
    daemon.child.kill('SIGHUP');
    await sub.until('the new filter', () => newest().since !== before.since);
    expect(parseInfo(decodePayload(newestOn('info'))).filters[1]!.expression).toBe('udp');
    expect(newest().filters[0]!.packets_total).toBeGreaterThan(before.filters[0]!.packets_total);
    expect(parseHealth(decodePayload(newestOn('health'))).problem).toBeNull();
    // The connection was nobody's concern.
    expect(daemon.log.match(/connected to/g)).toHaveLength(1);

    function newestOn(name: string): Buffer {
      return Buffer.from(sub.on(`ifcast/gw/${name}`).at(-1)!.payload);
    }
  });
});

function parsedStats(payload: string): Stats {
  return parseStats(decodePayload(Buffer.from(payload)));
}
