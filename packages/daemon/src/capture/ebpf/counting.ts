import {
  assemble,
  type ClassicProgram,
  type CountingMaps,
  type CountingOptions,
  counterIndex,
  counterLength,
  countingProgram,
  disassemble,
  formatProgram,
  type Link,
  type ProgramHook,
  SCRATCH_BYTES,
} from '@ifcast/filter';
import type { PacketKind } from '@ifcast/protocol';

import { closeBpf } from '../../sys/bpf.ts';
import { createMap, createPerCpuCounters, MAP_TYPE, type PerCpuCounters } from '../../sys/bpf-map.ts';
import { BPF_F_XDP_HAS_FRAGS, loadProgram, PROGRAM_TYPE } from '../../sys/bpf-program.ts';
import { SysError } from '../../sys/sys-error.ts';

/** What is counted, as the kernel takes it. */
export interface CountingPlan {
  /** One program for each. */
  readonly hooks: readonly ProgramHook[];
  readonly classicPrograms: readonly ClassicProgram[];
  readonly sizeUpperBounds: readonly number[];
  readonly count: PacketKind;
  readonly link: Link;
}

const KEY_BYTES = 8;
const E2BIG = 7;

const LOAD: Readonly<Record<ProgramHook, { readonly type: number; readonly flags: number }>> = {
  socket: { type: PROGRAM_TYPE.socketFilter, flags: 0 },
  tcxIngress: { type: PROGRAM_TYPE.schedCls, flags: 0 },
  tcxEgress: { type: PROGRAM_TYPE.schedCls, flags: 0 },
  xdp: { type: PROGRAM_TYPE.xdp, flags: BPF_F_XDP_HAS_FRAGS },
};

/** Programs in the kernel with the counters that they share. They count while something holds them attached. */
export class Counting {
  /** File descriptors, in the order of the plan's hooks. */
  readonly programFds: readonly number[];
  readonly #plan: CountingPlan;
  readonly #counters: PerCpuCounters;
  readonly #now: BigUint64Array;
  #before: BigUint64Array;

  private constructor(plan: CountingPlan, programFds: readonly number[], counters: PerCpuCounters) {
    this.programFds = programFds;
    this.#plan = plan;
    this.#counters = counters;
    this.#now = new BigUint64Array(counters.length);
    this.#before = new BigUint64Array(counters.length);
  }

  /**
   * Loads the programs, attached to nothing yet.
   *
   * @param debug - takes the listing of every program, line by line
   * @throws {@link SysError} `EPERM` without the capabilities, `E2BIG` for filters that are too large; {@link VerifierError}
   */
  static load(plan: CountingPlan, debug: (line: string) => void = () => {}): Counting {
    const { classicPrograms, sizeUpperBounds } = plan;
    const opened: number[] = [];
    const keep = (fd: number): number => {
      opened.push(fd);
      return fd;
    };
    try {
      const counters = createPerCpuCounters(
        Math.max(1, counterLength(classicPrograms.length, sizeUpperBounds.length)),
      );
      keep(counters.fd);
      const maps: CountingMaps = {
        counters: counters.fd,
        scratch: keep(createMap(MAP_TYPE.perCpuArray, SCRATCH_BYTES)),
        key: keep(createMap(MAP_TYPE.array, KEY_BYTES)),
      };
      const programFds = plan.hooks.map((hook) => {
        const code = codeOf({ ...plan, hook, maps });
        for (const line of formatProgram(disassemble(code)).split('\n')) debug(line);
        return keep(loadProgram({ ...LOAD[hook], code }));
      });
      // The programs hold the maps.
      closeBpf(maps.scratch);
      closeBpf(maps.key);
      return new Counting(plan, programFds, counters);
    } catch (error) {
      opened.forEach(closeBpf);
      throw error;
    }
  }

  /**
   * Tells what has been counted since the last call.
   *
   * @param add - called for every filter: its index, bytes, and packets per size bucket
   * @throws {@link SysError}
   */
  collect(add: (filter: number, bytes: bigint, sizes: readonly bigint[]) => void): void {
    const { classicPrograms, sizeUpperBounds } = this.#plan;
    this.#counters.read(this.#now);
    classicPrograms.forEach((_, filter) => {
      let bytes = 0n;
      const sizes: bigint[] = [];
      for (let bucket = 0; bucket <= sizeUpperBounds.length; bucket++) {
        const at = counterIndex(classicPrograms.length, bucket, filter);
        bytes += this.#now[at]! - this.#before[at]!;
        sizes.push(this.#now[at + 1]! - this.#before[at + 1]!);
      }
      add(filter, bytes, sizes);
    });
    this.#before.set(this.#now);
  }

  /** Lets go of programs and counters; what is still attached goes on without being heard of. */
  close(): void {
    this.programFds.forEach(closeBpf);
    this.#counters.close();
  }
}

function codeOf(options: CountingOptions): Uint8Array {
  const program = countingProgram(options);
  try {
    return assemble(program);
  } catch (cause) {
    // A jump reaches 32,767 instructions.
    if (cause instanceof RangeError) throw new SysError('assemble the eBPF program', E2BIG, { cause });
    throw cause;
  }
}
