import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Ifcastd } from '../support/ifcastd.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { LiveTcpdumps, sendFrames } from '../support/tcpdump.ts';

const FRAMES = packetMix();
const NOBODY_GROUP = 'nogroup';

describe.runIf(requirements('root', 'ip', 'ethtool', 'tcpdump', 'tcpreplay', 'nc'))(
  'the counter socket',
  () => {
    let pair: VethPair;
    let directory: string;
    const daemons: Ifcastd[] = [];

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'ifcast-socket-'));
      pair = await createVethPair();
    });

    afterEach(async () => {
      await Promise.all(daemons.splice(0).map((daemon) => daemon.close()));
      await pair.close();
      rmSync(directory, { recursive: true });
    });

    const path = () => join(directory, 'run', 'veth-b.sock');

    function start(extra = ''): Ifcastd {
      const config = `
interface = "veth-b"
delay_ms = 100
[mqtt]
url = "mqtt://127.0.0.1"
[socket]
path = "${directory}/run/{interface}.sock"
${extra}
[[filter]]
id = "all"
[[filter]]
id = "tcp"
proto = "tcp"
`;
      const daemon = new Ifcastd({ config, end: pair.b });
      daemons.push(daemon);
      return daemon;
    }

    /** What nc(1) reads. */
    function read(): string {
      return execFileSync('nc', ['-U', '-N', path()], { input: '', encoding: 'utf8' });
    }

    async function readable(): Promise<void> {
      await expect.poll(() => existsSync(path()) && read(), { timeout: 10_000 }).toContain('all:');
    }

    test('a line for each filter, id:bytes:packets, as tcpdump counts', async () => {
      start();
      await readable();
      expect(read()).toBe('all:0:0\ntcp:0:0\n');
      const dumps = await LiveTcpdumps.start(pair.b, ['', 'tcp']);
      await sendFrames(pair.a, FRAMES);
      await expect.poll(read, { timeout: 10_000 }).toContain(`:${FRAMES.length}\n`);
      const [all, tcp] = await dumps.stop();
      expect(read()).toBe(`all:${all!.bytes}:${all!.packets}\ntcp:${tcp!.bytes}:${tcp!.packets}\n`);
    });

    test('mode and group are as set, and nothing is left at the end', async () => {
      const daemon = start(`mode = "0640"\ngroup = "${NOBODY_GROUP}"`);
      await readable();
      const { mode, gid } = statSync(path());
      expect(mode & 0o777).toBe(0o640);
      expect(gid).toBe(
        Number(execFileSync('getent', ['group', NOBODY_GROUP], { encoding: 'utf8' }).split(':')[2]),
      );
      expect((await daemon.end()).code).toBe(0);
      expect(existsSync(path())).toBe(false);
    });

    test('what a daemon that was killed has left is replaced', async () => {
      const killed = start();
      await readable();
      await killed.end('SIGKILL');
      expect(existsSync(path())).toBe(true);
      start();
      await readable();
    });

    test('a living socket of somebody else is left alone, and so is a file', async () => {
      execFileSync('mkdir', [join(directory, 'run')]);
      const other = createServer().listen(path());
      await once(other, 'listening');
      const daemon = start();
      await expect
        .poll(() => daemon.log, { timeout: 10_000 })
        .toContain(`${path()}: another program listens there`);
      other.close();
      await readable();
      rmSync(path());
      writeFileSync(path(), 'precious');
      await expect
        .poll(() => daemon.log, { timeout: 10_000 })
        .toContain(`${path()}: something that is no socket is there`);
      expect((await daemon.end()).code).toBe(0);
      expect(existsSync(path())).toBe(true);
    });

    test('a directory that goes is made again', async () => {
      start();
      await readable();
      rmSync(join(directory, 'run'), { recursive: true });
      await readable();
    });

    test('who never reads loses the answer, and a thousand at once all get theirs', async () => {
      const daemon = start();
      await readable();
      const silent = connect(path());
      silent.pause();
      await once(silent, 'connect');
      const readers = Array.from({ length: 1000 }, () => connect(path()));
      const answers = await Promise.all(readers.map((reader: Socket) => text(reader)));
      expect(new Set(answers)).toEqual(new Set(['all:0:0\ntcp:0:0\n']));
      silent.destroy();
      expect((await daemon.end()).code).toBe(0);
    });
  },
);
