import type { ReactElement } from 'react';

import type { Model } from '../shown/model.ts';
import type { InterfaceScene, ListScene, Scene } from '../shown/scene.ts';
import { isLive, type Liveness, STATE_WORDS } from '../store/liveness.ts';
import { duration, exact, linkSpeed, rate, si } from '../text/format.ts';
import { fit, type Line, lineWidth, type Span, type Style, span, truncate, widthOf } from '../text/line.ts';
import { Row } from './row.tsx';

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

export interface HeaderProps {
  readonly model: Model;
  readonly scene: Scene;
  readonly columns: number;
}

/** ` gw-01/eth0 ● live  85.2Mb/s (1% of 10G)  10.3k/s  lost 0       0.4 s  01:16:19` */
export function Header(props: HeaderProps): ReactElement {
  return <Row line={header(props)} />;
}

/** Of a name at least so much is seen. */
const MIN_NAME = 8;

/** State, pause and clock always; of the rest as much as fits, and what is left of the name. */
function header({ model, scene, columns }: HeaderProps): Line {
  const clock = [...(recording(model) ?? []), span(model.settings.timeOfDay(model.now), 'dim')];
  const fixed = [...stateOf(model, scene), ...pauseOf(model)];
  const name = nameOf(scene);
  let rest = columns - 1 - lineWidth(fixed) - lineWidth(clock) - 2;
  const named = truncate(name, Math.max(MIN_NAME, Math.min(widthOf(name), rest)));
  rest -= widthOf(named);
  const age = ageOf(scene);
  const ends: Span[] = [];
  const addEnd = (end: Span): void => {
    if (widthOf(end.text) + 2 > rest) return;
    ends.unshift(end, span('  '));
    rest -= widthOf(end.text) + 2;
  };
  const facts: Span[][] = [];
  for (const [index, fact] of factsOf(model, scene).entries()) {
    // Of what there is room for, the first comes before the age of it all.
    if (index === 1 && age !== null) addEnd(age);
    if (lineWidth(fact) > rest) break;
    facts.push(fact);
    rest -= lineWidth(fact);
  }
  if (age !== null && ends.length === 0) addEnd(age);
  if (scene.state.connection.broker !== '') addEnd(span(scene.state.connection.broker, 'dim'));
  const line = [
    span(' '),
    span(named, 'title'),
    ...fixed,
    ...facts.flat(),
    span(' '.repeat(Math.max(2, rest + 2))),
    ...ends,
    ...clock,
  ];
  return fit(line, columns);
}

function nameOf(scene: Scene): string {
  return scene.kind === 'interface' ? scene.target.label : 'ifcast';
}

function stateOf({ settings: { glyphs } }: Model, scene: Scene): Span[] {
  if (scene.kind !== 'interface') return [];
  const { liveness } = scene;
  return [span(' '), span(`${glyphs.states[liveness]} ${STATE_WORDS[liveness]}`, STATE_STYLES[liveness])];
}

function pauseOf({ view, replay, settings }: Model): Span[] {
  if (view.paused === null && replay?.paused !== true) return [];
  return [span('  '), span(`${settings.glyphs.paused} paused`, 'warn')];
}

function recording({ state }: Model): Span[] | null {
  return state.recording === null || state.recording.ended ? null : [span('REC', 'bad'), span('  ')];
}

/** What follows the name, the most important first. */
function factsOf(model: Model, scene: Scene): Span[][] {
  switch (scene.kind) {
    case 'nothing':
      return [];
    case 'list':
      return listFacts(model, scene);
    case 'interface':
      return interfaceFacts(model, scene);
  }
}

function listFacts({ view, settings: { glyphs } }: Model, { all, found }: ListScene): Span[][] {
  const live = all.filter(({ liveness }) => isLive(liveness)).length;
  const facts = [
    [span(`  ${all.length} interface${all.length === 1 ? '' : 's'}`)],
    [span(`  ${glyphs.states.live} ${live} live`, 'good')],
  ];
  if (live < all.length)
    facts.push([span(`  ${glyphs.states.offline} ${all.length - live} not live`, 'warn')]);
  if (found.length < all.length) facts.push([span(`  ${found.length} shown`, 'accent')]);
  if (view.list.filter !== null) facts.push([span(`  filter: ${view.list.filter}`, 'accent')]);
  if (view.list.frozen) facts.push([span('  order kept', 'dim')]);
  return facts;
}

function interfaceFacts({ view }: Model, scene: InterfaceScene): Span[][] {
  const { target, liveness, all, index } = scene;
  const facts: Span[][] = [];
  const main = mainRow(scene);
  const place = all.length > 1 ? [[span(`  ${index + 1} of ${all.length}`, 'dim')]] : [];
  if (main?.bitsPerS != null && isLive(liveness)) {
    facts.push([span(`  ${rate(main.bitsPerS, view.units, false).padStart(8)}`, 'title')]);
    const link = target.described?.link_mbit_per_s ?? null;
    if (link !== null && link > 0)
      facts.push([span(` (${share(main.bitsPerS / (link * 1e6))} of ${linkSpeed(link)})`, 'dim')]);
    facts.push(...place);
    if (main.packetsPerS !== null) facts.push([span(`  ${si(main.packetsPerS)}/s`)]);
  }
  if (facts.length === 0) facts.push(...place);
  const lost = target.counted?.stats.dropped_total;
  if (lost != null)
    facts.push([span(`  lost ${lost < 100_000n ? exact(lost) : si(lost)}`, lost > 0n ? 'warn' : 'dim')]);
  return facts;
}

/** The filter of all traffic. */
function mainRow({ rows, target }: InterfaceScene): InterfaceScene['rows'][number] | null {
  const main = target.host.info?.filters.find(({ expression }) => expression === '')?.id;
  return rows.find(({ id }) => id === main) ?? rows[0] ?? null;
}

function share(value: number): string {
  const percent = value * 100;
  if (percent > 0 && percent < 0.5) return '<1%';
  return `${percent.toFixed(0)}%`;
}

/** How old the numbers are. */
function ageOf(scene: Scene): Span | null {
  if (scene.kind !== 'interface' || scene.target.counted === null) return null;
  const age = duration(scene.now - scene.target.counted.receivedAt);
  // Always as wide, so that nothing beside it moves.
  return span(age.padStart('0.4 s'.length), isLive(scene.liveness) ? 'dim' : STATE_STYLES[scene.liveness]);
}
