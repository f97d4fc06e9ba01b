import { expressionOf, type FilterConditions } from '@ifcast/filter';

import type { FilterConfig } from './config.ts';
import { MAX_FILTERS, type PortRange, type Protocol } from './filter-checks.ts';
import type { Place } from './place.ts';

/** The keys of one `[[filter]]`, each checked by itself; `null` is "not set". */
export interface FilterValues {
  readonly id: string | null;
  readonly name: string | null;
  readonly enabled: boolean;
  readonly proto: Protocol;
  readonly ip: readonly string[] | null;
  readonly src_ip: readonly string[] | null;
  readonly dst_ip: readonly string[] | null;
  readonly port: readonly PortRange[] | null;
  readonly src_port: readonly PortRange[] | null;
  readonly dst_port: readonly PortRange[] | null;
  readonly direction: 'both' | 'in' | 'out';
  readonly match: string | null;
}

const PORT_KEYS = ['port', 'src_port', 'dst_port'] as const;
const CONDITION_KEYS = ['ip', 'src_ip', 'dst_ip', ...PORT_KEYS] as const;
const PROTOCOLS_WITH_PORTS: readonly Protocol[] = ['any', 'tcp', 'udp', 'sctp', 6, 17, 132];

/** The filters, checked against each other and each for conditions that do not go together. */
export function filterConfigs(filters: readonly FilterValues[], place: Place): readonly FilterConfig[] {
  if (filters.length === 0) place.fault('there is no filter: give one to five, or leave the key out');
  if (filters.length > MAX_FILTERS) {
    place
      .at(MAX_FILTERS)
      .fault(`this is filter ${MAX_FILTERS + 1} of ${filters.length}: at most ${MAX_FILTERS} are counted`);
  }
  return filters.map((filter, index) => {
    const at = place.at(index);
    const id = filter.id ?? '';
    const first = filters.findIndex((other) => other.id === filter.id);
    if (filter.id !== null && first < index) {
      at.at('id').fault(`filter[${first}] has the id "${id}" already: give each filter one of its own`);
    }
    const conditions = conditionsOf(filter, at);
    return {
      id,
      name: filter.name ?? id,
      enabled: filter.enabled,
      conditions,
      expression: expressionOf(conditions),
    };
  });
}

function conditionsOf(filter: FilterValues, place: Place): FilterConditions {
  const given = CONDITION_KEYS.filter((name) => filter[name] !== null);
  if (filter.match !== null) {
    const others = [
      ...given,
      ...(filter.proto === 'any' ? [] : ['proto']),
      ...(filter.direction === 'both' ? [] : ['direction']),
    ];
    for (const name of others)
      place.at(name).fault('"match" stands alone: write this condition into the expression');
    return { match: filter.match };
  }
  if (!PROTOCOLS_WITH_PORTS.includes(filter.proto)) {
    for (const name of PORT_KEYS.filter((key) => filter[key] !== null)) {
      place
        .at(name)
        .fault(
          `proto ${JSON.stringify(filter.proto)} has no ports: use any, tcp, udp or sctp, or leave ${name} out`,
        );
    }
  }
  return {
    ...(filter.proto !== 'any' && { proto: filter.proto }),
    ...(filter.ip !== null && { ip: filter.ip }),
    ...(filter.src_ip !== null && { srcIp: filter.src_ip }),
    ...(filter.dst_ip !== null && { dstIp: filter.dst_ip }),
    ...(filter.port !== null && { port: filter.port }),
    ...(filter.src_port !== null && { srcPort: filter.src_port }),
    ...(filter.dst_port !== null && { dstPort: filter.dst_port }),
    ...(filter.direction !== 'both' && { direction: filter.direction }),
  };
}
