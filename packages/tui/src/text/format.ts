/** How numbers and times are written. Everything here is ASCII, so length is width. */

/** What rates and amounts of data are shown in. */
export type Units = 'bits' | 'bytes' | 'bits-iec' | 'bytes-iec';

export const UNITS: readonly Units[] = ['bits', 'bytes', 'bits-iec', 'bytes-iec'];

const SI_PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'];
const IEC_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi'];

/** A number of 0 or more with three significant digits and a prefix: `755`, `2.26k`, `139M`; at most 5 characters. */
export function si(value: number | bigint): string {
  return prefixed(Number(value), 1000, SI_PREFIXES);
}

/** The same with binary prefixes: `755`, `2.21Ki`, `1023Mi`; at most 6 characters. */
export function iec(value: number | bigint): string {
  return prefixed(Number(value), 1024, IEC_PREFIXES);
}

function prefixed(value: number, base: number, prefixes: readonly string[]): string {
  let scaled = value;
  let index = 0;
  // 999.5 would be written 1000: it belongs to the next prefix.
  while (scaled >= base - 0.5 && index < prefixes.length - 1) {
    scaled /= base;
    index++;
  }
  if (index === 0) {
    // A slow rate is not nothing.
    if (scaled > 0 && scaled < 10) return trimZeros(scaled.toFixed(1));
    return scaled.toFixed(0);
  }
  const decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return scaled.toFixed(decimals) + prefixes[index];
}

function trimZeros(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

/** Every digit, in groups of three: `807 123 456`. */
export function exact(value: number | bigint): string {
  const digits = typeof value === 'bigint' ? value.toString() : Math.round(value).toString();
  return digits.replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A number of packets. */
export function packets(value: number | bigint, everyDigit: boolean): string {
  return everyDigit ? exact(value) : si(value);
}

/** A number of bytes, without its unit. */
export function bytes(value: number | bigint, units: Units, everyDigit: boolean): string {
  if (everyDigit) return exact(value);
  return isBinary(units) ? iec(value) : si(value);
}

/** A bit rate in the chosen unit, without it: `93.4M`. */
export function dataRate(bitsPerS: number, units: Units, everyDigit: boolean): string {
  return bytes(isBits(units) ? bitsPerS : bitsPerS / 8, units, everyDigit);
}

/** The unit of {@link dataRate}: `b/s` or `B/s`. */
export function rateUnit(units: Units): string {
  return isBits(units) ? 'b/s' : 'B/s';
}

/** A bit rate with its unit: `93.4Mb/s`, `93 412 345 b/s`. */
export function rate(bitsPerS: number, units: Units, everyDigit: boolean): string {
  return `${dataRate(bitsPerS, units, everyDigit)}${everyDigit ? ' ' : ''}${rateUnit(units)}`;
}

/** An amount of data with its unit: `714GB`, `665GiB`, `714 123 456 789 B`. Amounts are in bytes, whatever rates are in. */
export function amount(value: number | bigint, units: Units, everyDigit: boolean): string {
  return `${bytes(value, units, everyDigit)}${everyDigit ? ' ' : ''}B`;
}

/** The speed of a link: `10G`, `2.5G`, `100M`. */
export function linkSpeed(mbitPerS: number): string {
  return mbitPerS >= 1000 ? `${Number((mbitPerS / 1000).toFixed(1))}G` : `${mbitPerS}M`;
}

/** Rates of data are written in bits. */
export function isBits(units: Units): boolean {
  return units === 'bits' || units === 'bits-iec';
}

/** Data is written in multiples of 1024. */
export function isBinary(units: Units): boolean {
  return units === 'bits-iec' || units === 'bytes-iec';
}

/** A share of a whole: `17%`, `<1%`, `>99%`; 0 and 100 only when they are exact. */
export function percent(part: bigint, whole: bigint): string {
  if (whole === 0n) return '-';
  if (part === 0n) return '0%';
  if (part === whole) return '100%';
  const rounded = (Number(part) / Number(whole)) * 100;
  if (rounded < 0.5) return '<1%';
  if (rounded >= 99.5) return '>99%';
  return `${rounded.toFixed(0)}%`;
}

/** A time span: `0.4 s`, `12 s`, `3m12s`, `5h03m`, `12d04h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Day and time where the reader is: `21 Nov 08:00`. */
export function localDayAndTime(at: number): string {
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes()].map(two).join(':');
  return `${date.getDate()} ${MONTHS[date.getMonth()]} ${time}`;
}

/** The time of day where the reader is: `14:03:22`. */
export function localTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}
