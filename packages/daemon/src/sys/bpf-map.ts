import { readFileSync } from 'node:fs';

import { addressOf, BPF_COMMAND, bpf, closeBpf, writeObjectName } from './bpf.ts';

/** `enum bpf_map_type` of linux/bpf.h. */
export const MAP_TYPE = { array: 2, perCpuArray: 6 } as const;

const MAP_CREATE_BYTES = 48;
const MAP_ELEM_BYTES = 32;

/** An array of 64-bit counters that every processor has its own copy of: one map entry, read by one system call. */
export class PerCpuCounters {
  readonly fd: number;
  /** Counters in the entry. */
  readonly length: number;
  readonly #cpus: number;
  readonly #values: BigUint64Array;
  readonly #key = Buffer.alloc(4);
  readonly #lookup = Buffer.alloc(MAP_ELEM_BYTES);

  /** @param fd - of the map, owned from here on */
  constructor(fd: number, length: number, cpus: number) {
    this.fd = fd;
    this.length = length;
    this.#cpus = cpus;
    this.#values = new BigUint64Array(length * cpus);
    this.#lookup.writeUInt32LE(fd, 0);
    this.#lookup.writeBigUInt64LE(addressOf(this.#key), 8);
    this.#lookup.writeBigUInt64LE(addressOf(new Uint8Array(this.#values.buffer)), 16);
  }

  /**
   * Adds up the counters of all processors.
   *
   * @param into - receives `length` sums
   * @throws {@link SysError}
   */
  read(into: BigUint64Array): void {
    bpf('read the counters', BPF_COMMAND.mapLookupElem, this.#lookup);
    into.fill(0n);
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      for (let i = 0; i < this.length; i++) into[i]! += this.#values[cpu * this.length + i]!;
    }
  }

  close(): void {
    closeBpf(this.fd);
  }
}

/**
 * Makes a map for `length` counters per processor, all 0.
 *
 * @throws {@link SysError}
 */
export function createPerCpuCounters(length: number): PerCpuCounters {
  return new PerCpuCounters(createMap(MAP_TYPE.perCpuArray, length * 8), length, possibleCpus());
}

/**
 * Makes a map of one entry, all 0.
 *
 * @param type - one of {@link MAP_TYPE}
 * @returns its file descriptor
 * @throws {@link SysError} `EPERM` without CAP_BPF
 */
export function createMap(type: number, valueBytes: number): number {
  const attr = Buffer.alloc(MAP_CREATE_BYTES);
  attr.writeUInt32LE(type, 0);
  attr.writeUInt32LE(4, 4); // key_size
  attr.writeUInt32LE(valueBytes, 8);
  attr.writeUInt32LE(1, 12); // max_entries
  writeObjectName(attr, 'ifcast', 28);
  return bpf('create an eBPF map', BPF_COMMAND.mapCreate, attr);
}

/** Processors the kernel keeps a copy for: more than there are where some could be plugged in. */
export function possibleCpus(): number {
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
