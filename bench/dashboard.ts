/**
 * What the dashboard costs and how soon it is there: `node scripts/bench.mjs dashboard [start|one|hour|many|flat|asleep]…`.
 *
 * It runs in a pseudo-terminal on a real mosquitto, with simulated daemons in a process of their own. CPU is the time
 * that the kernel has counted for the process, as a share of one core.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { ifcastScreen, runIfcast } from '../test/support/ifcast.ts';
import { Mosquitto } from '../test/support/mosquitto.ts';
import { SimulatedDaemon } from '../test/support/simulated-daemons.ts';
import { SimulatedInterface, simulatedInfo } from '../test/support/simulated-traffic.ts';
import type { Terminal } from '../test/support/terminal.ts';

/** Of /proc/PID/stat, proc(5). */
const TICKS_PER_S = 100;
const MIB = 1024 * 1024;
const UPDATES = 100_000;
/** As many as are taken without being kept back on the way. */
const BURST = 200;
const BURST_MS = 20;
const BEGIN_UPDATE = '\u001b[?2026h';

type Row = readonly [what: string, measured: string, goal: string];

const wanted = process.argv.slice(2);
const broker = await Mosquitto.start();
try {
  const parts = {
    start: startTimes,
    one: oneInterface,
    hour: anHour,
    many: manyInterfaces,
    flat: flatMemory,
    asleep: asleepTerminal,
  };
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length === 0 || wanted.includes(name)) print(await part());
  }
} finally {
  await broker.close();
}

async function startTimes(): Promise<Row[]> {
  const generator = await simulate(1, 20);
  const once = await repeated(10, async () => {
    const started = performance.now();
    const { code } = await runIfcast(['--broker', broker.url, '--json', '--once']);
    if (code !== 0) throw new Error(`ifcast ended with ${code}`);
    return performance.now() - started;
  });
  const version = await repeated(10, async () => {
    const started = performance.now();
    await runIfcast(['--version']);
    return performance.now() - started;
  });
  const paint = await repeated(10, async () => {
    const started = performance.now();
    const terminal = ifcastScreen(['--broker', broker.url], { columns: 80, rows: 24 });
    await terminal.waitFor('q quit');
    const first = performance.now() - started;
    await terminal.close();
    return first;
  });
  const numbers = await repeated(10, async () => {
    const started = performance.now();
    const terminal = ifcastScreen(['--broker', broker.url], { columns: 80, rows: 24 });
    await terminal.waitFor('● live');
    const first = performance.now() - started;
    await terminal.close();
    return first;
  });
  generator.kill();
  return [
    ['--version, start to end', `${median(version).toFixed(0)} ms`, ''],
    ['--json --once, start to end (broadcasts every 20 ms)', `${median(once).toFixed(0)} ms`, '150 ms'],
    ['first paint', `${median(paint).toFixed(0)} ms`, '350 ms'],
    ['first numbers on the screen', `${median(numbers).toFixed(0)} ms`, ''],
  ];
}

async function oneInterface(): Promise<Row[]> {
  const generator = await simulate(1, 500);
  const rows: Row[] = [];
  for (const [columns, lines] of [
    [80, 24],
    [120, 40],
  ] as const) {
    const terminal = ifcastScreen(['--broker', broker.url], { columns, rows: lines });
    await terminal.waitFor('● live');
    await sleep(5_000);
    const written = terminal.output.length;
    const cpu = await cpuShare(terminal.pid, 20_000);
    const output = terminal.output.slice(written);
    const frames = output.split(BEGIN_UPDATE).length - 1;
    const size = `${columns}×${lines} at 2 Hz`;
    rows.push(
      [`${size}: CPU`, `${(cpu * 100).toFixed(1)} %`, columns === 80 ? '1.5 %' : ''],
      [`${size}: RSS`, mib(rssBytes(terminal.pid)), '110 MiB'],
      [`${size}: key to screen, median of 50`, `${median(await keyWaits(terminal)).toFixed(1)} ms`, '10 ms'],
      [`${size}: bytes per frame`, (Buffer.byteLength(output) / frames).toFixed(0), ''],
    );
    await terminal.close();
  }
  generator.kill();
  return rows;
}

/** 7,200 broadcasts, what an hour has, one after the other as soon as the one before is on the screen. */
async function anHour(): Promise<Row[]> {
  const daemon = await SimulatedDaemon.connect(broker.url, 'hour');
  const startedAt = Date.now() - 3_600_000;
  await daemon.info(simulatedInfo('hour', ['eth0'], startedAt, 500));
  const terminal = ifcastScreen(['--broker', broker.url, '--host', 'hour'], { columns: 80, rows: 24 });
  await terminal.waitFor('first message');
  const traffic = new SimulatedInterface(0, startedAt, 500, 0);
  const rss: number[] = [];
  for (let broadcast = 0; broadcast < 7_200; broadcast++) {
    if (broadcast % 1_800 === 360) rss.push(rssBytes(terminal.pid));
    daemon.broadcast('eth0', traffic.next());
    await sleep(10);
  }
  rss.push(rssBytes(terminal.pid));
  await terminal.close();
  await daemon.close();
  return [['RSS over 7,200 broadcasts, at 5, 30, 55, 80 and 100 %', rss.map(mib).join('  '), '110 MiB']];
}

