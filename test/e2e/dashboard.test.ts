import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { encodeMessage, type FilterCounts, type Info, type Stats, topicOf } from '@ifcast/protocol';
import { describe, expect, test } from 'vitest';

import { IFCAST, ifcastScreen, runIfcast, WITHOUT_CONFIG } from '../support/ifcast.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { requirements } from '../support/requirements.ts';
import { SimulatedDaemon } from '../support/simulated-daemons.ts';
import { simulatedInfo } from '../support/simulated-traffic.ts';
import { Terminal } from '../support/terminal.ts';
import { closedAfterEach } from '../support/track.ts';

const RESTORED = {
  alternateScreen: false,
  cursorHidden: false,
  synchronized: false,
  bracketedPaste: false,
  mouse: 'none',
};

const track = closedAfterEach();

function info(change: Partial<Info> = {}): Info {
  return { ...simulatedInfo('gw-01', ['eth0'], Date.parse('2026-11-21T08:00:00Z'), 500), ...change };
}

/** Five filters with numbers of their own, all of them growing with `seq`. */
function stats(seq: number, intervalMs = 500): Stats {
  return {
    v: 1,
    ts: new Date(Date.parse('2026-11-21T10:00:00Z') + seq * intervalMs).toISOString(),
    seq,
    interval_ms: intervalMs,
    since: '2026-11-21T08:00:00.000Z',
    dropped_total: 0n,
    filters: info().filters.map(({ id }, index): FilterCounts => {
      const sizes = Array.from({ length: 7 }, (_, bucket) => BigInt(seq * (100 * (index + 1) + bucket)));
      const packets = sizes.reduce((sum, size) => sum + size, 0n);
      return {
        id,
        packets_total: packets,
        bytes_total: packets * 700n,
        packets_in_total: null,
        bytes_in_total: null,
        sizes_total: sizes,
        packets_per_s: 1_000 * (index + 1),
        bits_per_s: 5_600_000 * (index + 1),
      };
    }),
  };
}

/** Every bucket of every filter holds `seq` packets. */
function uniform(seq: number): Stats {
  const sizes = Array.from({ length: 7 }, () => BigInt(seq));
  const packets = BigInt(seq * 7);
  const filters = stats(seq).filters.map((filter) => ({
    ...filter,
    sizes_total: sizes,
    packets_total: packets,
  }));
  return { ...stats(seq, 100), filters };
}

/** Numbers of 0 or more as the screen writes them, from the numbers themselves: three digits and a prefix. */
function written(value: number | bigint): string {
  const number = Number(value);
  if (number < 1000) return String(number);
  const prefix = Math.floor(Math.log10(number) / 3);
  return `${(number / 1000 ** prefix).toPrecision(3)}${'kMGT'[prefix - 1]}`;
}

async function connect(url: string): Promise<SimulatedDaemon> {
  const daemon = track(await SimulatedDaemon.connect(url, 'gw-01'));
  await daemon.info(info());
  return daemon;
}

/** Waits for a dashboard that has subscribed, then sends it a broadcast. */
async function goLive(daemon: SimulatedDaemon, terminal: Terminal, seq = 1): Promise<string> {
  await terminal.waitFor('Waiting for the first message');
  await daemon.stats('eth0', stats(seq));
  return terminal.waitFor('● live');
}

/** More frames of 200×60 than a pseudo-terminal holds, and what it holds at most with what its reader had read ahead. */
const LAST = 60;
const HELD_BYTES = 200_000;

/** The bytes of all traffic as the screen writes them. */
function total(seq: number): string {
  return written(stats(seq).filters[0]!.bytes_total);
}

