import type { ReactElement } from 'react';

import type { FilterRow } from '../shown/filter-rows.ts';
import type { Model } from '../shown/model.ts';
import type { InterfaceScene } from '../shown/scene.ts';
import { duration, exact, linkSpeed, rate } from '../text/format.ts';
import { justified, type Line, span } from '../text/line.ts';
import { Rows } from './rows.tsx';

export interface CaptionProps {
  readonly model: Model;
  readonly scene: InterfaceScene;
  readonly filter: FilterRow;
  readonly columns: number;
  /** 1, or 2 where there is room for how the interface is counted. */
  readonly rows: number;
}

/** What the selected filter counts, since when, in and out; and how. */
export function Caption(props: CaptionProps): ReactElement {
  return <Rows lines={caption(props)} rows={props.rows} />;
}

function caption({ model, scene, filter, columns, rows }: CaptionProps): Line[] {
  const { units } = model.view;
  const expression = filter.expression === '' ? 'every packet' : (filter.expression ?? '');
  const { directions } = filter;
  const ends = [span(sinceOf(model, scene), 'dim')];
  if (directions !== null) {
    const { inBitsPerS, outBitsPerS } = directions;
    ends.push(span(`in ${rate(inBitsPerS, units, false)}  out ${rate(outBitsPerS, units, false)}`));
  }
  const first = justified(
    [span(' '), span(filter.name, 'selected'), span(`  ${expression}`, 'dim')],
    ends,
    columns - 1,
  );
  return rows < 2 ? [first] : [first, [span(` ${factsOf(scene).join('  ')}`, 'dim')]];
}

function sinceOf({ view, settings }: Model, { target, now }: InterfaceScene): string {
  if (view.zero !== null)
    return `zeroed ${settings.timeOfDay(view.zero.at)} (${duration(now - view.zero.at)})  Z undoes`;
  const since = Date.parse(target.counted?.stats.since ?? '');
  return Number.isNaN(since) ? '' : `since ${settings.dayAndTime(since)} (${duration(now - since)})`;
}

function factsOf({ target: { counted, described } }: InterfaceScene): string[] {
  const facts: string[] = [];
  if (described !== null) {
    facts.push([described.backend, described.hook].filter(Boolean).join(' '));
    facts.push(described.packet === 'wire' ? 'wire packets' : 'captured packets');
    if (described.link_type !== null) facts.push(described.link_type);
    if (described.link_mbit_per_s !== null) facts.push(`${linkSpeed(described.link_mbit_per_s)}b/s`);
  }
  if (counted !== null) {
    const lost = counted.stats.dropped_total;
    facts.push(lost === null ? 'lost packets are not told' : `lost ${exact(lost)}`);
  }
  return facts;
}
