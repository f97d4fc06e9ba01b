import { EventEmitter } from 'node:events';

import { render } from 'ink';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { BROKER, fleet, LIVE_EVENTS, NOW, SETTINGS, stats } from '../fixtures.ts';
import { rendered } from '../rendered.tsx';
import type { DashboardEvent } from '../store/events.ts';
import { type KeyboardPort, TerminalInput } from '../terminal/terminal-input.ts';
import { TerminalOutput } from '../terminal/terminal-output.ts';
import { MONO } from '../theme/palette.ts';
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
    replay: null,
    bell: vi.fn(),
    quit,
    retryNow,
    suspend: vi.fn(),
  });
  for (const event of events) dashboard.push(event);
  dashboard.start(MONO);
  const stdin = new Keyboard();
  const input = new TerminalInput(stdin as unknown as KeyboardPort);
  const output = new TerminalOutput({ ...size, write: (bytes) => bytes.byteLength });
  input.start();
  const { unmount } = render(<App dashboard={dashboard} />, {
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
  const frame = (): string => {
    const { model, size: ofFrame } = dashboard.shown();
    return rendered(model, ofFrame).join('\n');
  };
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
  expect(frame()).toContain('gw-01/eth0 ● live  93.3Mb/s (1% of 10G)  13.2k/s  lost 0');
  expect(frame()).toMatch(/▸ all +93\.3Mb\/s +13\.2k +107M +\S+ +716GB +886/);
});

test.each([
  ['d', /change\/s +2\.26k/],
  ['dd', /change +1\.13k/],
  ['ddd', /^(?=.*139M)(?!.*change )/s],
  ['dddd', 'RATE'],
  ['u', '11.7MB/s'],
  ['uu', '89.0Mib/s'],
  ['uuuu', '93.3Mb/s'],
  ['e', '93 341 872 b/s'],
  ['p', '‖ PAUSED'],
  [' ', '‖ PAUSED'],
  ['z', 'zeroed 14:03:22'],
  ['zZ', 'since 21 Nov 08:00'],
  ['b', /≤64 █{8}/],
  ['jb', /▸ tcp port 443/],
  ['gg', / bytes? ─+ now/],
  ['g', / packets\/s ─+ now/],
  ['ggg', / b\/s ─+ now/],
  ['t', '10m40s ago'],
  ['tt', /1h\d\dm ago/],
  ['y', 'b/s, log'],
  ['yy', 'b/s, link'],
  ['yyy', / b\/s ─+ now/],
  ['?', 'One interface'],
  ['?x', 'FILTER'],
  ['E', /daemon|Nothing has happened|connected/],
  ['j', '▸ tcp port 443'],
  ['jjjk', '▸ dns'],
  ['\u001b[B\u001b[B\u001b[A', '▸ tcp port 443'],
  ['\u001b[F', '▸ sctp'],
  ['\u001b[6~\u001b[5~', '▸ all'],
])('%j', async (keys, wanted) => {
  const { press } = start();
  await press(keys, wanted);
});

test('Esc goes back from the events', async () => {
  const { press } = start();
  await press('E', /^(?!.*FILTER)/s);
  await press('\u001b', 'FILTER');
});

test('the help scrolls to its end, and any other key closes it', async () => {
  const { press } = start();
  await press('?', 'One interface');
  await press('\u001b[F', 'packets that the daemon could not count');
  await press('\u001b[H', 'One interface');
  await press('j', /^(?!.*One interface)/s);
  await press('x', 'FILTER');
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
  expect(after).toContain('758GB');
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
  await press('x', 'FILTER');
  expect(frame()).toBe(before);
});

