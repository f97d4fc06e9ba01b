import type { ReactElement } from 'react';

import type { View } from '../input/view.ts';
import type { FilterRow } from '../shown/filter-rows.ts';
import { packets, percent } from '../text/format.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, right, span } from '../text/line.ts';
import { bar } from '../text/sparkline.ts';
import { Rows } from './rows.tsx';

export interface SizesProps {
  readonly filter: FilterRow;
  /** Names of the buckets. */
  readonly labels: readonly string[];
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly columns: number;
  readonly rows: number;
  /** The column of the screen that it begins in, from 0. */
  readonly column: number;
}

/** The packet sizes of one filter, a row a bucket: share, bar, packets and packets per second. */
export function Sizes(props: SizesProps): ReactElement {
  return <Rows lines={sizes(props)} rows={props.rows} columns={props.columns} column={props.column} />;
}

function sizes({ filter, labels, view, glyphs, columns, rows }: SizesProps): Line[] {
  const counts = filter.totals?.sizes ?? [];
  const label = Math.max(4, ...labels.map((text) => text.length)) + 1;
  const longest = Math.max(5, ...counts.map((size) => packets(size, view.exact).length));
  const count = longest + 3;
  const rate = 8;
  const width = Math.max(1, columns - label - 2 - 6 - count - rate);
  const title: Line = [
    span(right('SIZE', label), 'dim'),
    span(`  ${right('share', width + 5)}`, 'dim'),
    span(right('PKTS', count) + right('PKT/s', rate), 'dim'),
  ];
  const whole = filter.totals?.packets ?? 0n;
  const { seen, hidden } = largest(counts, labels.length, rows - 1);
  const lines = seen.map((index): Line => {
    const size = counts[index] ?? 0n;
    const share = whole === 0n ? 0 : Number(size) / Number(whole);
    const changed = filter.change?.sizes[index];
    const perS =
      changed === undefined || filter.change === null
        ? '-'
        : packets(Number(changed) / (filter.change.ms / 1000), false);
    return [
      span(right(labels[index] ?? '', label), 'dim'),
      span(' '),
      span(bar(share, width, glyphs), 'accent'),
      span(right(percent(size, whole), 6)),
      span(right(packets(size, view.exact), count)),
      span(right(perS, rate), 'accent'),
    ];
  });
  if (hidden > 0) lines.push([span(right('', label)), span(` and ${hidden} smaller ones`, 'dim')]);
  return [title, ...lines];
}

/** The indices of the sizes that have most packets, in their order, when not all have room. */
function largest(
  counts: readonly bigint[],
  all: number,
  room: number,
): { seen: readonly number[]; hidden: number } {
  const indices = Array.from({ length: all }, (_, index) => index);
  if (all <= room) return { seen: indices, hidden: 0 };
  const kept = Math.max(1, room - 1);
  const by = indices.toSorted((a, b) => Number((counts[b] ?? 0n) - (counts[a] ?? 0n)));
  return { seen: by.slice(0, kept).sort((a, b) => a - b), hidden: all - kept };
}
