import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, left, span } from '../../text/line.ts';

/** Everything that the keys do and that the screen does not say by itself. */
export function help(glyphs: Glyphs): Line[] {
  const everywhere = [
    ['q, Ctrl-C; Ctrl-Z', 'quit; suspend'],
    ['Q', 'quit and leave the screen in the terminal'],
    ['p, Space', 'pause the display; counting continues'],
    ['u', 'units: bits or bytes, in thousands or in 1024s'],
    ['e', 'every digit'],
    ['z, Z', 'count from zero here; undo'],
    ['r', 'retry now while the broker cannot be reached'],
  ] as const;
  const list = [
    [`${glyphs.upDown} PgUp PgDn Home End`, 'select (j k)'],
    ['Enter, Esc', 'open; back to the list'],
    ['/', 'find by name'],
    ['s, r, o', 'sort, reverse, keep the order'],
  ] as const;
  const one = [
    [`${glyphs.sideways}, h l, Tab`, 'the interface before, after'],
    [`${glyphs.upDown}, j k`, 'select a filter'],
    ['d', `change rows: per second, since the message before (${glyphs.delta}), none`],
    ['b', 'packet sizes of the selected filter'],
    ['g, t', 'graph of the selected filter: what it draws; its time'],
  ] as const;
  const section = (title: string, keys: readonly (readonly [string, string])[]): Line[] => [
    [span(' '), span(title, 'accent')],
    ...keys.map(([key, does]): Line => [span('  '), span(left(key, 21), 'title'), span(does)]),
  ];
  return [
    ...section('Everywhere', everywhere),
    ...section('Hosts', list),
    ...section('One interface', one),
    [span(' A packet counts in every filter that matches it. % are shares of the', 'dim')],
    [span(' packets of a filter. Sparklines: the last 60 s, from 0 to the max beside', 'dim')],
  ];
}
