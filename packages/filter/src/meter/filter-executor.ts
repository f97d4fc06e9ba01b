import type { Predicate } from '../bpf/packet-info.ts';
import type { MeteredPacket, PacketMeter } from './meter.ts';

/** A filter in JavaScript, and what meters know it by. */
export interface ExecutedFilter {
  readonly filter: number;
  /** `null`: every packet that comes here has matched it already. */
  readonly matches: Predicate | null;
}

/** Asks the filters for a packet, and tells the meters which have matched. */
export function executeFilters(
  filters: readonly ExecutedFilter[],
  meters: readonly PacketMeter[],
  packet: MeteredPacket,
): void {
  for (const meter of meters) meter.begin(packet);
  for (const { filter, matches } of filters) {
    if (matches !== null && !matches(packet.data, packet.info)) continue;
    for (const meter of meters) meter.match(filter);
  }
}
