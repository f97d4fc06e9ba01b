/** Runs a counting program on made-up packets in the kernel (BPF_PROG_TEST_RUN), one at a time. */
import {
  assemble,
  type ClassicProgram,
  countingProgram,
  type EbpfInstruction,
  type PacketInfo,
  type ProgramHook,
  SIZES_MAP,
  SizesMeter,
  SizesReader,
} from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';

import { closeBpf } from '../../packages/daemon/src/sys/bpf.ts';
import { BpfMap } from '../../packages/daemon/src/sys/bpf-map.ts';
import { BPF_F_XDP_HAS_FRAGS, loadProgram, PROGRAM_TYPE } from '../../packages/daemon/src/sys/bpf-program.ts';
import { SK_BUFF } from '../../packages/filter/src/ebpf/base/kernel-context.ts';
import { byteSwap, call, mov, R1, R2, R3, R6 } from '../../packages/filter/src/ebpf/isa/instruction.ts';
import type { PassMeter } from '../../packages/filter/src/meter/meter.ts';
import { SKB_VLAN_PUSH } from './kernel-helpers.ts';
import type { Counted } from './tcpdump.ts';
import { testRun } from './test-run.ts';

export const ALL_HOOKS: readonly ProgramHook[] = ['socket', 'tcxIngress', 'tcxEgress', 'xdp'];

const TYPE: Readonly<Record<ProgramHook, number>> = {
  socket: PROGRAM_TYPE.socketFilter,
  tcxIngress: PROGRAM_TYPE.schedCls,
  tcxEgress: PROGRAM_TYPE.schedCls,
  xdp: PROGRAM_TYPE.xdp,
};
const SK_BUFF_BYTES = 192;
const ETHERNET_HEADER_BYTES = 14;
/** IEEE 802: for local experiments. */
const ETHERTYPE_EXPERIMENTAL = 0x88b5;
const LOOPBACK_IFINDEX = 1;
// linux/if_ether.h
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

export interface KernelRunOptions {
  readonly hook: ProgramHook;
  readonly filters: readonly ClassicProgram[];
  readonly packet?: 'wire' | 'captured';
  readonly passMeters?: readonly PassMeter[];
  /** A tag that the kernel has lifted out of every frame; on tcx only. */
  readonly vlan?: { readonly tci: number; readonly tpid: number } | null;
}

/** A merged packet, as GRO and GSO tell it. */
export interface Merged {
  readonly gsoSize: number;
  readonly gsoSegments: number;
}

export class KernelRun {
  readonly #hook: ProgramHook;
  readonly #program: number;
  readonly #maps: ReadonlyMap<string, BpfMap>;
  readonly #sizes: SizesReader;
  readonly #context = Buffer.alloc(SK_BUFF_BYTES);
  /** Instructions, as the kernel counts them. */
  readonly instructions: number;

