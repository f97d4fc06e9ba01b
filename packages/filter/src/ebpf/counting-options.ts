import type { ClassicProgram } from '../bpf/instruction.ts';
import type { MatchMeter, PassMeter } from '../meter/meter.ts';
import type { ProgramHook } from './base/hook.ts';

/**
 * What stands before the network header: an Ethernet header; nothing; nothing where libpcap makes up a header of 16 bytes
 * (LINKTYPE_LINUX_SLL); or something that is not looked into.
 */
export type Link = 'ethernet' | 'none' | 'cooked' | 'unknown';

/** What the packets of one interface are counted by. */
export interface CountingOptions {
  readonly hook: ProgramHook;
  /** Of every filter, as libpcap compiled it for the link type of `link`, on a live handle. */
  readonly classicPrograms: readonly ClassicProgram[];
  /** `wire`: a packet that GRO merged or GSO will cut counts as the packets on the wire. XDP cannot tell them. */
  readonly packet: 'wire' | 'captured';
  readonly link: Link;
  readonly matchMeter: MatchMeter;
  readonly passMeters?: readonly PassMeter[];
}
