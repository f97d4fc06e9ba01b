import { duration, exact } from '../../text/format.ts';
import { type Line, span } from '../../text/line.ts';
import type { FilterRow } from './filter-rows.ts';
import type { Model } from './model.ts';
import type { InterfaceScene } from './scene.ts';

/** Two lines: what the selected filter counts, and how and since when the interface is counted. */
export function details(model: Model, scene: InterfaceScene, selected: FilterRow | null): Line[] {
  const lines: Line[] = [];
  if (selected?.expression != null) {
    const expression = selected.expression === '' ? 'every packet' : selected.expression;
    lines.push([span(' '), span(selected.name, 'selected'), span(`  ${expression}`, 'dim')]);
  }
  const facts = interfaceFacts(model, scene);
  if (facts.length > 0) lines.push([span(` ${facts.join('  ')}`, 'dim')]);
  return lines;
}

function interfaceFacts({ settings }: Model, { target, now }: InterfaceScene): string[] {
  const { counted, described } = target;
  const facts: string[] = [];
  if (counted !== null) {
    const since = Date.parse(counted.stats.since);
    if (!Number.isNaN(since)) facts.push(`since ${settings.timeOfDay(since)} (${duration(now - since)})`);
    const dropped = counted.stats.dropped_total;
    facts.push(dropped === null ? 'dropped ?' : `dropped ${exact(dropped)}`);
  }
  if (described !== null) {
    facts.push([described.backend, described.hook].filter(Boolean).join(' '));
    facts.push(described.packet === 'wire' ? 'wire packets' : 'captured packets');
    if (described.link_type !== null) facts.push(described.link_type);
    if (described.link_mbit_per_s !== null) facts.push(linkSpeed(described.link_mbit_per_s));
  }
  return facts;
}

function linkSpeed(mbitPerS: number): string {
  return mbitPerS >= 1000 ? `${Number((mbitPerS / 1000).toFixed(1))} Gb/s` : `${mbitPerS} Mb/s`;
}