  constructor({ hook, filters, packet = 'captured', vlan = null, passMeters = [] }: KernelRunOptions) {
    this.#hook = hook;
    const shape = { filters: filters.length, sizeUpperBounds: DEFAULT_SIZE_UPPER_BOUNDS };
    const program = countingProgram({
      hook,
      classicPrograms: filters,
      packet,
      link: 'ethernet',
      matchMeter: new SizesMeter(shape),
      passMeters,
    });
    this.#maps = new Map(program.maps.map((spec) => [spec.name, BpfMap.create(spec)]));
    this.#sizes = new SizesReader(shape, this.map(SIZES_MAP));
    const descriptors = Object.fromEntries([...this.#maps].map(([name, { fd }]) => [name, fd]));
    const code = assemble([...(vlan === null ? [] : pushTag(vlan)), ...program.code], descriptors);
    this.instructions = code.byteLength / 8;
    this.#program = loadProgram({ type: TYPE[hook], code, flags: hook === 'xdp' ? BPF_F_XDP_HAS_FRAGS : 0 });
  }

  map(name: string): BpfMap {
    return this.#maps.get(name)!;
  }

  /** What one packet adds to the counters of each filter. */
  run(frame: Uint8Array, merged?: Merged): Counted[] {
    this.#testRun(frame, 1, merged);
    return this.#sizes
      .collect()
      .map(({ bytes, sizes }) => ({ packets: sizes.reduce((a, b) => a + b), bytes, sizes }));
  }

  /** Nanoseconds a run, the mean of many. */
  time(frame: Uint8Array, repeat: number): number {
    return this.#testRun(frame, repeat);
  }

  close(): void {
    closeBpf(this.#program);
    for (const map of this.#maps.values()) map.close();
  }

  #testRun(frame: Uint8Array, repeat: number, merged?: Merged): number {
    this.#context.writeUInt32LE(merged?.gsoSize ?? 0, SK_BUFF.gsoSize);
    this.#context.writeUInt32LE(merged?.gsoSegments ?? 0, SK_BUFF.gsoSegments);
    // For a socket filter the kernel takes an Ethernet header off first: let it have one more.
    const packet = this.#hook === 'socket' ? Buffer.concat([headerOf(frame), frame]) : frame;
    const context = this.#hook === 'xdp' ? {} : { context: this.#context };
    return testRun(this.#program, packet, { repeat, ...context }).nanoseconds;
  }
}

/** The addresses of the frame, which make its packet type, and an Ethernet type that the kernel does not look into. */
function headerOf(frame: Uint8Array): Buffer {
  const header = Buffer.alloc(ETHERNET_HEADER_BYTES);
  header.set(frame.subarray(0, ETHERNET_HEADER_BYTES - 2));
  header.writeUInt16BE(ETHERTYPE_EXPERIMENTAL, ETHERNET_HEADER_BYTES - 2);
  return header;
}

/** Whether the kernel lets a program of this hook run on the frame: not where an IP header would be cut short. */
export function canRun(hook: ProgramHook, frame: Uint8Array): boolean {
  if (frame.length <= ETHERNET_HEADER_BYTES) return false;
  if (hook === 'socket' || hook === 'xdp') return true;
  const type = (frame[12]! << 8) | frame[13]!;
  return frame.length >= ETHERNET_HEADER_BYTES + (type === 0x0800 ? 20 : type === 0x86dd ? 40 : 0);
}

/** The frame to send, and the frame and its metadata as the hook's program is shown them. */
export function asSeenAt(
  hook: ProgramHook,
  frame: Uint8Array,
  vlan: PacketInfo['vlan'],
): { sent: Uint8Array; frame: Uint8Array; info: PacketInfo } {
  const lifted = hook === 'xdp' ? liftTag(frame) : { frame, vlan };
  return {
    sent: frame,
    frame: lifted.frame,
    info: {
      untaggedLength: lifted.frame.length,
      packetType: packetType(hook, frame),
      protocol: protocol(hook, lifted.frame),
      ifindex: LOOPBACK_IFINDEX,
      vlan: lifted.vlan,
    },
  };
}

/** The same function's answer: values below 1536 are lengths of IEEE 802.3 frames. */
function protocol(hook: ProgramHook, frame: Uint8Array): number {
  if (hook === 'socket') return ETHERTYPE_EXPERIMENTAL;
  const type = (frame[12]! << 8) | frame[13]!;
  if (type >= 0x0600) return type;
  return frame[14] === 0xff && frame[15] === 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

/** As the kernel does for all hooks but XDP: a frame with a tag is 18 bytes or more. */
function liftTag(frame: Uint8Array): { frame: Uint8Array; vlan: PacketInfo['vlan'] } {
  const tpid = (frame[12]! << 8) | frame[13]!;
  if (frame.length < 18 || (tpid !== 0x8100 && tpid !== 0x88a8)) return { frame, vlan: null };
  const tci = (frame[14]! << 8) | frame[15]!;
  return { frame: Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]), vlan: { tci, tpid } };
}

/** eth_type_trans() of net/ethernet/eth.c, on loopback, whose own and whose broadcast address are 0. */
function packetType(hook: ProgramHook, frame: Uint8Array): number {
  if (hook === 'tcxEgress') return 4;
  if (hook === 'xdp') return 0;
  const destination = frame.subarray(0, 6);
  if ((destination[0]! & 1) !== 0) return 2;
  return destination.every((byte) => byte === 0) ? 0 : 3;
}

/** Puts a tag beside the frame, as a network card does. */
function pushTag({ tci, tpid }: { readonly tci: number; readonly tpid: number }): EbpfInstruction[] {
  return [mov(R6, R1), mov(R2, tpid), byteSwap(16, R2), mov(R3, tci), call(SKB_VLAN_PUSH), mov(R1, R6)];
}
