import {
  assemble,
  type ClassicProgram,
  countingProgram,
  type EbpfInstruction,
  formatProgram,
  type Link,
  type ProgramHook,
  SIZES_MAP,
  type SizeCounts,
  SizesMeter,
  SizesReader,
} from '@ifcast/filter';
import type { PacketKind } from '@ifcast/protocol';

import { closeBpf } from '../../sys/bpf.ts';
import { BpfMap } from '../../sys/bpf-map.ts';
import { BPF_F_XDP_HAS_FRAGS, loadProgram, PROGRAM_TYPE } from '../../sys/bpf-program.ts';
import { SysError } from '../../sys/sys-error.ts';

/** What is counted, as the kernel takes it. */
export interface CountingPlan {
  /** One program for each. */
  readonly hooks: readonly ProgramHook[];
  readonly classicPrograms: readonly ClassicProgram[];
  readonly sizeUpperBounds: readonly number[];
  readonly packet: PacketKind;
  readonly link: Link;
}

const E2BIG = 7;

const LOAD: Readonly<Record<ProgramHook, { readonly type: number; readonly flags: number }>> = {
  socket: { type: PROGRAM_TYPE.socketFilter, flags: 0 },
  tcxIngress: { type: PROGRAM_TYPE.schedCls, flags: 0 },
  tcxEgress: { type: PROGRAM_TYPE.schedCls, flags: 0 },
  xdp: { type: PROGRAM_TYPE.xdp, flags: BPF_F_XDP_HAS_FRAGS },
};

/** Programs in the kernel with the maps that they share. They count while something holds them attached. */
export class Counting {
  /** File descriptors, in the order of the plan's hooks. */
  readonly programFds: readonly number[];
  readonly #maps: readonly BpfMap[];
  readonly #sizes: SizesReader;

  private constructor(programFds: readonly number[], maps: readonly BpfMap[], sizes: SizesReader) {
    this.programFds = programFds;
    this.#maps = maps;
    this.#sizes = sizes;
  }

  /**
   * Loads the programs, attached to nothing yet.
   *
   * @param list - is told of every program; the listing is made when it is called for
   * @throws {@link SysError} `EPERM` without the capabilities, `E2BIG` for filters that are too large; {@link VerifierError}
   */
  static load(plan: CountingPlan, list: (listing: () => string) => void = () => {}): Counting {
    const { hooks, classicPrograms, sizeUpperBounds, packet, link } = plan;
    const shape = { filters: classicPrograms.length, sizeUpperBounds };
    const matchMeter = new SizesMeter(shape);
    const maps = new Map<string, BpfMap>();
    const programFds: number[] = [];
    try {
      for (const hook of hooks) {
        const program = countingProgram({ hook, classicPrograms, packet, link, matchMeter });
        list(() => formatProgram(program.code));
        // All hooks count into the same maps.
        for (const spec of program.maps) {
          if (!maps.has(spec.name)) maps.set(spec.name, BpfMap.create(spec));
        }
        programFds.push(loadProgram({ ...LOAD[hook], code: codeOf(program.code, maps) }));
      }
      const sizes = new SizesReader(shape, maps.get(SIZES_MAP)!);
      return new Counting(programFds, [...maps.values()], sizes);
    } catch (error) {
      programFds.forEach(closeBpf);
      for (const map of maps.values()) map.close();
      throw error;
    }
  }

  /**
   * What each filter has counted since the last call.
   *
   * @throws {@link SysError}
   */
  collect(): SizeCounts[] {
    return this.#sizes.collect();
  }

  /** Lets go of programs and maps; what is still attached goes on without being heard of. */
  close(): void {
    this.programFds.forEach(closeBpf);
    for (const map of this.#maps) map.close();
  }
}

function codeOf(program: readonly EbpfInstruction[], maps: ReadonlyMap<string, BpfMap>): Uint8Array {
  const descriptors = Object.fromEntries([...maps].map(([name, { fd }]) => [name, fd]));
  try {
    return assemble(program, descriptors);
  } catch (cause) {
    // A jump reaches 32,767 instructions.
    if (cause instanceof RangeError) throw new SysError('assemble the eBPF program', E2BIG, { cause });
    throw cause;
  }
}