async function manyInterfaces(): Promise<Row[]> {
  const generator = await simulate(1_000, 500);
  const terminal = ifcastScreen(['--broker', broker.url], { columns: 80, rows: 24 });
  await terminal.waitFor('● 1000 live', 60_000);
  await sleep(10_000);
  const cpu = await cpuShare(terminal.pid, 20_000);
  // The order stays, so that the selection moves by keys alone.
  terminal.send('o');
  const waits = await keyWaits(terminal);
  const rss = rssBytes(terminal.pid);
  await terminal.close();
  generator.kill();
  return [
    ['1,000 interfaces at 2 Hz: CPU', `${(cpu * 100).toFixed(1)} %`, '25 %'],
    ['1,000 interfaces at 2 Hz: RSS', mib(rss), ''],
    ['1,000 interfaces at 2 Hz: key to screen, median', `${median(waits).toFixed(1)} ms`, '10 ms'],
    [
      '1,000 interfaces at 2 Hz: key to screen, longest of 50',
      `${Math.max(...waits).toFixed(0)} ms`,
      '100 ms',
    ],
  ];
}

/** 100,000 broadcasts as fast as they are taken, of one interface and of 1,000. */
async function flatMemory(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const hosts of [1, 10]) {
    // What a host tells of itself has room for about 400 interfaces.
    const each = hosts === 1 ? 1 : 100;
    const interfaces = hosts * each;
    const startedAt = Date.now() - 3_600_000;
    const names = Array.from({ length: each }, (_, index) => `eth${index}`);
    const daemons = await Promise.all(
      Array.from({ length: hosts }, async (_, index) => {
        const daemon = await SimulatedDaemon.connect(broker.url, `flat-${index}`);
        await daemon.info(simulatedInfo(`flat-${index}`, names, startedAt, 500));
        return daemon;
      }),
    );
    const only = hosts === 1 ? ['--host', 'flat-0'] : [];
    const terminal = ifcastScreen(['--broker', broker.url, ...only], { columns: 80, rows: 24 });
    await terminal.waitFor(interfaces === 1 ? 'first message' : 'HOST', 60_000);
    const traffic = Array.from(
      { length: interfaces },
      (_, index) => new SimulatedInterface(index, startedAt, 500, index),
    );
    const rss: number[] = [];
    for (let update = 1; update <= UPDATES; update++) {
      const index = update % interfaces;
      daemons[index % hosts]!.broadcast(names[Math.floor(index / hosts)]!, traffic[index]!.next());
      if (update % BURST === 0) await sleep(BURST_MS);
      if (update % (UPDATES / 5) === 0) rss.push(rssBytes(terminal.pid));
    }
    await terminal.close();
    for (const daemon of daemons) await daemon.close();
    const what = `RSS over 100,000 updates of ${interfaces.toLocaleString('en')}, at 20, 40, 60, 80 and 100 %`;
    rows.push([what, rss.map(mib).join('  '), '']);
  }
  return rows;
}

/** A terminal that does not read for a while: how soon it has the newest frame, and how soon a key ends the program. */
async function asleepTerminal(): Promise<Row[]> {
  const generator = await simulate(1, 100);
  const terminal = ifcastScreen(['--broker', broker.url], { columns: 200, rows: 60 });
  await terminal.waitFor('● live');
  terminal.pause();
  // Every key draws another screen: more than a terminal holds.
  for (let key = 0; key < 100; key++) {
    terminal.send('d');
    await sleep(20);
  }
  const asleep = new Date(Date.now() + 1_000).toTimeString().slice(0, 8);
  await sleep(3_000);
  const woken = performance.now();
  terminal.resume();
  await terminal.waitFor((text) => (text.split('\n')[0]?.slice(-8) ?? '') > asleep);
  const newest = performance.now() - woken;
  const pressed = performance.now();
  terminal.send('q');
  await terminal.ended;
  const ended = performance.now() - pressed;
  generator.kill();
  return [
    ['a terminal reads again after 5 s: newest frame', `${newest.toFixed(0)} ms`, ''],
    ['a terminal reads again after 5 s: q to the end of the program', `${ended.toFixed(0)} ms`, '200 ms'],
  ];
}

async function keyWaits(terminal: Terminal): Promise<number[]> {
  const waits: number[] = [];
  for (let press = 0; press < 50; press++) {
    await sleep(137);
    waits.push(await keyWait(terminal, press % 8 < 4 ? 'j' : 'k'));
  }
  return waits;
}

/** From a key that moves the selection until the selection has moved. */
async function keyWait(terminal: Terminal, key: string): Promise<number> {
  const selected = (text: string): string | undefined => /^ ?▸.? ?(\S+)/mu.exec(text)?.[1];
  const before = selected(terminal.text());
  const started = performance.now();
  terminal.send(key);
  await terminal.waitFor((text) => selected(text) !== before);
  return performance.now() - started;
}

async function simulate(interfaces: number, intervalMs: number): Promise<ChildProcess> {
  const runner = new URL('../../scripts/bench.mjs', import.meta.url);
  const child = spawn(
    process.execPath,
    [runner.pathname, 'simulate', broker.url, String(interfaces), String(intervalMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  process.once('exit', () => child.kill());
  await once(child.stdout, 'data');
  return child;
}

async function cpuShare(pid: number, ms: number): Promise<number> {
  const before = cpuSeconds(pid);
  const started = performance.now();
  await sleep(ms);
  return (cpuSeconds(pid) - before) / ((performance.now() - started) / 1000);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}

async function repeated(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await measure());
  return values;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function print(rows: readonly Row[]): void {
  for (const [what, measured, goal] of rows) {
    process.stdout.write(
      `${what.padEnd(58)} ${measured.padStart(12)}${goal === '' ? '' : `   (goal: at most ${goal})`}\n`,
    );
  }
}
