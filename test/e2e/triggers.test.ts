import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseStats } from '@ifcast/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Ifcastd } from '../support/ifcastd.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { createVethPair, type VethPair } from '../support/netns.ts';
import { packetMix } from '../support/packet-mix.ts';
import { requirements } from '../support/requirements.ts';
import { sendFrames } from '../support/tcpdump.ts';

const PORT = 1883;
/** Of one of these every filter `all` counts one packet. */
const [FRAME] = packetMix();

describe.runIf(
  requirements('root', 'bpf', 'ip', 'ethtool', 'mosquitto', 'mosquitto_sub', 'tcpreplay', 'setpriv'),
)('triggers', () => {
  let pair: VethPair;
  let directory: string;
  let subscriber: MosquittoSub;
  const daemons: Ifcastd[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ifcast-triggers-'));
    chmodSync(directory, 0o777);
    pair = await createVethPair();
    pair.b.spawn('mosquitto', ['-p', String(PORT)], { stdio: 'ignore' });
    await expect.poll(() => pair.b.exec('ss', '-Hltn'), { timeout: 10_000 }).toContain(`127.0.0.1:${PORT}`);
    subscriber = await MosquittoSub.start({ port: PORT, topics: ['#'], end: pair.b });
  });

  afterEach(async () => {
    subscriber.close();
    await Promise.all(daemons.splice(0).map((daemon) => daemon.close()));
    await pair.close();
    rmSync(directory, { recursive: true });
  });

  function config(triggers: string): string {
    return `
interface = "veth-b"
host = "box"
delay_ms = 500
[mqtt]
url = "mqtt://127.0.0.1"
[[filter]]
id = "all"
${triggers}`;
  }

  async function start(triggers: string): Promise<Ifcastd> {
    const daemon = new Ifcastd({ config: config(triggers), end: pair.b });
    daemons.push(daemon);
    await subscriber.until('the broadcast', () => subscriber.on('ifcast/box/veth-b/stats').length > 1);
    return daemon;
  }

  async function send(packets: number): Promise<void> {
    await sendFrames(pair.a, new Array<Buffer>(packets).fill(FRAME!), 100_000);
  }

  const events = (trigger: string): Record<string, unknown>[] =>
    subscriber.on(`ifcast/box/veth-b/trigger/${trigger}`).map(({ payload }) => JSON.parse(payload));

  /** What it writes is whole when it is there. */
  function script(name: string, body: string): string {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  }

  const written = (name: string) => join(directory, name);
  async function appears(name: string): Promise<string> {
    await expect.poll(() => existsSync(written(name)), { timeout: 10_000 }).toBe(true);
    return readFileSync(written(name), 'utf8');
  }

  test('fires at the Nth packet, sends its message, and tells', async () => {
    await start(`[[trigger]]
id = "many"
filter = "all"
packets = 10
mqtt = { topic = "plugs/{interface}/set", payload = '{"state":"ON","packets":{packets},"filter":"{filter}"}', retain = true }
`);
    await send(9);
    const packets = () => {
      const newest = subscriber.newest('ifcast/box/veth-b/stats');
      return newest === undefined ? 0n : parseStats(newest).filters[0]!.packets_total;
    };
    await subscriber.until('nine packets', () => packets() === 9n);
    expect(events('many')).toEqual([]);
    await send(15);
    await subscriber.until('the message', () => subscriber.on('plugs/veth-b/set').length > 0);
    await subscriber.until('the event', () => events('many').length > 0);
    const [event] = events('many');
    expect(event).toMatchObject({ v: 1, event_type: 'fired', suppressed_total: 0, exit: null });
    const fired = Number(event!['packets']);
    expect(fired).toBeGreaterThanOrEqual(10);
    const [message] = subscriber.on('plugs/veth-b/set');
    expect(JSON.parse(message!.payload)).toEqual({ state: 'ON', packets: fired, filter: 'all' });
    expect([message!.qos, message!.retain]).toEqual([1, 1]);
  });

  test('quiet: after packets, when none come any more', async () => {
    await start(`[[trigger]]
id = "off"
filter = "all"
when = "quiet"
quiet_s = 1
mqtt = { topic = "plug/set", payload = "OFF" }
`);
    expect(subscriber.on('plug/set')).toEqual([]);
    await send(3);
    await subscriber.until('OFF', () => subscriber.on('plug/set').length === 1);
    await subscriber.until('the event', () => events('off').length === 1);
    expect(events('off')[0]).toMatchObject({ packets: 3 });
  });

  test('a command: its environment, its words, its output, its end; without a single capability', async () => {
    const path = script(
      'command',
      `env | sort >${directory}/env
printf '%s|' "$@" >${directory}/words
readlink /proc/self/fd/0 >${directory}/stdin
printf 'hello\\n\\033[31mred\\n'
cat /proc/self/status >${directory}/status.part
mv ${directory}/status.part ${directory}/status
exit 3`,
    );
    const daemon = await start(`[[trigger]]
id = "run"
filter = "all"
command = ["${path}", "$(id)", 'a "b" c', "x\\ny"]
`);
    await send(1);
    const status = await appears('status');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      expect(field(set), set).toBe('0000000000000000');
    expect(field('NoNewPrivs')).toBe('1');
    expect(readFileSync(written('words'), 'utf8')).toBe('$(id)|a "b" c|x\ny|');
    expect(readFileSync(written('stdin'), 'utf8')).toBe('/dev/null\n');
    const environment = readFileSync(written('env'), 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(
      environment.filter((name) => name !== '' && name !== 'PWD' && name !== '_' && name !== 'SHLVL'),
    ).toEqual([
      'IFCAST_BYTES',
      'IFCAST_FILTER',
      'IFCAST_INTERFACE',
      'IFCAST_PACKETS',
      'IFCAST_PACKETS_TOTAL',
      'IFCAST_TIME',
      'IFCAST_TRIGGER',
      'PATH',
    ]);
    await subscriber.until('the end', () => events('run').length === 2);
    expect(events('run').map((event) => [event['event_type'], event['exit']])).toEqual([
      ['fired', null],
      ['ended', 3],
    ]);
    expect(daemon.log).toContain('trigger run: hello\n');
    expect(daemon.log).toContain('trigger run: \\u{1b}[31mred\n');
    expect(daemon.log).toContain(`trigger run: ${path} ended with 3\n`);
  });

  test('user: who runs it, with the groups', async () => {
    const path = script('who', `id >${directory}/id.part; mv ${directory}/id.part ${directory}/id`);
    await start(`[[trigger]]
id = "who"
filter = "all"
user = "nobody"
command = ["${path}"]
`);
    await send(1);
    expect(await appears('id')).toMatch(
      /^uid=65534\(nobody\) gid=65534\(nogroup\) groups=65534\(nogroup\)\n$/,
    );
  });

  test('a command that hangs is ended with its children, and what fires meanwhile is counted', async () => {
    const path = script(
      'hang',
      `trap '' TERM; sleep 1000 & echo $! >${directory}/child; yes | head -c 1000000000; wait`,
    );
    const daemon = await start(`[[trigger]]
id = "hang"
filter = "all"
timeout_s = 2
command = ["${path}"]
`);
    await send(1);
    const child = Number(await appears('child'));
    await send(1);
    await subscriber.until('its end', () => events('hang').some((event) => event['event_type'] === 'ended'));
    expect(events('hang').at(-1)).toMatchObject({ exit: null, suppressed_total: 1 });
    await expect.poll(() => isRunning(child), { timeout: 5_000 }).toBe(false);
    expect(daemon.log).toContain('was ended after 2 s');
    expect(daemon.log.length).toBeLessThan(10_000);
  });

  test('what forks and stays keeps neither the trigger nor the daemon', async () => {
    const path = script('fork', `setsid sleep 1000 & echo $! >${directory}/child`);
    const daemon = await start(`[[trigger]]
id = "fork"
filter = "all"
command = ["${path}"]
`);
    await send(1);
    const child = Number(await appears('child'));
    await subscriber.until('its end', () => events('fork').some((event) => event['exit'] === 0));
    expect((await daemon.end()).code).toBe(0);
    process.kill(child);
  });

  test('a command that was removed is told; a running one is ended when the daemon stops', async () => {
    const path = script('gone', '');
    const sleeper = script('sleeper', `echo $$ >${directory}/pid; exec sleep 1000`);
    const daemon = await start(`[[trigger]]
id = "gone"
filter = "all"
command = ["${path}"]
[[trigger]]
id = "sleeper"
filter = "all"
command = ["${sleeper}"]
timeout_s = 900
`);
    rmSync(path);
    await send(1);
    await expect
      .poll(() => daemon.log, { timeout: 10_000 })
      .toContain(`trigger gone: ${path} cannot be run: spawn ${path} ENOENT`);
    const pid = Number(await appears('pid'));
    expect((await daemon.end()).code).toBe(0);
    await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
  });

  test('a reload fires nothing, and a message that finds no broker is counted as failed', async () => {
    const triggers = `[[trigger]]
id = "one"
filter = "all"
mqtt = { topic = "plug/set", payload = "ON" }
`;
    const daemon = await start(triggers);
    await send(5);
    await subscriber.until('it fires', () => events('one').length === 1);
    writeFileSync(daemon.configFile, config(`${triggers}[[trigger]]\nid = "two"\nfilter = "all"\n`));
    daemon.child.kill('SIGHUP');
    await expect
      .poll(() => daemon.log, { timeout: 10_000 })
      .toContain('the configuration has been read again');
    await send(1);
    await subscriber.until('both fire', () => events('two').length === 1 && events('one').length === 2);
    expect(events('two')[0]).toMatchObject({ packets: 1, packets_total: 6 });
    await pair.b.killAll();
    daemons.splice(0);
    const lonely = new Ifcastd({ config: config(triggers), end: pair.b });
    daemons.push(lonely);
    await expect.poll(() => lonely.log, { timeout: 10_000 }).toContain('veth-b: counting');
    await expect
      .poll(
        async () => {
          await send(1);
          return lonely.log;
        },
        { timeout: 10_000 },
      )
      .toContain('trigger one: its message reached no broker within 1 s');
  });

  test('a configuration with commands that others may write is refused for root', async () => {
    const daemon = await start('[[trigger]]\nid = "x"\nfilter = "all"\ncommand = ["/bin/true"]\n');
    chmodSync(daemon.configFile, 0o666);
    daemon.child.kill('SIGHUP');
    await expect
      .poll(() => daemon.log, { timeout: 10_000 })
      .toContain(
        'trigger: it has commands that root would run, and other users of this machine can write this file: chmod go-w it',
      );
  });
});

/** A process that nobody has waited for yet is none. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
