import { stripVTControlCharacters } from 'node:util';

import { render } from 'ink-testing-library';
import { afterEach, expect, test, vi } from 'vitest';

import { Dashboard } from '../dashboard.ts';
import { LIVE_EVENTS, NOW, SETTINGS, stats } from '../fixtures.ts';
import { NO_COLOURS } from '../frame/palette.ts';
import { App } from './app.tsx';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function start(size = { columns: 80, rows: 24 }) {
  const quit = vi.fn<(keepScreen: boolean) => void>();
  const retryNow = vi.fn<() => void>();
  const dashboard = new Dashboard(SETTINGS, NO_COLOURS, size, { now: () => NOW + 400, quit, retryNow });
  for (const event of LIVE_EVENTS) dashboard.push(event);
  dashboard.start();
  const { stdin, lastFrame, unmount } = render(<App dashboard={dashboard} />);
  open.push(() => {
    unmount();
    dashboard.stop();
  });
  const frame = (): string => stripVTControlCharacters(lastFrame() ?? '');
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
  ['?', 'Reading the screen'],
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

test('r asks for another attempt', async () => {
  const { stdin, retryNow } = start();
  stdin.write('r');
  await vi.waitFor(() => expect(retryNow).toHaveBeenCalledOnce());
});

test('a key that means nothing changes nothing', async () => {
  const { stdin, frame, press } = start();
  const before = frame();
  stdin.write('X\u001b[24~\u0001ü');
  await press('?', 'Keys');
  await press('?', '# FILTER');
  expect(frame()).toBe(before);
});
