import type { FilterCounts } from '@ifcast/protocol';
import { isLive, type Liveness, livenessOf } from './liveness.ts';
import type { State } from './state.ts';
import { mainFilterId, type Target, targetsOf } from './targets.ts';

/** What the list of hosts is sorted by: a column of it, or how long ago the last broadcast came. */
export type Sort = 'rate' | 'packets' | 'bytes' | 'average' | 'lost' | 'name' | 'state' | 'age';

export const SORTS: readonly Sort[] = ['rate', 'packets', 'bytes', 'average', 'lost', 'name', 'state', 'age'];

/** What the order of the list depends on. */
export interface Order {
  readonly sort: Sort;
  readonly reversed: boolean;
  /** Name of the filter whose numbers are compared; `null`: the one of all traffic. */
  readonly filter: string | null;
}

/** An order that changes more often cannot be read. */
const RANK_EVERY_MS = 5_000;
/** What the rates are averaged over: neighbours that are about equal shall not change places at every moment. */
const MEAN_SECONDS = 10;

/** More names than that are no choice any more. */
const MAX_FILTER_NAMES = 64;

/** Keeps the order of the list, which is made anew only from time to time, so that rows do not jump. */
export class Ranking {
  #order: readonly string[] = [];
  #rankedAt = Number.NEGATIVE_INFINITY;
  #members = 0;
  #by: Order | null = null;

  /**
   * Keys of the interfaces in their order.
   *
   * @param frozen - keep the order, whatever happens; interfaces that are new come last
   */
  order(state: State, by: Order, frozen: boolean, now: number): readonly string[] {
    const asked = this.#by === null || !isSame(by, this.#by);
    const members = state.hosts.size + state.interfaces.size;
    const due = now - this.#rankedAt >= RANK_EVERY_MS || now < this.#rankedAt;
    if (asked || (!frozen && (due || members !== this.#members))) {
      this.#order = ranked(state, by, now);
      this.#rankedAt = now;
      this.#members = members;
      this.#by = by;
    }
    return this.#order;
  }
}

function isSame(a: Order, b: Order): boolean {
  return a.sort === b.sort && a.reversed === b.reversed && a.filter === b.filter;
}

/** Largest first; names from A to Z. What has no such number comes last. */
function ranked(state: State, { sort, reversed, filter }: Order, now: number): string[] {
  const targets = targetsOf(state);
  const keys = targets.map(({ key }) => key);
  if (sort !== 'name') {
    const values = new Map(
      targets.map((target) => [target.key, sortValue(state, target, sort, filter, now)]),
    );
    keys.sort((a, b) => values.get(b)! - values.get(a)!);
  }
  return reversed ? keys.reverse() : keys;
}

function sortValue(
  state: State,
  target: Target,
  sort: Exclude<Sort, 'name'>,
  filter: string | null,
  now: number,
): number {
  const { counted, host, iface } = target;
  if (sort === 'state') return GRAVITY.indexOf(livenessOf(state, host, iface, now));
  if (counted === null) return -1;
  if (sort === 'age') return now - counted.receivedAt;
  if (sort === 'lost') return Number(counted.stats.dropped_total ?? -1n);
  const counts = countsOf(target, filter);
  if (counts === null) return -1;
  if (sort === 'bytes') return Number(counts.bytes_total);
  if (sort === 'average') return averageOf(counts) ?? -1;
  if (!isLive(livenessOf(state, host, iface, now))) return -1;
  const quantity = sort === 'rate' ? 'bits' : 'packets';
  const known = counted.histories
    .get(counts.id)
    ?.series(quantity, now, 1_000, MEAN_SECONDS)
    .filter((value) => !Number.isNaN(value));
  if (known === undefined || known.length === 0) return 0;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** What needs somebody to look at it is the last of these, and the first of a list that is sorted by state. */
const GRAVITY: readonly Liveness[] = [
  'live',
  'replay',
  'expected',
  'waiting',
  'lost',
  'stale',
  'offline',
  'failed',
];

/**
 * The counts of one filter of an interface.
 *
 * @param filter - its name; `null`: the one of all traffic, as far as there is one
 */
export function countsOf({ host, counted }: Target, filter: string | null): FilterCounts | null {
  const filters = counted?.stats.filters ?? [];
  if (filter === null) {
    const main = mainFilterId(host.info);
    return filters.find(({ id }) => id === main) ?? filters[0] ?? null;
  }
  const described = host.info?.filters.find(({ name }) => name === filter);
  return filters.find(({ id }) => id === (described?.id ?? filter)) ?? null;
}

/** Bytes of a packet in the mean; `null` without packets. */
export function averageOf({ packets_total: packets, bytes_total: bytes }: FilterCounts): number | null {
  return packets === 0n ? null : Number(bytes) / Number(packets);
}

/** The names of the filters of all hosts, those that are told first come first. */
export function filterNames(state: State): string[] {
  const names = new Set<string>();
  for (const { info } of state.hosts.values()) {
    for (const { name } of info?.filters ?? []) if (names.size < MAX_FILTER_NAMES) names.add(name);
  }
  return [...names];
}
