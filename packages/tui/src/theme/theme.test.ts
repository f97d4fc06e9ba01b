import { describe, expect, test } from 'vitest';

import { backgroundOf, backgroundOfEnvironment } from './background.ts';
import { DARK, LIGHT, MONO, type Palette, SIXTEEN } from './palette.ts';
import { paletteOf } from './theme.ts';

type Rgb = readonly [number, number, number];

/** The colour of a style of ours: all are of the cube and the greys of xterm's 256. */
function rgbOf(sgr: string): Rgb {
  const index = Number(/38;5;(\d+)/.exec(sgr)?.[1]);
  if (index >= 232) return [8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)];
  const level = (digit: number): number => (digit === 0 ? 0 : 55 + 40 * digit);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

/** WCAG 2, contrast ratio. */
function contrast(a: Rgb, b: Rgb): number {
  const luminance = ([r, g, b]: Rgb): number => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** How people without one kind of cones see linear RGB (Machado, Oliveira, Fernandes 2009, severity 1). */
const SIGHTS = {
  all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
} as const;

/** CIE 1976 L*a*b* as seen so. */
function lab(colour: Rgb, sight: readonly number[]): Rgb {
  const rgb = colour.map(linear);
  const [r, g, b] = [0, 3, 6].map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        rgb.reduce((sum, part, index) => sum + part * sight[row + index]!, 0),
      ),
    ),
  ) as [number, number, number];
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe.each([
  [
    'dark',
    DARK,
    [
      [0, 0, 0],
      [40, 42, 54],
    ],
  ],
  [
    'light',
    LIGHT,
    [
      [255, 255, 255],
      [253, 246, 227],
    ],
  ],
] as const)('the %s theme', (_, palette: Palette, backgrounds) => {
  const coloured = ['good', 'warn', 'bad', 'accent'] as const;

  test('can be read on its background', () => {
    for (const style of [...coloured, 'dim', 'selected'] as const) {
      for (const background of backgrounds) {
        expect(contrast(rgbOf(palette[style]), background), style).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test.each(Object.entries(SIGHTS))('has colours that differ for %s', (_sight, matrix) => {
    for (const [index, one] of coloured.entries()) {
      for (const other of coloured.slice(index + 1)) {
        const a = lab(rgbOf(palette[one]), matrix);
        const b = lab(rgbOf(palette[other]), matrix);
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
        // Several times what is just noticed, which is 2.3.
        expect(distance, `${one} and ${other}`).toBeGreaterThan(15);
      }
    }
  });
});

test.each([
  ['11;rgb:0000/0000/0000', 'dark'],
  ['11;rgb:1e1e/1e1e/2e2e', 'dark'],
  ['11;rgb:ffff/ffff/ffff', 'light'],
  ['11;rgb:fd/f6/e3', 'light'],
  ['11;rgba:ffff/ffff/ffff/ffff', 'light'],
  ['10;rgb:ffff/ffff/ffff', null],
  ['11;#ffffff', null],
  ['', null],
])('the answer %j is %s', (answer, background) => {
  expect(backgroundOf(answer)).toBe(background);
});

test.each([
  ['15;0', 'dark'],
  ['0;15', 'light'],
  ['0;default;7', 'light'],
  ['x', null],
  [undefined, null],
])('COLORFGBG=%s is %s', (COLORFGBG, background) => {
  expect(backgroundOfEnvironment({ COLORFGBG })).toBe(background);
});

test('the palette follows theme, background and terminal', () => {
  const choice = { theme: 'auto', colour: true, colours: {}, env: { TERM: 'xterm-256color' } } as const;
  expect(paletteOf(choice, 'light')).toEqual(LIGHT);
  expect(paletteOf(choice, 'dark')).toEqual(DARK);
  expect(paletteOf(choice, null)).toEqual(DARK);
  expect(paletteOf({ ...choice, theme: 'light' }, 'dark')).toEqual(LIGHT);
  expect(paletteOf({ ...choice, theme: 'mono' }, 'dark')).toBe(MONO);
  expect(paletteOf({ ...choice, colour: false }, 'dark')).toBe(MONO);
  expect(paletteOf({ ...choice, env: { TERM: 'linux' } }, 'dark')).toEqual(SIXTEEN);
  expect(paletteOf({ ...choice, colours: { good: '32' } }, 'dark').good).toBe('32');
});
