import type { InterfaceSnapshot } from '../../report/counts.ts';
import { packetsOf } from '../../report/counts.ts';
import type { Description } from '../../report/description.ts';
import type { HistogramSample, MetricFamily } from './metric-family.ts';

/** promacct measures packets from the network header on. */
const ETHERNET_HEADER_BYTES = 14;

/** The sizes of all packets under the name that promacct gives them, from the first filter that counts every packet. */
export function promacctMetrics(
  { filters, sizeUpperBounds }: Description,
  snapshots: readonly InterfaceSnapshot[],
): MetricFamily {
  const everything = filters.find(({ expression }) => expression === '')?.id;
  const first = sizeUpperBounds.findIndex((bound) => bound > ETHERNET_HEADER_BYTES);
  const sample = ({ iface, counts }: InterfaceSnapshot): HistogramSample[] =>
    counts.filters
      .filter(({ id }) => id === everything)
      .map((totals) => ({
        labels: [['interface', iface]],
        upperBounds: sizeUpperBounds.slice(first).map((bound) => bound - ETHERNET_HEADER_BYTES),
        // What is shorter than a header has no bucket of its own there.
        sizes: [
          totals.sizes.slice(0, first + 1).reduce((sum, packets) => sum + packets, 0n),
          ...totals.sizes.slice(first + 1),
        ],
        sum: totals.bytes - BigInt(ETHERNET_HEADER_BYTES) * packetsOf(totals),
        created: totals.since,
      }));
  return {
    name: 'promacct_packet_size_bytes_all',
    type: 'histogram',
    help: 'Sizes of all packets without their Ethernet header, as promacct names them.',
    samples: snapshots.flatMap(sample),
  };
}
