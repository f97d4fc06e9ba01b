import type { View } from '../input/view.ts';
import type { FilterRow } from '../shown/filter-rows.ts';
import { exact, isBinary } from '../text/format.ts';

/** Widths of the table of filters, each with the space before it; 0: there is no such column. */
export interface TableColumns {
  readonly label: number;
  /** Of each size bucket; 0 where they do not all fit: a histogram of one cell a bucket stands for them. */
  readonly bucket: number;
  readonly histogram: number;
  readonly packets: number;
  readonly bytes: number;
  readonly average: number;
}

const LABEL = 16;
const MAX_LABEL = 34;
const BUCKET = 7;
const PACKETS = 7;
const BYTES = 8;
const AVERAGE = 8;
/** More than that and the eye loses the row. */
const MAX_WIDEN = 3;

/** The widths for a screen: seven buckets take 80 columns, and what is wider makes room between the numbers. */
export function tableColumns(
  rows: readonly FilterRow[],
  buckets: number,
  view: View,
  columns: number,
): TableColumns {
  const digits = (values: readonly bigint[]): number =>
    view.exact ? Math.max(0, ...values.map((value) => exact(value).length)) + 2 : 0;
  const totals = rows.flatMap((row) => (row.totals === null ? [] : [row.totals]));
  const binary = isBinary(view.units) ? 1 : 0;
  const label = LABEL - binary;
  const bucket = Math.max(BUCKET, digits(totals.flatMap(({ sizes }) => sizes)));
  const packets = Math.max(PACKETS, digits(totals.map((total) => total.packets)));
  const bytes = Math.max(BYTES + binary, digits(totals.map((total) => total.bytes)));
  const room = columns - label - packets - bytes;
  const fits = buckets * bucket <= room;
  const histogram = fits ? 0 : Math.max('SIZES'.length, buckets) + 2;
  let extra = room - (fits ? buckets * bucket : histogram);
  const average = extra >= AVERAGE ? AVERAGE : 0;
  extra -= average;
  const wideColumns = (fits ? buckets : 0) + (average > 0 ? 3 : 2);
  const widen = Math.max(0, Math.min(MAX_WIDEN, Math.floor(extra / wideColumns)));
  extra -= widen * wideColumns;
  return {
    label: Math.max(LABEL - 1, Math.min(MAX_LABEL, label + extra)),
    bucket: fits ? bucket + widen : 0,
    histogram,
    packets: packets + widen,
    bytes: bytes + widen,
    average: average === 0 ? 0 : average + widen,
  };
}
