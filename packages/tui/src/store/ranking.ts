import type { FilterCounts } from '@ifcast/protocol';
import { isLive, livenessOf } from './liveness.ts';
import type { State } from './state.ts';
import { mainFilterId, type Target, targetsOf } from './targets.ts';

/** What the list of hosts is sorted by. */
export type Sort = 'rate' | 'packets' | 'bytes' | 'name' | 'age';

export const SORTS: readonly Sort[] = ['rate', 'packets', 'bytes', 'name', 'age'];

/** An order that changes more often cannot be read. */
const RANK_EVERY_MS = 5_000;
/** What the rates are averaged over: neighbours that are about equal shall not change places at every moment. */
const MEAN_SECONDS = 10;

/** Keeps the order of the list, which is made anew only from time to time, so that rows do not jump. */
export class Ranking {
  #order: readonly string[] = [];
  #rankedAt = Number.NEGATIVE_INFINITY;
  #members = 0;
  #sort: Sort | null = null;
  #reversed = false;

  /**
   * Keys of the interfaces in their order.
   *
   * @param frozen - keep the order, whatever happens; interfaces that are new come last
   */
  order(state: State, sort: Sort, reversed: boolean, frozen: boolean, now: number): readonly string[] {
    const asked = sort !== this.#sort || reversed !== this.#reversed;
    const members = state.hosts.size + state.interfaces.size;
    const due = now - this.#rankedAt >= RANK_EVERY_MS || now < this.#rankedAt;
    if (asked || (!frozen && (due || members !== this.#members))) {
      this.#order = ranked(state, targetsOf(state), sort, reversed, now);
      this.#rankedAt = now;
      this.#members = members;
      this.#sort = sort;
      this.#reversed = reversed;
    }
    return this.#order;
  }
}

/** Largest first; names from A to Z. What is not live comes last where there is no rate to compare. */
function ranked(
  state: State,
  targets: readonly Target[],
  sort: Sort,
  reversed: boolean,
  now: number,
): string[] {
  const keys = targets.map(({ key }) => key);
  if (sort !== 'name') {
    const values = new Map(targets.map((target) => [target.key, sortValue(state, target, sort, now)]));
    keys.sort((a, b) => values.get(b)! - values.get(a)!);
  }
  return reversed ? keys.reverse() : keys;
}

function sortValue(state: State, target: Target, sort: Exclude<Sort, 'name'>, now: number): number {
  const { counted, host, iface } = target;
  if (counted === null) return -1;
  if (sort === 'age') return now - counted.receivedAt;
  const filter = mainCounts(target);
  if (filter === null) return -1;
  if (sort === 'bytes') return Number(filter.bytes_total);
  if (!isLive(livenessOf(state, host, iface, now))) return -1;
  const quantity = sort === 'rate' ? 'bits' : 'packets';
  const known = counted.histories
    .get(filter.id)
    ?.series(quantity, now, 1_000, MEAN_SECONDS)
    .filter((value) => !Number.isNaN(value));
  if (known === undefined || known.length === 0) return 0;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The counts of all traffic of an interface, as far as there is a filter for it. */
export function mainCounts({ host, counted }: Target): FilterCounts | null {
  const filters = counted?.stats.filters ?? [];
  const id = mainFilterId(host.info);
  return filters.find((filter) => filter.id === id) ?? filters[0] ?? null;
}