describe.runIf(requirements('mosquitto'))('the dashboard in a terminal', () => {
  async function broker(): Promise<Mosquitto> {
    return track(await Mosquitto.start());
  }

  function screen(url: string, columns = 80, rows = 24, ...args: string[]): Terminal {
    return track(ifcastScreen(['--broker', url, ...args], { columns, rows }));
  }

  test('at 80×24 and 120×40 every number in the table is one that was sent', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
    ] as const) {
      const terminal = screen(url, columns, rows);
      await terminal.waitFor('Waiting for the first message');
      terminal.send('d');
      await terminal.waitFor('# FILTER');
      await daemon.stats('eth0', stats(7_231));
      await daemon.stats('eth0', stats(7_233));
      await terminal.waitFor(written(stats(7_233).filters[4]!.packets_total));
      const lines = terminal.screen();
      for (const [index, filter] of stats(7_233).filters.entries()) {
        const name = info().filters[index]!.name;
        const at = lines.findIndex((line) => line.includes(`${index} ${name} `));
        const numbers = (line: string): string[] => line.match(/(?<![\w.])[\d.]+[kMGT]?(?![\w.%/])/g) ?? [];
        const totals = [...filter.sizes_total, filter.packets_total, filter.bytes_total].map(written);
        expect(numbers(lines[at]!.slice(name.length + 3)).slice(0, 9)).toEqual(totals);
        const before = stats(7_231).filters[index]!;
        const changes = filter.sizes_total.map((size, bucket) =>
          written(Number(size - before.sizes_total[bucket]!)),
        );
        const rates = [written(filter.packets_per_s!), written(filter.bits_per_s! / 8)];
        expect(numbers(lines[at + 1]!.split('change/s')[1]!).slice(0, 9)).toEqual([...changes, ...rates]);
        const share = (size: bigint): string =>
          `${((Number(size) / Number(filter.packets_total)) * 100).toFixed(0)}%`;
        expect(lines[at + 2]!.match(/\d+%/g)).toEqual(filter.sizes_total.map(share));
      }
      await terminal.close();
    }
  });

  test.each([
    [60, 15],
    [80, 24],
    [120, 40],
  ])('at %i×%i every filter has its rates and bytes on one line', async (columns, rows) => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url, columns, rows);
    await goLive(daemon, terminal, 99);
    await terminal.waitFor(written(stats(99).filters[4]!.bytes_total));
    for (const [index, filter] of stats(99).filters.entries()) {
      const line = terminal.screen().find((text) => text.includes(` ${info().filters[index]!.name} `));
      const [rate, bits, bytes] = [filter.packets_per_s!, filter.bits_per_s!, filter.bytes_total].map(
        written,
      );
      expect(line).toMatch(new RegExp(` ${bits}b/s +${rate} +${bits} .*${bytes}B`));
    }
  });

  test('the peak is the largest rate between two broadcasts, whatever the size of the terminal', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url);
    await goLive(daemon, terminal, 100);
    const burst = stats(101);
    const filters = burst.filters.map((filter) => ({ ...filter, bits_per_s: 990_000_000 }));
    await daemon.stats('eth0', { ...burst, filters });
    await terminal.waitFor('990Mb/s');
    for (let seq = 102; seq < 110; seq++) await daemon.stats('eth0', stats(seq));
    await terminal.waitFor(written(stats(109).filters[0]!.bytes_total));
    for (const [columns, rows] of [
      [50, 8],
      [60, 15],
      [120, 40],
      [200, 60],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.waitFor(
        (text) => text.split('\n').length === rows && /all +5\.60Mb\/s +1\.00k +990M/.test(text),
      );
    }
    terminal.send('z');
    await terminal.waitFor('zeroed');
    await daemon.stats('eth0', stats(110));
    await terminal.waitFor(/all +5\.60Mb\/s +1\.00k +5\.60M/);
  });

  test('the smallest screen shows the selected filter', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url, 50, 8);
    await goLive(daemon, terminal, 99);
    await daemon.info(
      info({ interfaces: [{ ...info().interfaces[0]!, state: 'waiting', reason: 'eth0 is down' }] }),
    );
    await terminal.waitFor('! WAITING: eth0 is down');
    for (const { name } of info().filters.slice(1)) {
      terminal.send('j');
      await terminal.waitFor(`▸ ${name}`);
    }
  });

  test('keys change what is shown', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const [eth0] = info().interfaces;
    const interfaces = [eth0!, { ...eth0!, name: 'eth1.7', topic: 'eth1_7' }];
    // Broadcasts are expected so seldom that nothing becomes stale while the keys are tried.
    await daemon.info(info({ interfaces, delay_ms: 60_000 }));
    const terminal = screen(url);
    await terminal.waitFor(/2 interfaces[\s\S]*gw-01\/eth1\.7/);
    terminal.send('SSS');
    await terminal.waitFor(/HOST↑[\s\S]*▸. gw-01\/eth0/);
    terminal.send('\r');
    await terminal.waitFor('gw-01/eth0 ◌ no data yet  1 of 2');
    await daemon.stats('eth0', stats(100_000));
    await daemon.stats('eth0', stats(100_001));
    await terminal.waitFor(/all +5\.60Mb\/s/);
    terminal.send('u');
    await terminal.waitFor(/all +700kB\/s/);
    terminal.send('de');
    await terminal.waitFor('72 100 721');
    terminal.send('d');
    await terminal.waitFor(/change +[▇ ]+ +721 +504 700|change +721 +504 700/);
    terminal.send('euuu');
    await terminal.waitFor((text) => text.includes(' change ') && text.includes('72.1M'));
    terminal.send('dd');
    await terminal.waitFor(/all +5\.60Mb\/s/);
    terminal.send('p');
    await terminal.waitFor('‖ PAUSED');
    await daemon.stats('eth0', stats(200_000));
    terminal.send(' ');
    await terminal.waitFor(
      (text) => text.includes(written(stats(200_000).filters[0]!.bytes_total)) && !text.includes('PAUSED'),
    );
    terminal.send('z');
    await terminal.waitFor('zeroed');
    await daemon.stats('eth0', stats(200_001));
    terminal.send('d');
    await terminal.waitFor(/0 all +100 +101 +102 +103 +104 +105 +106 +721 +505k/);
    terminal.send('dddZ');
    await terminal.waitFor((text) => !text.includes('zeroed'));
    terminal.send('\u001b[B');
    await terminal.waitFor('▸ tcp port 443');
    terminal.send('k');
    await terminal.waitFor('▸ all');
    terminal.send('\u001b[C');
    await terminal.waitFor('gw-01/eth1.7');
    terminal.send('\u001b[D');
    await terminal.waitFor('gw-01/eth0 ');
    terminal.send('?');
    await terminal.waitFor('One interface');
    terminal.send('x');
    await terminal.waitFor('▸ all');
    terminal.send('\u001b');
    await terminal.waitFor(/▸. gw-01\/eth0/);
    terminal.send('j');
    await terminal.waitFor(/▸. gw-01\/eth1\.7/);
    terminal.send('/eth0\r');
    await terminal.waitFor((text) => text.includes('/eth0  1 of 2') && !text.includes('eth1.7'));
  });

  test('states: nothing published, expected, live, stale, offline by its last will, online again', async () => {
    const { url } = await broker();
    const terminal = screen(url);
    await terminal.waitFor('Connected. Nothing has been published under ifcast/ yet');
    const daemon = await SimulatedDaemon.connect(url, 'gw-01');
    await daemon.info(info());
    await terminal.waitFor('Waiting for the first message of gw-01/eth0');
    await daemon.stats('eth0', stats(1));
    await terminal.waitFor('● live');
    await terminal.waitFor(/◐ stale[\s\S]*STALE: no message for [\d.]+ s \(expected every 0\.5 s\)/);
    await daemon.stats('eth0', stats(2));
    await terminal.waitFor('● live');
    daemon.crash();
    await terminal.waitFor(/○ offline[\s\S]*! DAEMON OFFLINE since \d\d:\d\d:\d\d/);
    expect(terminal.text()).toMatch(/all +- +- /);
    await daemon.close();
    const again = track(await SimulatedDaemon.connect(url, 'gw-01'));
    await again.stats('eth0', stats(3));
    await terminal.waitFor('● live');
    await again.info(
      info({ interfaces: [{ ...info().interfaces[0]!, state: 'waiting', reason: 'eth0 is down' }] }),
    );
    await terminal.waitFor(/◌ waiting[\s\S]*! WAITING: eth0 is down/);
    await again.info(
      info({ interfaces: [{ ...info().interfaces[0]!, backend: 'file', hook: null, packet: 'captured' }] }),
    );
    await again.stats('eth0', stats(4));
    await terminal.waitFor(/● replay[\s\S]*REPLAY of a capture file/);
  });

  test('a broker that is not there, comes, is killed, comes back', async () => {
    const mosquitto = await broker();
    await mosquitto.stop();
    const terminal = screen(mosquitto.url);
    await terminal.waitFor(/Cannot reach broker mqtt:.*: nothing listens on\s+port \d+/);
    await terminal.waitFor(/attempt \d+ +retry in \d s +r retries now/);
    await mosquitto.start();
    terminal.send('r');
    await terminal.waitFor('Connected. Nothing');
    const daemon = await connect(mosquitto.url);
    await goLive(daemon, terminal, 5);
    await mosquitto.kill();
    await terminal.waitFor(
      /broker lost[\s\S]*! BROKER LOST [\d.]+ s ago: mqtt:[\s\S]*Last\s+values\s+shown\.\s+(Retry in|Connecting)/,
    );
    expect(terminal.text()).toMatch(/all +- +- /);
    await mosquitto.start();
    await terminal.waitFor((text) => !text.includes('BROKER LOST'));
    await expect.poll(() => daemon.connected).toBe(true);
    await daemon.stats('eth0', stats(6));
    await terminal.waitFor(/● live[\s\S]*all .* 3\.03MB/);
  });

  test('a stopped broker is noticed, and so is that it goes on', async () => {
    const mosquitto = await broker();
    const terminal = screen(mosquitto.url);
    await goLive(await connect(mosquitto.url), terminal);
    mosquitto.pause();
    await terminal.waitFor('! BROKER LOST', 20_000);
    mosquitto.resume();
    await terminal.waitFor((text) => !text.includes('BROKER LOST'));
  });

  test('a storm of resizes ends with a whole screen of the last size', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url);
    await goLive(daemon, terminal);
    for (let index = 0; index < 60; index++) {
      terminal.resize(45 + ((index * 37) % 120), 6 + ((index * 17) % 50));
      await daemon.stats('eth0', stats(index + 10));
    }
    terminal.resize(80, 24);
    await daemon.stats('eth0', stats(5_000));
    await terminal.waitFor(written(stats(5_000).filters[4]!.bytes_total));
    const fresh = screen(url);
    await goLive(daemon, fresh, 5_000);
    for (const one of [terminal, fresh]) {
      one.send('d');
      await one.waitFor('# FILTER');
    }
    await daemon.stats('eth0', stats(5_001));
    const last = written(stats(5_001).filters[4]!.sizes_total[6]!);
    await Promise.all([terminal.waitFor(last), fresh.waitFor(last)]);
    // Sparklines, peaks, the rates of the first message and the clock differ; every total, label and place does not.
    const steady = (lines: readonly string[]): string[] =>
      lines
        .filter((line) => /^.# FILTER|^.\d |^ {3}change/.test(line))
        .map((line) => line.replace(/(?<=change\/s).*/, ''));
    expect(steady(terminal.screen())).toHaveLength(11);
    expect(steady(terminal.screen())).toEqual(steady(fresh.screen()));
    terminal.resize(38, 6);
    await terminal.waitFor('terminal too small');
    expect(terminal.screen().filter((line) => line !== '')).toHaveLength(2);
  });

  const FRAMES = 200;

  test('no frame is half drawn', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url);
    await terminal.waitFor('Waiting for the first message');
    await daemon.stats('eth0', uniform(1));
    terminal.send('d');
    await terminal.waitFor((text) => text.includes('● live') && text.includes('# FILTER'));
    const mixed: string[] = [];
    let frames = 0;
    let newest = 0;
    terminal.onFrame((lines) => {
      frames++;
      // The totals in the bucket columns tell the message that the row is from.
      const rows = lines
        .filter((line) => /^.\d /.test(line))
        .map((line) => line.slice(16, 65).trim().split(/ +/));
      const sequence = new Set(rows.flat());
      if (rows.length !== 5 || sequence.size !== 1) mixed.push(lines.join('\n'));
      newest = Math.max(newest, ...[...sequence].map(Number));
    });
    for (let seq = 2; seq <= FRAMES; seq++) {
      await daemon.stats('eth0', uniform(seq));
      // Every message has its frame before the next is sent, as fast as the screen goes.
      await expect.poll(() => newest, { interval: 5, timeout: 5_000 }).toBe(seq);
    }
    expect(mixed).toEqual([]);
    expect(frames).toBeGreaterThanOrEqual(FRAMES - 1);
    // Between the updates nothing is written that could be seen.
    const between = terminal.output.split(/\u001b\[\?2026h[\s\S]*?\u001b\[\?2026l/).join('');
    expect(between).toBe('\u001b[?7l\u001b[?1049h\u001b[?25l\u001b[?2004h\u001b]11;?\u001b\\');
  }, 120_000);

  describe('gives the terminal back as it was', () => {
    const SHELL =
      'before=$(stty -g); "$@"; code=$?; [ "$before" = "$(stty -g)" ] && echo "same modes, exit $code"; read line';

    function inShell(url: string, env: Record<string, string> = {}): Terminal {
      const program = ['-c', SHELL, 'sh', process.execPath, IFCAST];
      const options = { columns: 80, rows: 24, env: { ...WITHOUT_CONFIG, ...env } };
      return track(new Terminal('/bin/sh', [...program, '--broker', url], options));
    }

    function dashboardPid(terminal: Terminal): number {
      return Number(
        execFileSync('pgrep', ['-P', String(terminal.pid)])
          .toString()
          .trim(),
      );
    }

    test.each([
      ['q', 'q', 0],
      ['Ctrl-C', '\u0003', 0],
    ])('after %s', async (_name, key, code) => {
      const { url } = await broker();
      const terminal = inShell(url);
      await goLive(await connect(url), terminal);
      expect(terminal.modes()).toMatchObject({ alternateScreen: true, cursorHidden: true });
      terminal.send(key);
      await terminal.waitFor(`same modes, exit ${code}`);
      expect(terminal.modes()).toEqual(RESTORED);
      expect(terminal.text().trim()).toBe(`same modes, exit ${code}`);
    });

    test('after Q, with the last frame kept', async () => {
      const { url } = await broker();
      const terminal = inShell(url);
      const before = (await goLive(await connect(url), terminal)).split('\n');
      terminal.send('Q');
      const after = await terminal.waitFor('same modes, exit 0');
      expect(terminal.modes()).toEqual(RESTORED);
      expect(after).toContain(before[3]);
      expect(after).toContain('   FILTER ');
    });

    test.each([
      ['SIGTERM', 143],
      ['SIGHUP', 129],
      ['SIGINT', 130],
    ] as const)('after %s', async (signal, code) => {
      const { url } = await broker();
      const terminal = inShell(url);
      await goLive(await connect(url), terminal);
      process.kill(dashboardPid(terminal), signal);
      await terminal.waitFor(`same modes, exit ${code}`);
      expect(terminal.modes()).toEqual(RESTORED);
    });

    test('while it is suspended, and takes it again', async () => {
      const { url } = await broker();
      const terminal = track(
        new Terminal('bash', ['--norc', '--noprofile', '-i'], { columns: 80, rows: 24 }),
      );
      terminal.send(
        `PS1='ready> '; XDG_CONFIG_HOME=/nonexistent '${process.execPath}' '${IFCAST}' --broker ${url}\n`,
      );
      const daemon = await connect(url);
      await goLive(daemon, terminal);
      terminal.send('\u001a');
      await terminal.waitFor(/Stopped[\s\S]*ready>/);
      expect(terminal.modes()).toMatchObject({ alternateScreen: false, cursorHidden: false });
      // The shell reads whole lines again: the terminal echoes, and Enter ends one.
      terminal.send('stty -a | tr ";" "\\n" | grep -o -- "-\\?icanon"\r');
      await terminal.waitFor(/^icanon/m);
      terminal.resize(100, 30);
      terminal.send('fg\r');
      await terminal.waitFor(/gw-01\/eth0 [●◐◌] /);
      expect(terminal.modes()).toMatchObject({ alternateScreen: true, cursorHidden: true });
      await expect.poll(() => terminal.screen().length).toBe(30);
      terminal.send('q');
      await terminal.waitFor(/^ready>$/m);
      expect(terminal.modes()).toMatchObject({ alternateScreen: false, cursorHidden: false });
    });

    test('after a fault of the program, which is then shown', async () => {
      const { url } = await broker();
      const fault = 'process.on("SIGUSR2", () => { throw new Error("made by the test"); })';
      const terminal = inShell(url, {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
      });
      await goLive(await connect(url), terminal);
      process.kill(dashboardPid(terminal), 'SIGUSR2');
      const text = await terminal.waitFor('same modes, exit 1');
      expect(terminal.modes()).toEqual(RESTORED);
      expect(text).toContain('ifcast: a fault of this program: Error: made by the test');
    });
  });

  test('a recording shows the same numbers again, and says that it is one', async () => {
    const { url, directory } = await broker();
    const daemon = await connect(url);
    const file = join(directory, 'incident.jsonl');
    const live = screen(url, 80, 24, '--record', file);
    await goLive(daemon, live, 41);
    await daemon.stats('eth0', stats(42));
    const numbers = (text: string): string[] =>
      text.split('\n').filter((line) => /^ [▸ ] \S+ .*MB/.test(line));
    const shown = numbers(await live.waitFor(written(stats(42).filters[4]!.bytes_total)));
    live.send('q');
    expect(await live.ended).toMatchObject({ exitCode: 0 });
    const again = track(ifcastScreen(['--replay', file, '--speed', '20'], { columns: 80, rows: 24 }));
    await again.waitFor(/● replay[\s\S]*END of the recording incident\.jsonl/);
    expect(numbers(again.text())).toEqual(shown);
    again.send('q');
    expect(await again.ended).toMatchObject({ exitCode: 0 });
    const printed = await runIfcast(['--replay', file, '--speed', 'max', '--json']);
    expect(printed).toMatchObject({ code: 0, stdout: readFileSync(file, 'utf8') });
  });

  test('a terminal that does not read keeps nothing waiting, and gets the newest frame when it reads', async () => {
    const { url, directory } = await broker();
    const daemon = await connect(url);
    const file = join(directory, 'asleep.jsonl');
    const terminal = screen(url, 200, 60, '--record', file);
    await goLive(daemon, terminal);
    await terminal.waitFor('REC');
    terminal.pause();
    const written = terminal.output.length;
    // Each key draws the whole screen again: far more than a terminal holds.
    for (let seq = 2; seq <= LAST; seq++) {
      terminal.send('d');
      await daemon.stats('eth0', stats(seq));
      await expect.poll(() => readFileSync(file, 'utf8'), { interval: 20 }).toContain(`"seq":${seq},`);
    }
    expect(daemon.connected).toBe(true);
    expect(terminal.output.length - written).toBeLessThan(HELD_BYTES);
    terminal.resume();
    await terminal.waitFor(total(LAST));
    expect(terminal.text()).not.toContain('broker lost');
    terminal.pause();
    for (let key = 0; key < LAST; key++) terminal.send('d');
    terminal.send('q');
    terminal.resume();
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    // What it wrote last may be read after its end is known.
    await expect.poll(() => terminal.modes()).toEqual(RESTORED);
  });

  test('alarms are shown, ring, and are events', async () => {
    const { url, directory } = await broker();
    const daemon = await connect(url);
    const config = join(directory, 'config.toml');
    writeFileSync(
      config,
      '[[alarm]]\nfilter = "all"\nabove = "5 Mbit/s"\nfor_s = 0\ntext = "far too much"\nbell = true\n',
    );
    const terminal = screen(url, 80, 24, '--config', config);
    await goLive(daemon, terminal);
    await terminal.waitFor('! ALARM gw-01/eth0: far too much');
    expect(terminal.output.split('\u0007')).toHaveLength(2);
    const quiet = stats(2).filters.map((filter) => ({ ...filter, bits_per_s: 0 }));
    await daemon.stats('eth0', { ...stats(2), filters: quiet });
    await terminal.waitFor((text) => !text.includes('ALARM'));
    terminal.send('E');
    await terminal.waitFor(/ALARM: far too much[\s\S]*the alarm is over: far too much/);
    terminal.send('\u001b');
    await terminal.waitFor('FILTER');
  });

  test('a recording is gone through: pause, seek, speed, and where it is', async () => {
    const { directory } = await broker();
    const file = join(directory, 'long.jsonl');
    const at = (seconds: number): string =>
      new Date(Date.parse('2026-11-21T10:00:00Z') + seconds * 1000).toISOString();
    const lines = Array.from(
      { length: 120 },
      (_, seconds) =>
        `{"schema":1,"at":"${at(seconds)}","type":"stats","host":"gw-01","iface":"eth0","stats":${encodeMessage(stats(seconds))}}\n`,
    );
    writeFileSync(
      file,
      `{"schema":1,"at":"${at(0)}","type":"connected","broker":"mqtt://10.0.0.2"}\n{"schema":1,"at":"${at(0)}","type":"info","host":"gw-01","info":${encodeMessage(info())}}\n${lines.join('')}`,
    );
    const terminal = track(ifcastScreen(['--replay', file], { columns: 80, rows: 24 }));
    await terminal.waitFor(/● replay[\s\S]*REPLAY of the recording long\.jsonl[\s\S]* left/);
    terminal.send('p');
    await terminal.waitFor('‖ PAUSED');
    terminal.send('\u001b[C\u001b[C\u001b[C');
    await terminal.waitFor(/all +5\.60Mb\/s[\s\S]*:3\d [█▏▎▍▌▋▊▉]/);
    terminal.send('\u001b[D\u001b[D');
    await terminal.waitFor(/:1\d [█▏▎▍▌▋▊▉]/);
    terminal.send('p');
    await terminal.waitFor((text) => !text.includes('PAUSED'));
    terminal.send('++++++');
    await terminal.waitFor('64 times as fast');
    await terminal.waitFor('END of the recording');
    terminal.send('-\u001b[D');
    await terminal.waitFor((text) => text.includes('REPLAY') && !text.includes('END'));
  });

  test('hostile payloads are counted and shown, and do not reach the terminal', async () => {
    const { url } = await broker();
    const daemon = await connect(url);
    const terminal = screen(url, 120, 30);
    await goLive(daemon, terminal);
    const topic = topicOf('ifcast', { kind: 'stats', host: 'gw-01', iface: 'eth0' });
    const sound = JSON.stringify({ v: 1 });
    const hostile: (string | Buffer)[] = [
      Buffer.alloc(100 * 1000 * 1000),
      Buffer.alloc(20 * 1000 * 1000, 0x5b),
      Buffer.alloc(60 * 1024, 0x5b),
      ' ',
      'null',
      '1e999',
      '[]',
      '{}',
      Buffer.of(0xff, 0xfe, 0x00),
      '{"__proto__":{"v":1}}',
      '{"v":1,"constructor":{"prototype":{"x":1}}}',
      sound.replace('1', '"1"'),
    ];
    for (const [index, payload] of hostile.entries()) {
      await daemon.raw(topic, payload);
      await terminal.waitFor(new RegExp(`${index + 1} messages? rejected, last: ifcast/gw-01/eth0/stats: `));
    }
    await daemon.raw('ifcast/gw-01/status', 'on\u001b[31mline');
    await terminal.waitFor(`${hostile.length + 1} messages rejected, last: ifcast/gw-01/status`);
    const escapes = 'x\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b31m\u202egnp\u200b\r\n';
    await daemon.info(
      info({
        host: `gw${escapes}`,
        filters: info().filters.map((filter) => ({
          ...filter,
          name: `${filter.id}${escapes}`,
          expression: escapes,
        })),
        interfaces: [{ ...info().interfaces[0]!, name: `eth0${escapes}`, state: 'failed', reason: escapes }],
      }),
    );
    await terminal.waitFor('FAILED: x�]52;c;ZXZpbA==��[2J�31m�gnp���');
    expect(terminal.output.replace('\u001b]11;?', '')).not.toMatch(
      /\u001b\]|\u0007|\u009b|\u202e|\u200b|\r(?!\n)/,
    );
    await daemon.info(info());
    await daemon.stats('eth0', stats(77));
    await terminal.waitFor(/● live[\s\S]*38\.9MB/);
  });
});
