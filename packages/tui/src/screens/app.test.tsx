import { EventEmitter } from 'node:events';

import { render } from 'ink';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { BROKER, fleet, LIVE_EVENTS, NOW, SETTINGS, stats } from '../fixtures.ts';
import type { DashboardEvent } from '../store/events.ts';
import { type KeyboardPort, TerminalInput } from '../terminal/terminal-input.ts';
import { TerminalOutput } from '../terminal/terminal-output.ts';
import { NO_COLOURS, toText } from '../theme/palette.ts';
import { App } from './app.tsx';
import { Dashboard } from './dashboard.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A keyboard that a test types on. */
class Keyboard extends EventEmitter {
  readonly isTTY = true;
  setRawMode(): void {}
  ref(): void {}
  unref(): void {}
  pause(): void {}
  resume(): void {}
  write(keys: string): void {
    this.emit('data', Buffer.from(keys));
  }
}

function start(size = { columns: 80, rows: 24 }, events: readonly DashboardEvent[] = LIVE_EVENTS) {
  const quit = vi.fn<(keepScreen: boolean) => void>();
  const retryNow = vi.fn<() => void>();
  const dashboard = new Dashboard(SETTINGS, size, {
    now: () => NOW + 400,
    canShow: () => true,
    quit,
    retryNow,
    suspend: vi.fn(),
  });
  for (const event of events) dashboard.push(event);
  dashboard.start();
  const stdin = new Keyboard();
  const input = new TerminalInput(stdin as unknown as KeyboardPort);
  const output = new TerminalOutput({ ...size, write: (bytes) => bytes.byteLength });
  input.start();
  const { unmount } = render(<App dashboard={dashboard} palette={NO_COLOURS} />, {
    stdin: input as unknown as NodeJS.ReadStream,
    stdout: output as unknown as NodeJS.WriteStream,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  open.push(() => {
    unmount();
    input.stop();
    dashboard.stop();
  });
  const frame = (): string => dashboard.shown().lines.map(toText).join('\n');
  const press = async (keys: string, wanted: string | RegExp): Promise<string> => {
    stdin.write(keys);
    await vi.waitFor(() => expect(frame()).toMatch(wanted));
    return frame();
  };
  return { dashboard, press, stdin, quit, retryNow, frame };
}

test('shows the frame as it is', () => {
  const { frame } = start();
  expect(frame().split('\n')).toHaveLength(24);
  expect(frame()).toContain('gw-01/eth0 ● live  5 filters');
  expect(frame()).toContain(
    '0 all             139M  46.2M  19.6M  23.8M  27.9M   226M   325M   808M    716G',
  );
});

test.each([
  ['d', /max 107M {4}Δ {2}1\.13k/],
  ['dd', /^(?!.*Δ)/s],
  ['u', '11.7MB/s'],
  ['uu', '89.0Mib/s'],
  ['uuuu', '93.3Mb/s'],
  ['e', '808 463 000'],
  ['p', '‖ PAUSED'],
  [' ', '‖ PAUSED'],
  ['z', 'totals since 14:03:22'],
  ['b', 'share of all'],
  ['jb', 'share of tcp port 443'],
  ['g', 'bits per second'],
  ['gg', 'packets per second'],
  ['ggg', 'average packet size'],
  ['gggg', '# FILTER'],
  ['gt', '11m40s ago'],
  ['gtt', /1h\d\dm ago/],
  ['?', 'One interface'],
  ['??', '# FILTER'],
  ['j', '▸1 tcp port 443'],
  ['jjjk', '▸2 dns'],
  ['\u001b[B\u001b[B\u001b[A', '▸1 tcp port 443'],
  ['\u001b[F', '▸4 sctp'],
  ['\u001b[6~\u001b[5~', '▸0 all'],
])('%j', async (keys, wanted) => {
  const { press } = start();
  await press(keys, wanted);
});

test('Esc goes back to the table', async () => {
  const { press } = start();
  await press('g', 'bits per second');
  await press('\u001b', '# FILTER');
});

test('the graph beside the table changes what it draws', async () => {
  const { press } = start({ columns: 120, rows: 40 });
  await press('g', 'packets per second');
  await press('gg', 'bits per second');
});

test('a pause holds what is shown while counting goes on', async () => {
  const { dashboard, press, frame } = start();
  const before = await press('p', 'PAUSED');
  dashboard.push({
    at: NOW + 500,
    type: 'stats',
    host: 'gw-01',
    iface: 'eth0',
    stats: stats(NOW + 3_600_000),
  });
  dashboard.resize({ columns: 80, rows: 24 });
  expect(frame()).toBe(before);
  const after = await press('p', /^(?!.*PAUSED)/s);
  expect(after).toContain('856M');
});

test.each([
  ['q', false],
  ['Q', true],
  ['\u0003', false],
])('%j quits', async (key, keep) => {
  const { stdin, quit } = start();
  stdin.write(key);
  await vi.waitFor(() => expect(quit).toHaveBeenCalledExactlyOnceWith(keep));
});

test('r asks for another attempt while the broker is away', async () => {
  const { dashboard, stdin, retryNow, press } = start();
  dashboard.push({
    at: NOW,
    type: 'disconnected',
    broker: BROKER,
    attempt: 1,
    reason: 'gone',
    retryAt: NOW + 4_000,
  });
  await press('', 'BROKER LOST');
  stdin.write('r');
  await vi.waitFor(() => expect(retryNow).toHaveBeenCalledOnce());
});

test('a key that means nothing changes nothing', async () => {
  const { stdin, frame, press } = start();
  const before = frame();
  stdin.write('X\u001b[24~\u0001ü');
  await press('?', 'Everywhere');
  await press('?', '# FILTER');
  expect(frame()).toBe(before);
});

describe('the list of hosts', () => {
  const few = { columns: 80, rows: 14 };
  const names = (frame: string): string[] =>
    [...frame.matchAll(/^.[●◐○◌](\S+)/gmu)].map((match) => match[1]!);
  const selected = (frame: string): string | undefined => /^▸[●◐○◌](\S+)/mu.exec(frame)?.[1];

  test('is the first screen, largest rate first, what is not live last', () => {
    const { frame } = start(undefined, fleet());
    expect(frame()).toContain('14 interfaces  12 live  2 not live  sort:rate↓');
    expect(names(frame()).slice(0, 2)).toEqual(['gw-01/eth0', 'edge-11/eth0']);
    expect(names(frame()).slice(-2).sort()).toEqual(['edge-03/eth0', 'edge-05/eth0']);
    expect(frame()).toMatch(/○edge-03\/eth0 +5 +offline /);
  });

  test('moves, scrolls and keeps the selected row in sight', async () => {
    const { frame, press } = start(few, fleet());
    const first = names(frame());
    expect(first).toHaveLength(10);
    await press('jjj', new RegExp(`▸.${first[3]}`));
    await press('k', new RegExp(`▸.${first[2]}`));
    await press('\u001b[F', /▸.edge-0[35]/);
    expect(names(frame())).toHaveLength(10);
    await press('\u001b[5~', /▸/);
    await press('\u001b[H', new RegExp(`▸.${first[0]}`));
    expect(names(frame())).toEqual(first);
    await press('\u001b[6~', /▸/);
    expect(selected(frame())).not.toBe(first[0]);
  });

  test('opens an interface and comes back to the same row', async () => {
    const { frame, press } = start(undefined, fleet());
    const third = names(frame())[2]!;
    await press('jj', new RegExp(`▸.${third}`));
    await press('\r', new RegExp(`${third} ● live`));
    await press('\u001b', 'sort:rate↓');
    expect(selected(frame())).toBe(third);
    await press('\r', new RegExp(`${third} ● live`));
    await press('\u001b[C', / \d+ of 14/);
    expect(frame()).not.toContain(`${third} ●`);
  });

  test('sorts, reverses', async () => {
    const { frame, press } = start({ columns: 80, rows: 24 }, fleet());
    const byRate = names(frame());
    await press('r', 'sort:rate↑');
    expect(names(frame())).toEqual(byRate.toReversed());
    await press('s', 'sort:packets↓');
    await press('s', 'sort:bytes↓');
    await press('s', 'sort:name');
    expect(names(frame())).toEqual(byRate.toSorted());
    await press('s', 'sort:age↓');
    expect(names(frame())[0]).toBe('edge-03/eth0');
    await press('s', 'sort:rate↓');
  });

  test('finds: every letter is a letter, Enter is done, Esc shows all', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('/', '/_  14 of 14');
    await press('q', '/q_  0 of 14');
    await press('\u007f', '/_  14 of 14');
    await press('WLAN', '/WLAN_  1 of 14');
    await press('\r', '/WLAN  1 of 14  Esc shows all');
    expect(names(frame())).toEqual(['edge-04/wlan0']);
    await press('\r', 'edge-04/wlan0 ● live');
    await press('\u001b', 'Esc shows all');
    await press('\u001b', /^(?!.*Esc)/s);
    expect(names(frame())).toHaveLength(14);
    await press('/x\u0003', /./);
  });

  test('a host that appears does not take the screen away once a key was pressed', async () => {
    const { dashboard, frame, press } = start();
    await press('j', '▸1 tcp port 443');
    for (const event of fleet()) dashboard.push(event);
    dashboard.resize({ columns: 80, rows: 24 });
    expect(frame()).toContain('▸1 tcp port 443');
    await press('\u001b', 'sort:rate↓');
  });
});
