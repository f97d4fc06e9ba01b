/** A meter that keeps what it was told of the last pass, and sums: what every meter can rely on. */
import type { EbpfInstruction, Headers, LoadedMap, MapSpec } from '@ifcast/filter';

import { lookUpFirst } from '../../packages/filter/src/ebpf/base/look-up.ts';
import { PACKET } from '../../packages/filter/src/ebpf/base/registers.ts';
import { FIELD, headerField } from '../../packages/filter/src/ebpf/base/scratch-layout.ts';
import { alu, label, load, R0, R1, R2, store } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import { HEADER_FIELDS } from '../../packages/filter/src/headers/header-walk.ts';
import { unlessMatched } from '../../packages/filter/src/meter/matched-filters.ts';
import type { PassMeter, PassPlace } from '../../packages/filter/src/meter/meter.ts';

/** Where sums and matches lie in the map's entry; the headers follow. */
const AT = { packets: 0, bytes: 8, matched: 16, headers: 24 } as const;

export interface Probed {
  readonly packets: bigint;
  readonly bytes: bigint;
  /** Filters that have matched, of those asked about. */
  readonly matched: readonly number[];
  readonly headers: Headers;
}

export class ProbeMeter implements PassMeter {
  readonly needsHeaders = true;
  readonly scratchBytes = 8;
  readonly filters: readonly number[];
  readonly #map: string;

  constructor(filters: readonly number[], map = 'probe') {
    this.filters = filters;
    this.#map = map;
  }

  get maps(): readonly MapSpec[] {
    const valueBytes = AT.headers + 8 * HEADER_FIELDS.length;
    return [{ name: this.#map, type: 'array', keyBytes: 4, valueBytes, entries: 1 }];
  }

  emit({ scratch, label: place }: PassPlace): EbpfInstruction[] {
    return [
      store(8, PACKET, scratch, 0),
      ...this.filters.flatMap((filter) => [
        ...unlessMatched(filter, `${place}.not${filter}`),
        load(8, R1, PACKET, scratch),
        alu('or', R1, 1 << filter),
        store(8, PACKET, scratch, R1),
        label(`${place}.not${filter}`),
      ]),
      ...lookUpFirst(this.#map),
      ...add(AT.packets, FIELD.packets),
      ...add(AT.bytes, FIELD.bytes),
      load(8, R1, PACKET, scratch),
      store(8, R0, AT.matched, R1),
      ...HEADER_FIELDS.flatMap((field, index) => [
        load(8, R1, PACKET, headerField(field)),
        store(8, R0, AT.headers + 8 * index, R1),
      ]),
    ];
  }

  read(map: LoadedMap): Probed {
    const values = map.read(0);
    const matched = Number(values[AT.matched / 8]);
    const headers = HEADER_FIELDS.map((field, index) => [
      field,
      Number(BigInt.asIntN(64, values[AT.headers / 8 + index]!)),
    ]);
    return {
      packets: values[AT.packets / 8]!,
      bytes: values[AT.bytes / 8]!,
      matched: this.filters.filter((filter) => (matched & (1 << filter)) !== 0),
      headers: Object.fromEntries(headers) as Headers,
    };
  }
}

function add(to: number, field: number): EbpfInstruction[] {
  return [load(8, R1, R0, to), load(8, R2, PACKET, field), alu('add', R1, R2), store(8, R0, to, R1)];
}
