import type { ReactElement } from 'react';

import { type KeyTable, labelOf } from '../input/binding.ts';
import { STATE_MEANINGS, STATE_WORDS } from '../store/liveness.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, span, widthOf } from '../text/line.ts';
import { described, wrapped } from '../text/wrap.ts';
import { STATE_STYLES } from './header.tsx';
import { Rows } from './rows.tsx';

export interface HelpProps {
  /** From {@link helpLines}. */
  readonly lines: readonly Line[];
  /** The first line that is seen. */
  readonly top: number;
  readonly rows: number;
}

/** What the keys do, what the signs mean. */
export function Help({ lines, top, rows }: HelpProps): ReactElement {
  return <Rows lines={lines.slice(top, top + rows)} rows={rows} />;
}

/**
 * All lines of the help.
 *
 * @param tables - the keys of the screen that it is about, its own first
 */
export function helpLines(tables: readonly KeyTable[], glyphs: Glyphs, columns: number): Line[] {
  const labels = tables.flatMap(({ bindings }) => bindings.map((binding) => labelOf(binding, glyphs)));
  const width = Math.max(...labels.map(widthOf)) + 2;
  const keys = tables.flatMap(({ title, bindings }): Line[] => [
    [span(` ${title}`, 'accent')],
    ...bindings.flatMap((binding) => entry(labelOf(binding, glyphs), binding.help, width, columns, 'title')),
    [],
  ]);
  const states = (Object.keys(STATE_WORDS) as (keyof typeof STATE_WORDS)[]).flatMap((state) =>
    entry(
      `${glyphs.states[state]} ${STATE_WORDS[state]}`,
      STATE_MEANINGS[state],
      'no data yet'.length + 4,
      columns,
      STATE_STYLES[state],
    ),
  );
  return [...keys, [span(' Signs', 'accent')], ...states, [], ...notes(glyphs, columns)];
}

function entry(
  name: string,
  text: string,
  width: number,
  columns: number,
  style: Line[number]['style'],
): Line[] {
  return described(name, text, width, columns - 3).map((line): Line => {
    // The name is in columns: its characters may be fewer.
    const cut = line.length - line.slice(nameLength(line, width)).length;
    return [span('  '), span(line.slice(0, cut), style), span(line.slice(cut))];
  });
}

function nameLength(line: string, width: number): number {
  let length = 0;
  while (length < line.length && widthOf(line.slice(0, length)) < width) length++;
  return length;
}

function notes(glyphs: Glyphs, columns: number): Line[] {
  const texts = [
    'A packet counts in every filter that matches it, so filters do not add up.',
    'RATE, PKT/s: of the last broadcast. PEAK: the largest rate between two broadcasts since the program began or since z. TOTAL, AVG: since the daemon counts, or since z; bytes, and bytes a packet. quiet: nothing came.',
    `The graph: ${glyphs.heights.at(-1)} mean, ${glyphs.shadow} up to the largest rate that a broadcast told; a gap is time in which nothing came. Sparklines are from 0 to their own largest.`,
    'lost: packets that the daemon could not count.',
  ];
  return texts.flatMap((text) => wrapped(text, columns - 2).map((line): Line => [span(` ${line}`, 'dim')]));
}