describe('the list of hosts', () => {
  const few = { columns: 80, rows: 14 };
  const names = (frame: string): string[] =>
    [...frame.matchAll(/^.[●◐○◌] (\S+)/gmu)].map((match) => match[1]!);
  const selected = (frame: string): string | undefined => /^▸[●◐○◌] (\S+)/mu.exec(frame)?.[1];

  test('is the first screen, largest rate first, what is not live last', () => {
    const { frame } = start(undefined, fleet());
    expect(frame()).toContain('14 interfaces  ● 12 live  ○ 2 not live');
    expect(names(frame()).slice(0, 2)).toEqual(['gw-01/eth0', 'edge-11/eth0']);
    expect(names(frame()).slice(-2).sort()).toEqual(['edge-03/eth0', 'edge-05/eth0']);
    expect(frame()).toMatch(/○ edge-03\/eth0 +offline 3m12s /);
  });

  test('moves, scrolls and keeps the selected row in sight', async () => {
    const { frame, press } = start(few, fleet());
    const first = names(frame());
    expect(first).toHaveLength(10);
    await press('jjj', new RegExp(`▸. ${first[3]}`));
    await press('k', new RegExp(`▸. ${first[2]}`));
    await press('\u001b[F', /▸. edge-0[35]/);
    expect(names(frame())).toHaveLength(10);
    await press('\u001b[5~', /▸/);
    await press('\u001b[H', new RegExp(`▸. ${first[0]}`));
    expect(names(frame())).toEqual(first);
    await press('\u001b[6~', /▸/);
    expect(selected(frame())).not.toBe(first[0]);
  });

  test('opens an interface and comes back to the same row', async () => {
    const { frame, press } = start(undefined, fleet());
    const third = names(frame())[2]!;
    await press('jj', new RegExp(`▸. ${third}`));
    await press('\r', new RegExp(`${third} ● live`));
    await press('\u001b', 'RATE↓');
    expect(selected(frame())).toBe(third);
    await press('\r', new RegExp(`${third} ● live`));
    await press('\u001b[C', / \d+ of 14/);
    expect(frame()).not.toContain(`${third} ●`);
  });

  test('sorts, reverses', async () => {
    const { frame, press } = start({ columns: 80, rows: 24 }, fleet());
    const byRate = names(frame());
    await press('r', 'RATE↑');
    expect(names(frame())).toEqual(byRate.toReversed());
    const marks = ['PKT/s↓', 'TOTAL↓', 'AVG↓', 'LOST↓'];
    for (const mark of marks) await press('s', mark);
    await press('s', 'HOST↑');
    expect(names(frame())).toEqual(byRate.toSorted());
    await press('s', 'STATE↓');
    expect(names(frame()).slice(0, 2).sort()).toEqual(['edge-03/eth0', 'edge-05/eth0']);
    await press('s', 'AGE↓');
    expect(names(frame())[0]).toBe('edge-03/eth0');
    await press('s', 'RATE↓');
    await press('S', 'AGE↓');
  });

  test('has the sum of all, and of those that are found', async () => {
    const { frame, press } = start(undefined, fleet());
    expect(frame()).toMatch(/Σ all 14 +567Mb\/s +80\.0k +5\.12TB/);
    await press('/edge-1\r', /Σ found 3 +172Mb\/s/);
    expect(frame()).toContain('HOST 1–3 of 3');
    expect(frame()).toMatch(/Σ all 14 +567Mb\/s/);
  });

  test('shows the numbers of another filter', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('ff', /filter: tcp port 443/);
    expect(frame()).toMatch(/gw-01\/eth0 +live +37\.3Mb\/s/);
    await press('ffff', /^(?!.*filter:)/s);
  });

  test('leaves out what is not live, and shows it again', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('x', 'live only: 12 of 14');
    expect(names(frame())).toHaveLength(12);
    await press('x', /^(?!.*live only:)/s);
    expect(names(frame())).toHaveLength(14);
  });

  test('finds by state and by filter', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('/offline', '/offline_  1 of 14');
    expect(names(frame())).toEqual(['edge-03/eth0']);
    await press('\u001b', /^(?!.*offline_)/s);
    await press('/camera', '/camera_  14 of 14');
  });

  test('arrow keys select while a name is typed', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('/edge-1', '/edge-1_  3 of 14');
    await press('\u001b[B', /▸. edge-10/);
    expect(frame()).toContain('/edge-1_');
  });

  test('counts from zero, all interfaces at once', async () => {
    const { frame, press } = start(undefined, fleet());
    await press('z', /Σ all 14 +567Mb\/s +80\.0k +0B/);
    await press('Z', /Σ all 14 +567Mb\/s +80\.0k +5\.12TB/);
    expect(names(frame())).toHaveLength(14);
  });

  test('tells an age only where it is late', () => {
    const { frame } = start(undefined, fleet());
    expect(frame()).toMatch(/gw-01\/eth0 +live +9/);
    expect(frame()).toMatch(/edge-05\/eth0 +stale 6\.1s/);
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
    await press('j', '▸ tcp port 443');
    for (const event of fleet()) dashboard.push(event);
    dashboard.resize({ columns: 80, rows: 24 });
    expect(frame()).toContain('▸ tcp port 443');
    await press('\u001b', 'RATE↓');
  });
});

describe('a terminal that takes no frame', () => {
  test('gets the newest when it does, and keys are taken all the while', () => {
    let takes = true;
    const quit = vi.fn<(keepScreen: boolean) => void>();
    const dashboard = new Dashboard(
      SETTINGS,
      { columns: 80, rows: 24 },
      {
        now: () => NOW + 400,
        canShow: () => takes,
        replay: null,
        bell: vi.fn(),
        quit,
        retryNow: vi.fn(),
        suspend: vi.fn(),
      },
    );
    for (const event of LIVE_EVENTS) dashboard.push(event);
    dashboard.start(MONO);
    const before = dashboard.shown();
    takes = false;
    dashboard.press({ character: 'j' });
    dashboard.press({ character: 'u' });
    expect(dashboard.shown()).toBe(before);
    takes = true;
    dashboard.repaint();
    expect(dashboard.shown().model.view).toMatchObject({ filter: 1, units: 'bytes' });
    takes = false;
    dashboard.press({ character: 'q' });
    expect(quit).toHaveBeenCalledExactlyOnceWith(false);
    dashboard.stop();
  });
});
