import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReplaySource } from '../../packages/daemon/src/capture/file/replay-source.ts';
import { packetMix, pcapFile } from '../support/packet-mix.ts';

const FRAMES = packetMix();
const INTERVAL_MS = 10;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ifcast-replay-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

test('plays at the speed of the capture, over and over, and keeps counting through a reload', async () => {
  const path = join(directory, 'mix.pcap');
  writeFileSync(path, pcapFile(FRAMES, INTERVAL_MS * 1000));
  const all = { id: 'all', expression: '' };
  const task = { iface: ReplaySource.interfaceName(path), filters: [all], sizeUpperBounds: [64] };
  let now = 0;
  const source = new ReplaySource(path, task, () => now);
  const packets = async () => source.read().filters.map(({ sizes }) => sizes.reduce((a, b) => a + b));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const advance = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += 50;
      vi.advanceTimersByTime(50);
    }
  };
  await source.start();
  expect(source.iface).toBe('replay:mix.pcap');
  expect(source.status()).toMatchObject({ backend: 'file', state: 'counting', linkType: 'EN10MB' });
  advance(1_050);
  expect(await packets()).toEqual([101n]);
  await (await source.prepare({ ...task, filters: [{ id: 'tcp', expression: 'tcp' }, all] })).commit();
  expect(await packets()).toEqual([0n, 101n]);
  advance(FRAMES.length * INTERVAL_MS);
  const [tcp, total] = await packets();
  expect(total).toBeGreaterThan(FRAMES.length);
  expect(tcp).toBeGreaterThan(0n);
  await source.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('waits for a file that is gone when it begins again, and keeps its totals', async () => {
  const path = join(directory, 'mix.pcap');
  const aside = join(directory, 'aside.pcap');
  writeFileSync(path, pcapFile(FRAMES.slice(0, 10), 0));
  const task = { iface: 'replay', filters: [{ id: 'all', expression: '' }], sizeUpperBounds: [64] };
  let now = 0;
  const source = new ReplaySource(path, task, () => now);
  const packets = async () => source.read().filters[0]!.sizes.reduce((a, b) => a + b);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const tick = () => {
    now += 50;
    vi.advanceTimersByTime(50);
  };
  await source.start();
  renameSync(path, aside);
  tick();
  tick();
  expect(await packets()).toBe(10n);
  expect(source.status()).toMatchObject({
    state: 'waiting',
    reason: `capture file ${path} cannot be read: there is no such file`,
  });
  await (
    await source.prepare({
      ...task,
      filters: [
        { id: 'all', expression: '' },
        { id: 'tcp', expression: 'tcp' },
      ],
    })
  ).commit();
  renameSync(aside, path);
  tick();
  tick();
  expect(source.status()).toMatchObject({ state: 'counting', reason: null });
  expect(await packets()).toBe(20n);
  expect(source.read().filters[1]!.bytes).toBeGreaterThan(0n);
  await source.stop();
});
