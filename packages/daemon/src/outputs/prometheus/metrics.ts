import type { InterfaceSnapshot } from '../../report/counts.ts';
import type { Description, InterfaceDescription, OutputDescription } from '../../report/description.ts';
import type { Vitals } from '../../report/vitals.ts';
import type { Label, MetricFamily, NumberSample } from './metric-family.ts';

/** All that metrics are made of. What it holds does not change: a scrape that takes long sees one moment. */
export interface Observation {
  readonly description: Description;
  /** The newest, of every interface. */
  readonly snapshots: readonly InterfaceSnapshot[];
  readonly vitals: Vitals | null;
  readonly outputs: readonly OutputDescription[];
}

/** The metrics of ifcast; docs/prometheus.md tells of each. */
export function* metrics({ description, snapshots, vitals, outputs }: Observation): Generator<MetricFamily> {
  yield packetSizes(description, snapshots);
  yield {
    name: 'ifcast_dropped_packets',
    type: 'counter',
    help: 'Packets that the capture has lost; absent where it cannot tell.',
    samples: snapshots.flatMap(({ iface, counts: { dropped, since } }): NumberSample[] =>
      dropped === null ? [] : [{ labels: [['interface', iface]], value: dropped, created: since }],
    ),
  };
  yield* interfaceMetrics(description.interfaces);
  yield {
    name: 'ifcast_filter',
    type: 'info',
    help: 'The filters: what people call them, and their tcpdump expressions.',
    samples: description.filters.map(({ id, name, expression }) => ({
      labels: [
        ['filter', id],
        ['name', name],
        ['expression', expression],
      ],
      value: 1,
    })),
  };
  yield {
    name: 'ifcast_build',
    type: 'info',
    help: 'The version of ifcast, and the name of the host that it counts on.',
    samples: [
      {
        labels: [
          ['version', description.version],
          ['host', description.host],
        ],
        value: 1,
      },
    ],
  };
  if (vitals !== null) {
    yield {
      name: 'ifcast_capture_restarts',
      type: 'counter',
      help: 'Times that counting on an interface was begun again.',
      samples: [{ labels: [], value: vitals.captureRestarts, created: description.startedAt }],
    };
  }
  yield* triggerMetrics(snapshots, description.startedAt);
  yield* outputMetrics(outputs, description.startedAt);
}

function packetSizes(
  { sizeUpperBounds: upperBounds }: Description,
  snapshots: readonly InterfaceSnapshot[],
): MetricFamily {
  return {
    name: 'ifcast_packet_size_bytes',
    type: 'histogram',
    unit: 'bytes',
    help: 'Sizes of the packets that a filter matched, link-layer header included; the sum is their bytes.',
    samples: snapshots.flatMap(({ iface, counts: { filters } }) =>
      filters.map(({ id, since, bytes, sizes }) => ({
        labels: [
          ['interface', iface],
          ['filter', id],
        ] as const,
        upperBounds,
        sizes,
        sum: bytes,
        created: since,
      })),
    ),
  };
}

function interfaceMetrics(interfaces: readonly InterfaceDescription[]): MetricFamily[] {
  return [
    {
      name: 'ifcast_interface_up',
      type: 'gauge',
      help: '1 while the packets of the interface are counted, otherwise 0.',
      samples: interfaces.map(({ name, state }) => ({
        labels: [['interface', name]],
        value: state === 'counting' ? 1 : 0,
      })),
    },
    {
      name: 'ifcast_interface',
      type: 'info',
      help: 'How the packets of the interface are counted.',
      samples: interfaces.map((iface) => ({ labels: interfaceLabels(iface), value: 1 })),
    },
  ];
}

function interfaceLabels({ name, backend, hook, packet, linkType }: InterfaceDescription): Label[] {
  return [
    ['interface', name],
    ['backend', backend],
    ['hook', hook ?? ''],
    ['packet', packet],
    ['link_type', linkType ?? ''],
  ];
}

function triggerMetrics(snapshots: readonly InterfaceSnapshot[], startedAt: Date): MetricFamily[] {
  const counter = (what: 'fired' | 'suppressed' | 'failed', help: string): MetricFamily => ({
    name: `ifcast_trigger_${what}`,
    type: 'counter',
    help,
    samples: snapshots.flatMap(({ iface, triggers = [] }) =>
      triggers.map((totals) => ({
        labels: [
          ['interface', iface],
          ['trigger', totals.id],
        ] as const,
        value: totals[what],
        created: startedAt,
      })),
    ),
  });
  return [
    counter('fired', 'Times that a trigger has fired.'),
    counter('suppressed', 'Times that a trigger would have fired while its command still ran.'),
    counter('failed', 'Commands of a trigger that failed, and messages that reached no broker.'),
  ];
}

/** What outputs tell of themselves: `ifcast_<output>_<what>`. */
function outputMetrics(outputs: readonly OutputDescription[], startedAt: Date): MetricFamily[] {
  return outputs.flatMap(({ name: output, gauges, counters }) => [
    ...(gauges ?? []).map(({ name, help, value }): MetricFamily => {
      return { name: `ifcast_${output}_${name}`, type: 'gauge', help, samples: [{ labels: [], value }] };
    }),
    ...(counters ?? []).map(({ name, help, value }): MetricFamily => {
      const samples = [{ labels: [], value, created: startedAt }];
      return { name: `ifcast_${output}_${name}`, type: 'counter', help, samples };
    }),
  ]);
}
