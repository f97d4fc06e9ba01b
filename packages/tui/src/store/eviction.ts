import type { CopyOnWrite } from './copy-on-write.ts';
import { MIN_STALE_MS, STALE_INTERVALS } from './liveness.ts';
import { type CountedInterface, type Host, interfaceKey } from './state.ts';

/** A host that has told nothing for so long, and counts nothing, may make room for another. */
const FORGOTTEN_MS = 10_000;
/** So many are looked at for each newcomer; those that stay are looked at again after all others. */
const LOOK_AT = 64;

/**
 * Makes room for one more. What may go is looked for from the oldest on, and what may not becomes the newest, so that
 * every one is looked at in turn and no flood of names costs more than a few looks each (the clock algorithm).
 *
 * @param mayGo - whether this one can be missed
 * @returns `false` where there is no room and none of those looked at may go
 */
export function makeRoom<V>(map: CopyOnWrite<V>, limit: number, mayGo: (value: V) => boolean): boolean {
  if (map.size < limit) return true;
  const kept: (readonly [string, V])[] = [];
  let gone: string | null = null;
  for (const [key, value] of map.entries()) {
    if (mayGo(value)) {
      gone = key;
      break;
    }
    kept.push([key, value]);
    if (kept.length >= LOOK_AT) break;
  }
  for (const [key, value] of kept) {
    map.delete(key);
    map.set(key, value);
  }
  if (gone !== null) map.delete(gone);
  return gone !== null;
}

/** Whether the broadcasts of an interface have stopped. */
export function isSilent({ receivedAt, stats }: CountedInterface, now: number): boolean {
  return now - receivedAt > Math.max(MIN_STALE_MS, STALE_INTERVALS * stats.interval_ms);
}

/** Whether a host has told nothing lately and none of its interfaces broadcasts. */
export function isForgotten(
  { host, heardAt, info }: Host,
  counted: (key: string) => CountedInterface | undefined,
  now: number,
): boolean {
  if (now - heardAt <= FORGOTTEN_MS) return false;
  return (info?.interfaces ?? []).every(({ topic }) => {
    const one = counted(interfaceKey(host, topic));
    return one === undefined || isSilent(one, now);
  });
}
