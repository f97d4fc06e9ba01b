/**
 * Who owns which register in a counting program.
 *
 *     r0      A of the classic program        r6   context: struct __sk_buff or struct xdp_md
 *     r1      X                               r7   counters of the packet's size bucket
 *     r2–r4   free for a step                 r8   the first bytes of the packet
 *     r5      wire length in the fast form;   r9   length without a lifted VLAN tag (general form: a field)
 *             free for a step in the general
 */
import { R5, R6, R7, R8, R9, type Register } from '../isa/instruction.ts';

export const CONTEXT: Register = R6;
export const COUNTERS: Register = R7;
export const PACKET: Register = R8;
export const LENGTH: Register = R9;
export const WIRE_LENGTH: Register = R5;
