import { isLive, type Liveness } from '../liveness.ts';
import type { State } from '../state.ts';
import { duration } from './format.ts';
import { justified, type Line, type Style, span, spread } from './line.ts';
import type { Model, Shown } from './model.ts';

/** The colour of a state; its sign and its word say the same. */
export const STATE_STYLES: Readonly<Record<Liveness, Style>> = {
  live: 'good',
  replay: 'accent',
  stale: 'warn',
  offline: 'bad',
  lost: 'bad',
  waiting: 'warn',
  failed: 'bad',
  expected: 'dim',
};

/** The words of the states. */
export const STATE_WORDS: Readonly<Record<Liveness, string>> = {
  live: 'live',
  replay: 'replay',
  stale: 'stale',
  offline: 'offline',
  lost: 'broker lost',
  waiting: 'waiting',
  failed: 'failed',
  expected: 'no data yet',
};

/** ` ifcast  gw-01/eth0 ● live  5 filters      mqtt://10.0.0.2  0.4 s ago  14:03:22` */
export function header(model: Model, shown: Shown | null, state: State, now: number, columns: number): Line {
  const { settings, view } = model;
  const start = [span(' '), span('ifcast', 'title')];
  if (shown !== null) {
    const { target, liveness, position, count } = shown;
    start.push(
      span('  '),
      span(target.label, 'title'),
      span(' '),
      span(`${settings.glyphs.states[liveness]} ${STATE_WORDS[liveness]}`, STATE_STYLES[liveness]),
    );
    if (count > 1) start.push(span(`  ${position} of ${count}`, 'dim'));
  }
  if (view.paused !== null) start.push(span('  '), span(`${settings.glyphs.paused} paused`, 'warn'));
  const ends = [span(state.connection.broker, 'dim')];
  const age = ageOf(shown, now);
  if (age !== null) ends.push(age);
  ends.push(span(settings.timeOfDay(model.now), 'dim'));
  const filters = shown?.rows.length ?? 0;
  const withFilters = [...start, span(`  ${filters} filter${filters === 1 ? '' : 's'}`, 'dim')];
  return (filters > 0 ? spread(withFilters, ends, columns) : null) ?? justified(start, ends, columns);
}

/** Always as wide, so that nothing beside it moves. */
function ageOf(shown: Shown | null, now: number) {
  if (shown?.target.iface == null) return null;
  const age = `${duration(now - shown.target.iface.receivedAt)} ago`;
  return span(
    age.padStart('0.4 s ago'.length),
    isLive(shown.liveness) ? 'dim' : STATE_STYLES[shown.liveness],
  );
}
