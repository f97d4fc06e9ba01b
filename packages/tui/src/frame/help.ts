import type { Glyphs } from './glyphs.ts';
import { type Line, left, span } from './line.ts';

/** Everything that the keys do and that the screen does not say by itself. */
export function help(glyphs: Glyphs): Line[] {
  const keys: readonly (readonly [string, string])[] = [
    ['q, Ctrl-C', 'quit'],
    ['Q', 'quit and leave the screen in the terminal'],
    ['p, Space', 'pause the display; counting continues'],
    [`${glyphs.sideways}, h l, Tab`, 'the interface before, after'],
    [`${glyphs.upDown}, k j`, 'select a filter'],
    ['d', `change rows: per second, since the message before (${glyphs.delta}), none`],
    ['u', 'units: bits or bytes, in thousands or in 1024s'],
    ['e', 'every digit'],
    ['z, Z', 'count from zero here; undo'],
    ['b', 'packet sizes of the selected filter'],
    ['g', 'graph of the selected filter: bits, packets, average size'],
    ['t', 'time that the graph shows'],
    ['r', 'retry now while the broker cannot be reached'],
  ];
  return [
    [span(' '), span('Keys', 'title')],
    ...keys.map(([key, does]): Line => [span('   '), span(left(key, 14), 'title'), span(does)]),
    [],
    [span(' '), span('Reading the screen', 'title')],
    [span('   A packet counts in every filter that matches it. Percentages are shares of a')],
    [span("   filter's packets. Sparklines show the last 60 s from 0 to the max beside them;")],
    [span('   a gap is time without messages. Rates are "-" when they do not hold any more.')],
  ];
}
