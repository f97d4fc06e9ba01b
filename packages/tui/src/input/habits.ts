import { SORTS } from '../store/ranking.ts';
import { UNITS } from '../text/format.ts';
import { FILTER_MODES, GRAPH_QUANTITIES, GRAPH_SCALES, GRAPH_SPANS, type Habits, type View } from './view.ts';

/** The choices of each habit but the order's direction. */
const CHOICES: Readonly<Record<Exclude<keyof Habits, 'reversed'>, readonly string[]>> = {
  mode: FILTER_MODES,
  units: UNITS,
  graph: GRAPH_QUANTITIES,
  span: GRAPH_SPANS,
  scale: GRAPH_SCALES,
  sort: SORTS,
};

/** What of a view is kept from one time to the next. */
export function habitsOf({ mode, units, graph, span, scale, sort, reversed }: View): Habits {
  return { mode, units, graph, span, scale, sort, reversed };
}

/** The habits that were kept; of words that are no choice (any more), none. */
export function habitsFrom(words: Readonly<Record<string, string | boolean>>): Partial<Habits> {
  const kept = Object.entries(CHOICES).flatMap(([name, choices]) => {
    const word = words[name];
    return typeof word === 'string' && choices.includes(word) ? [[name, word]] : [];
  });
  const { reversed } = words;
  return { ...Object.fromEntries(kept), ...(typeof reversed === 'boolean' ? { reversed } : {}) };
}
