import type { View } from '../../input/view.ts';
import { packets, percent } from '../../text/format.ts';
import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, left, right, span } from '../../text/line.ts';
import type { FilterRow } from './filter-rows.ts';
import { bar } from './sparkline.ts';

export interface SizesOptions {
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly columns: number;
  readonly rows: number;
}

/** The packet sizes of one filter, one line a bucket: share, bar, packets and packets per second. */
export function sizes(row: FilterRow, labels: readonly string[], options: SizesOptions): Line[] {
  const { view, glyphs, columns, rows } = options;
  const label = Math.max(6, ...labels.map((text) => text.length)) + 1;
  const count = view.exact ? 20 : 8;
  const rate = 8;
  const width = Math.max(4, columns - label - 6 - count - rate - 2);
  const title: Line = [
    span(left(' SIZE', label + 1), 'dim'),
    span(left(`share of ${row.name}`, width + 6 + 1), 'dim'),
    span(right('PKTS', count) + right('PKT/S', rate), 'dim'),
  ];
  const whole = row.totals?.packets ?? 0n;
  const lines = labels.map((text, index): Line => {
    const size = row.totals?.sizes[index] ?? 0n;
    const share = whole === 0n ? 0 : Number(size) / Number(whole);
    const changed = row.change?.sizes[index];
    const perS =
      changed === undefined || row.change === null
        ? '-'
        : packets(Number(changed) / (row.change.ms / 1000), false);
    return [
      span(right(text, label), 'dim'),
      span(' '),
      span(bar(share, width, glyphs), 'accent'),
      span(right(percent(size, whole), 6)),
      span(right(packets(size, view.exact), count)),
      span(right(perS, rate), 'accent'),
    ];
  });
  return [title, ...lines].slice(0, rows);
}
