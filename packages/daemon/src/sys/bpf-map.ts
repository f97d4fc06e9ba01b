import { readFileSync } from 'node:fs';

import type { LoadedMap, MapSpec } from '@ifcast/filter';

import { addressOf, BPF_COMMAND, bpf, closeBpf, writeObjectName } from './bpf.ts';

/** `enum bpf_map_type` of linux/bpf.h. */
const MAP_TYPE: Readonly<Record<MapSpec['type'], number>> = { array: 2, perCpuArray: 6 };

const MAP_CREATE_BYTES = 48;
const MAP_ELEM_BYTES = 32;

/** A map in the kernel, which a program uses and this process reads. */
export class BpfMap implements LoadedMap {
  readonly fd: number;
  readonly #name: string;
  readonly #values: BigUint64Array;
  readonly #key = Buffer.alloc(4);
  readonly #lookup = Buffer.alloc(MAP_ELEM_BYTES);

  private constructor(fd: number, { name, type, valueBytes }: MapSpec) {
    this.fd = fd;
    this.#name = name;
    // The kernel rounds every processor's copy up to 8 bytes.
    const copies = type === 'perCpuArray' ? possibleCpus() : 1;
    this.#values = new BigUint64Array(Math.ceil(valueBytes / 8) * copies);
    this.#lookup.writeUInt32LE(fd, 0);
    this.#lookup.writeBigUInt64LE(addressOf(this.#key), 8);
    this.#lookup.writeBigUInt64LE(addressOf(new Uint8Array(this.#values.buffer)), 16);
  }

  /**
   * Makes a map, all 0.
   *
   * @throws {@link SysError} `EPERM` without CAP_BPF
   */
  static create(spec: MapSpec): BpfMap {
    const attr = Buffer.alloc(MAP_CREATE_BYTES);
    attr.writeUInt32LE(MAP_TYPE[spec.type], 0);
    attr.writeUInt32LE(spec.keyBytes, 4);
    attr.writeUInt32LE(spec.valueBytes, 8);
    attr.writeUInt32LE(spec.entries, 12);
    writeObjectName(attr, `ifcast_${spec.name}`, 28);
    return new BpfMap(bpf(`create the eBPF map ${spec.name}`, BPF_COMMAND.mapCreate, attr), spec);
  }

  /** @throws {@link SysError} */
  read(index: number): BigUint64Array {
    this.#key.writeUInt32LE(index);
    bpf(`read the eBPF map ${this.#name}`, BPF_COMMAND.mapLookupElem, this.#lookup);
    return this.#values;
  }

  close(): void {
    closeBpf(this.fd);
  }
}

/** Processors the kernel keeps a copy for: more than there are where some could be plugged in. */
function possibleCpus(): number {
  return countCpus(readFileSync('/sys/devices/system/cpu/possible', 'utf8'));
}

/** The number of processors in a list such as `0-3,8`. */
export function countCpus(list: string): number {
  return list
    .trim()
    .split(',')
    .map((range) => range.split('-').map(Number))
    .reduce((sum, [first, last]) => sum + (last ?? first!) - first! + 1, 0);
}
