import type { GraphScale } from '../input/view.ts';

/** The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten, so that the scale stays while the traffic moves a little. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value * 0.999999);
  return (step ?? 10) * power;
}

/** How high a value stands, from 0 to 1; `NaN` stays what it is. */
export function scaleTo(scale: GraphScale, top: number): (value: number) => number {
  if (scale !== 'log') return (value) => value / top;
  const decades = Math.log10(top);
  // Below 1 there is nothing that a network would carry.
  return (value) => (value <= 1 ? value * 1e-9 : Math.log10(value) / decades);
}
