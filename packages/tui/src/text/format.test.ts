import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { bytes, dataRate, duration, exact, iec, percent, si } from './format.ts';

describe('si', () => {
  test.each([
    [0, '0'],
    [0.04, '0'],
    [0.5, '0.5'],
    [2, '2'],
    [9.96, '10'],
    [755, '755'],
    [999.4, '999'],
    [999.6, '1.00k'],
    [2_260, '2.26k'],
    [9_994, '9.99k'],
    [9_996, '10.0k'],
    [46_200_000, '46.2M'],
    [99_950_000, '100M'],
    [139_400_000, '139M'],
    [999_600_000, '1.00G'],
    [18446744073709551615n, '18.4E'],
  ])('%s is %s', (value, text) => expect(si(value)).toBe(text));

  test('fits five characters and is right to half a unit of its last digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const text = si(value);
        expect(text.length).toBeLessThanOrEqual(5);
        const [, digits, prefix] = /^([\d.]+)([kMGTPE]?)$/.exec(text)!;
        const scale = 1000 ** ['', 'k', 'M', 'G', 'T', 'P', 'E'].indexOf(prefix!);
        const last = 10 ** -(digits!.split('.')[1]?.length ?? 0);
        expect(Math.abs(Number(digits) - Number(value) / scale)).toBeLessThanOrEqual(last * 0.5000001);
      }),
    );
  });
});

describe('iec', () => {
  test.each([
    [1023, '1023'],
    [1024, '1.00Ki'],
    [1023 * 1024, '1023Ki'],
    [1024 * 1024 - 1, '1.00Mi'],
    [2n ** 64n - 1n, '16.0Ei'],
  ])('%s is %s', (value, text) => expect(iec(value)).toBe(text));

  test('fits six characters', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(iec(value).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

test('exact keeps every digit', () => {
  expect(exact(18446744073709551615n)).toBe('18 446 744 073 709 551 615');
  expect(exact(999)).toBe('999');
  fc.assert(
    fc.property(fc.bigInt({ min: 0n }), (value) => {
      expect(BigInt(exact(value).replaceAll(' ', ''))).toBe(value);
    }),
  );
});

test('data in each unit', () => {
  expect(dataRate(93_400_000, 'bits', false)).toBe('93.4M');
  expect(dataRate(93_400_000, 'bytes', false)).toBe('11.7M');
  expect(dataRate(93_400_000, 'bits-iec', false)).toBe('89.1Mi');
  expect(dataRate(93_400_000, 'bytes-iec', false)).toBe('11.1Mi');
  expect(dataRate(93_400_000, 'bytes-iec', true)).toBe('11 675 000');
  expect(bytes(1024n, 'bits-iec', false)).toBe('1.00Ki');
});

test.each([
  [0n, 0n, '-'],
  [0n, 5n, '0%'],
  [5n, 5n, '100%'],
  [1n, 1000n, '<1%'],
  [999n, 1000n, '>99%'],
  [172n, 1000n, '17%'],
])('%s of %s is %s', (part, whole, text) => expect(percent(part, whole)).toBe(text));

test.each([
  [-5, '0.0 s'],
  [400, '0.4 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1m00s'],
  [192_000, '3m12s'],
  [3_599_600, '1h00m'],
  [18_180_000, '5h03m'],
  [1_051_200_000, '12d04h'],
])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
