import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { LineOutput } from './line-output.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is not taken waits, in its order, and keeps nobody', () => {
  let written = '';
  let room = 5;
  const output = new LineOutput({
    write: (bytes) => {
      const taken = Math.min(room, bytes.byteLength);
      room -= taken;
      written += Buffer.from(bytes.subarray(0, taken)).toString('latin1');
      return taken;
    },
  });
  output.write('one\n');
  output.write('two\n');
  output.write('three\n');
  expect({ written, waiting: output.unwrittenBytes }).toEqual({ written: 'one\nt', waiting: 9 });
  room = 3;
  vi.advanceTimersByTime(20);
  expect(written).toBe('one\ntwo\n');
  room = 100;
  vi.advanceTimersByTime(20);
  expect({ written, waiting: output.unwrittenBytes }).toEqual({ written: 'one\ntwo\nthree\n', waiting: 0 });
  expect(vi.getTimerCount()).toBe(0);
});
