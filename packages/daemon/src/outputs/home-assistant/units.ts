import type { RateUnit } from '../../config/home-assistant-settings.ts';

/** How a number of a topic becomes one of Home Assistant's: which unit it gets, and how many of its own make one. */
export interface Scale {
  readonly unit: string;
  readonly divisor: number;
  /** Decimals that are shown; the state itself has all that the number has. */
  readonly precision: number;
}

const PREFIXES = [
  { prefix: '', factor: 1, precision: 0 },
  { prefix: 'k', factor: 1e3, precision: 1 },
  { prefix: 'M', factor: 1e6, precision: 2 },
  { prefix: 'G', factor: 1e9, precision: 3 },
] as const;

/** Of `bits_per_s` and of `bytes_total`: totals go with the rate's prefix, MB with Mbit/s and with MB/s. */
export function scalesOf(unit: RateUnit): { readonly rate: Scale; readonly size: Scale } {
  const { prefix, factor, precision } = PREFIXES.findLast((each) => unit.startsWith(each.prefix))!;
  const bits = unit.endsWith('bit/s') ? 1 : 8;
  return {
    rate: { unit, divisor: bits * factor, precision },
    size: { unit: `${prefix}B`, divisor: factor, precision },
  };
}
