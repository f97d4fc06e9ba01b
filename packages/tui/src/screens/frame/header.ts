import { isLive, type Liveness, livenessOf, STATE_WORDS } from '../../store/liveness.ts';
import { duration } from '../../text/format.ts';
import { justified, type Line, type Span, type Style, span, spread } from '../../text/line.ts';
import type { Model } from './model.ts';
import type { Scene } from './scene.ts';

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

/** ` ifcast  gw-01/eth0 ● live  5 filters      mqtt://10.0.0.2  0.4 s ago  14:03:22` */
export function header(model: Model, scene: Scene, columns: number): Line {
  const { settings, view } = model;
  const start = [span(' '), span('ifcast', 'title'), ...subject(model, scene)];
  if (view.paused !== null) start.push(span('  '), span(`${settings.glyphs.paused} paused`, 'warn'));
  const ends = [span(scene.state.connection.broker, 'dim')];
  const age = ageOf(scene);
  if (age !== null) ends.push(age);
  ends.push(span(settings.timeOfDay(model.now), 'dim'));
  const more = span(`  ${lessImportant(scene)}`, 'dim');
  return spread([...start, more], ends, columns) ?? justified(start, ends, columns);
}

function subject({ settings: { glyphs }, view }: Model, scene: Scene): Span[] {
  switch (scene.kind) {
    case 'nothing':
      return [];
    case 'list': {
      const { state, all, now } = scene;
      const live = all.filter(({ host, iface }) => isLive(livenessOf(state, host, iface, now))).length;
      const { sort, reversed, frozen } = view.list;
      const arrow = (sort === 'name') === reversed ? glyphs.down : glyphs.up;
      const spans = [
        span(`  ${all.length} interface${all.length === 1 ? '' : 's'}`),
        span(`  ${live} live`, 'good'),
        span(`  sort:${sort}${arrow}${frozen ? ' order kept' : ''}`, 'dim'),
      ];
      if (live < all.length) spans.splice(2, 0, span(`  ${all.length - live} not live`, 'warn'));
      return spans;
    }
    case 'interface': {
      const { target, liveness, all, index } = scene;
      const spans = [
        span('  '),
        span(target.label, 'title'),
        span(' '),
        span(`${glyphs.states[liveness]} ${STATE_WORDS[liveness]}`, STATE_STYLES[liveness]),
      ];
      if (all.length > 1) spans.push(span(`  ${index + 1} of ${all.length}`, 'dim'));
      return spans;
    }
  }
}

/** What is said where there is room left. */
function lessImportant(scene: Scene): string {
  if (scene.kind !== 'interface' || scene.rows.length === 0) return '';
  return `${scene.rows.length} filter${scene.rows.length === 1 ? '' : 's'}`;
}

/** Always as wide, so that nothing beside it moves. */
function ageOf(scene: Scene): Span | null {
  if (scene.kind === 'nothing') return null;
  const shown = scene.kind === 'list' ? scene.all : [scene.target];
  const newest = Math.max(...shown.map(({ counted }) => counted?.receivedAt ?? Number.NEGATIVE_INFINITY));
  if (newest === Number.NEGATIVE_INFINITY) return null;
  const age = `${duration(scene.now - newest)} ago`;
  const style = scene.kind === 'list' || isLive(scene.liveness) ? 'dim' : STATE_STYLES[scene.liveness];
  return span(age.padStart('0.4 s ago'.length), style);
}
