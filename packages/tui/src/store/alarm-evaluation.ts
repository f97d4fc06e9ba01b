import type { FilterCounts, Stats } from '@ifcast/protocol';

import type { Alarm, AlarmQuantity, AlarmRule, Alarms } from './alarms.ts';
import type { JournalWriter } from './journal.ts';
import { type Host, interfaceKey } from './state.ts';
import { labelOf, mainFilterId } from './targets.ts';

/** The alarms after a broadcast. A rate that is not known breaks no rule. */
export function alarmsAfter(
  before: Alarms,
  host: Host,
  iface: string,
  stats: Stats,
  at: number,
  journal: JournalWriter,
): Alarms {
  let pending: Map<string, Alarm> | null = null;
  for (const [index, rule] of before.rules.entries()) {
    if (!(isFor(rule.host, host.host) && isFor(rule.iface, iface))) continue;
    const ofInterface = interfaceKey(host.host, iface);
    const key = `${index} ${ofInterface}`;
    const known = before.pending.get(key);
    const broken = isBroken(rule, host, iface, stats);
    if (!broken) {
      if (known === undefined) continue;
      pending ??= new Map(before.pending);
      pending.delete(key);
      if (known.raised) tellOver(known, at, 'is over', journal);
      continue;
    }
    // A broadcast tells the mean of the time before it.
    const since = known?.since ?? at - stats.interval_ms;
    const raised = at - since >= rule.forMs;
    if (known !== undefined && known.raised === raised) continue;
    const subject = labelOf(host, iface);
    pending ??= new Map(before.pending);
    pending.set(key, { rule, interfaceKey: ofInterface, subject, since, raised });
    if (raised) {
      journal.write({ at, kind: 'alarm', subject, text: `ALARM: ${rule.text}`, bell: rule.bell });
    }
  }
  return pending === null ? before : { ...before, pending };
}

/** The alarms without those of interfaces whose rates are not known now. */
export function alarmsOfLive(
  before: Alarms,
  isLive: (interfaceKey: string) => boolean,
  at: number,
  journal: JournalWriter,
): Alarms {
  const gone = [...before.pending].filter(([, { interfaceKey }]) => !isLive(interfaceKey));
  if (gone.length === 0) return before;
  const pending = new Map(before.pending);
  for (const [key, alarm] of gone) {
    pending.delete(key);
    if (alarm.raised) tellOver(alarm, at, 'is not known any more', journal);
  }
  return { ...before, pending };
}

function tellOver({ rule, subject }: Alarm, at: number, what: string, journal: JournalWriter): void {
  journal.write({ at, kind: 'alarm-over', subject, text: `the alarm ${what}: ${rule.text}` });
}

function isFor(wanted: string, level: string): boolean {
  return wanted === '+' || wanted === level;
}

function isBroken(rule: AlarmRule, host: Host, iface: string, stats: Stats): boolean {
  const counts = countsOf(rule, host, stats);
  const value = counts === null ? null : rateOf(rule.quantity, counts, host, iface);
  if (value === null) return false;
  return rule.when === 'above' ? value > rule.limit : value < rule.limit;
}

function countsOf({ filter }: AlarmRule, { info }: Host, { filters }: Stats): FilterCounts | null {
  const wanted = filter ?? mainFilterId(info);
  if (wanted === null) return filters[0] ?? null;
  const id = info?.filters.find(({ name }) => name === wanted)?.id ?? wanted;
  return filters.find((counts) => counts.id === wanted) ?? filters.find((counts) => counts.id === id) ?? null;
}

function rateOf(quantity: AlarmQuantity, counts: FilterCounts, { info }: Host, iface: string): number | null {
  if (quantity !== 'link_share') return counts[quantity];
  const speed = info?.interfaces.find(({ topic }) => topic === iface)?.link_mbit_per_s ?? null;
  return speed === null || speed === 0 || counts.bits_per_s === null
    ? null
    : counts.bits_per_s / (speed * 1e6);
}
