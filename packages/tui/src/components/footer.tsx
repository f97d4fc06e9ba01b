import type { ReactElement } from 'react';

import { type Binding, labelOf } from '../input/binding.ts';
import type { Glyphs } from '../text/glyphs.ts';
import { type Line, lineWidth, span } from '../text/line.ts';
import { Row } from './row.tsx';

export interface FooterProps {
  /** The keys that do something now. */
  readonly bindings: readonly Binding[];
  readonly glyphs: Glyphs;
  readonly columns: number;
}

/** The last row: what the keys do, as much of it as fits. */
export function Footer(props: FooterProps): ReactElement {
  return <Row line={footer(props)} />;
}

function footer({ bindings, glyphs, columns }: FooterProps): Line {
  let hints = firstOfLabel(bindings.filter(({ brief }) => brief !== null));
  for (const gap of ['  ', ' ']) {
    const line = lineOf(hints, glyphs, gap);
    if (lineWidth(line) <= columns) return line;
  }
  for (;;) {
    const least = Math.max(...hints.map(({ rank }) => rank));
    hints = hints.filter(({ rank }) => rank !== least);
    const line = lineOf(hints, glyphs, ' ');
    if (lineWidth(line) <= columns || hints.length === 0) return line;
  }
}

function lineOf(hints: readonly Binding[], glyphs: Glyphs, gap: string): Line {
  return hints.flatMap((binding, index) => [
    span(index === 0 ? ' ' : gap),
    span(labelOf(binding, glyphs), 'title'),
    span(` ${binding.brief}`, 'dim'),
  ]);
}

/** A key that two bindings name does what the first of them does. */
function firstOfLabel(bindings: readonly Binding[]): Binding[] {
  const seen = new Set<string>();
  return bindings.filter(({ label }) => {
    const hidden = seen.has(label);
    seen.add(label);
    return !hidden;
  });
}
