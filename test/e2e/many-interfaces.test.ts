import { decodePayload, type Info, parseInfo } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Ifcastd } from '../support/ifcastd.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { requirements } from '../support/requirements.ts';

const PORT = 1883;
const NAMES = Array.from({ length: 16 }, (_, i) => `many${i}`);

describe.runIf(requirements('root', 'bpf', 'ip', 'ethtool', 'mosquitto', 'mosquitto_sub'))(
  'many interfaces',
  () => {
    let pair: VethPair;
    let sub: MosquittoSub;
    let daemon: Ifcastd | undefined;

    beforeEach(async () => {
      pair = await createVethPair();
      const pairs = NAMES.flatMap((name, i) =>
        i % 2 === 0 ? `ip link add ${name} type veth peer name ${NAMES[i + 1]}` : [],
      );
      const up = NAMES.map((name) => `ip link set ${name} up`);
      await pair.b.exec('sh', '-ec', [...pairs, ...up].join('\n'));
      pair.b.spawn('mosquitto', ['-p', String(PORT)], { stdio: 'ignore' });
      await expect.poll(() => pair.b.exec('ss', '-Hltn'), { timeout: 10_000 }).toContain(`127.0.0.1:${PORT}`);
      sub = await MosquittoSub.start({ port: PORT, topics: ['ifcast/box/+'], end: pair.b });
    });

    afterEach(async () => {
      sub.close();
      await daemon?.close();
      await pair.close();
    });

    test('are told before all of them are open, and each as it opens', async () => {
      daemon = new Ifcastd({
        config: `interface = ${JSON.stringify(NAMES)}\nhost = "box"\nbackend = "ebpf"\n[mqtt]\nurl = "mqtt://127.0.0.1"\n[[filter]]\nid = "all"\n`,
        end: pair.b,
      });
      const infos = (): Info[] =>
        sub.on('ifcast/box/info').map(({ payload }) => parseInfo(decodePayload(Buffer.from(payload))));
      const counting = (info: Info | undefined): number =>
        info?.interfaces.filter(({ state }) => state === 'counting').length ?? 0;
      await sub.until('all of them', () => counting(infos().at(-1)) === NAMES.length, 60_000);

      expect(sub.messages[0]).toMatchObject({ topic: 'ifcast/box/status', payload: 'online' });
      const [first] = infos();
      expect(counting(first)).toBeGreaterThan(0);
      expect(counting(first)).toBeLessThan(NAMES.length);
      expect(first!.interfaces.map(({ name }) => name)).toEqual(NAMES);
      expect(first!.interfaces.at(-1)).toMatchObject({ state: 'waiting', reason: 'not opened yet' });
      const counts = infos().map(counting);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(new Set(counts).size).toBeGreaterThan(3);
      expect((await daemon.end()).code).toBe(0);
    });
  },
);
