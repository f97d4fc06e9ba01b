import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { TriggerCondition } from '../config/trigger-settings.ts';
import { type Observed, TriggerState } from './trigger-state.ts';

function at(nowMs: number, packets: number, sinceMs = 0): Observed {
  return { nowMs, sinceMs, packets: BigInt(packets), bytes: BigInt(packets * 100) };
}

const HUNDRED: TriggerCondition = { when: 'packets', packets: 100, surplus: 'drop', waitMs: 1000 };

test('fires at the Nth packet, once a wait, and forgets the surplus', () => {
  const trigger = new TriggerState(HUNDRED);
  expect(trigger.observe(at(0, 5000), false)).toBeNull();
  expect(trigger.observe(at(50, 5099), false)).toBeNull();
  expect(trigger.observe(at(100, 5250), false)).toEqual({
    packets: 250n,
    bytes: 25_000n,
    packetsTotal: 5250n,
  });
  expect(trigger.observe(at(150, 5400), false)).toBeNull();
  expect(trigger.observe(at(1100, 5400), false)?.packets).toBe(150n);
  expect(trigger.observe(at(2100, 5499), false)).toBeNull();
});

test('keeps the surplus: exactly once for every N', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat({ max: 200 }), { maxLength: 100 }),
      (packets, steps) => {
        const trigger = new TriggerState({ when: 'packets', packets, surplus: 'keep', waitMs: 0 });
        trigger.observe(at(0, 0), false);
        let total = 0;
        let now = 0;
        let fired = 0;
        for (const step of [...steps, ...new Array<number>(20_000).fill(0)]) {
          total += step;
          const cause = trigger.observe(at(++now, total), false);
          if (cause !== null) fired++;
          else if (now > steps.length) break;
        }
        expect(fired).toBe(Math.floor(total / packets));
      },
    ),
  );
});

test('what starts again is no packet: another since, or a total that fell', () => {
  const trigger = new TriggerState({ ...HUNDRED, packets: 1 });
  trigger.observe(at(0, 10), false);
  expect(trigger.observe(at(1000, 500, 7), false)).toBeNull();
  expect(trigger.observe(at(2000, 400, 7), false)).toBeNull();
  expect(trigger.observe(at(3000, 401, 7), false)?.packets).toBe(1n);
});

test('while it runs it does not fire: that is counted, and the packets are kept', () => {
  const trigger = new TriggerState({ ...HUNDRED, packets: 1 });
  trigger.observe(at(0, 0), false);
  expect(trigger.observe(at(10, 3), true)).toBeNull();
  expect(trigger.observe(at(20, 3), true)).toBeNull();
  expect(trigger.suppressed).toBe(1n);
  expect(trigger.observe(at(5000, 4), true)).toBeNull();
  expect(trigger.suppressed).toBe(2n);
  expect(trigger.observe(at(5010, 4), false)?.packets).toBe(4n);
  expect(trigger.suppressed).toBe(2n);
});

test('quiet: once, when nothing has come for so long after there was something', () => {
  const trigger = new TriggerState({ when: 'quiet', quietMs: 5000, waitMs: 1000 });
  expect(trigger.observe(at(0, 7), false)).toBeNull();
  expect(trigger.observe(at(60_000, 7), false)).toBeNull();
  expect(trigger.observe(at(61_000, 9), false)).toBeNull();
  expect(trigger.observe(at(63_000, 10), false)).toBeNull();
  expect(trigger.observe(at(67_999, 10), false)).toBeNull();
  expect(trigger.observe(at(68_000, 10), false)).toEqual({ packets: 3n, bytes: 300n, packetsTotal: 10n });
  expect(trigger.observe(at(90_000, 10), false)).toBeNull();
});
