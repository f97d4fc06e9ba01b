import type { Extension } from '../../bpf/instruction.ts';
import {
  alu,
  byteSwap,
  type EbpfInstruction,
  HELPER,
  load,
  mov,
  mov32,
  type Register,
} from '../isa/instruction.ts';
import { SK_BUFF, XDP_MD } from './kernel-context.ts';
import { CONTEXT, PACKET } from './registers.ts';
import { FIELD } from './scratch-layout.ts';

/** Where a counting program is attached; tcx has one program for each direction. */
export type ProgramHook = 'socket' | 'tcxIngress' | 'tcxEgress' | 'xdp';

/** What the hook wants returned so that the packet goes its way as if the program were not there. */
export const VERDICT: Readonly<Record<ProgramHook, number>> = {
  // Bytes to queue on the socket.
  socket: 0,
  // TCX_NEXT
  tcxIngress: -1,
  tcxEgress: -1,
  // XDP_PASS
  xdp: 2,
};

/** Where in the context the packet pointers lie; a socket filter has none. */
export function pointersIn(hook: ProgramHook): { readonly data: number; readonly dataEnd: number } {
  return hook === 'xdp' ? XDP_MD : SK_BUFF;
}

/** The helper that copies bytes of the packet: arguments context, offset, to, length; it returns 0 when it has. */
export function loadBytesHelper(hook: ProgramHook): number {
  return hook === 'xdp' ? HELPER.xdpLoadBytes : HELPER.skbLoadBytes;
}

/** PACKET_OUTGOING of linux/if_packet.h, which the kernel sets for taps only. */
const PACKET_OUTGOING = 4;
const PACKET_HOST = 0;

/** `register = ` 1 for a packet that goes out, 0 for one that comes in, without a branch where it has to be asked. */
export function isOutgoing(hook: ProgramHook, register: Register): EbpfInstruction[] {
  if (hook !== 'socket') return [mov(register, hook === 'tcxEgress' ? 1 : 0)];
  return [
    load(4, register, CONTEXT, SK_BUFF.packetType),
    alu('xor', register, PACKET_OUTGOING),
    // The sign: only 0 has one now.
    alu('sub', register, 1),
    alu('rsh', register, 63),
  ];
}

/** `register = ` what the kernel knows of the packet. An XDP program has lifted the VLAN tag itself. */
export function loadExtension(
  hook: ProgramHook,
  register: Register,
  extension: Extension,
): EbpfInstruction[] {
  if (hook === 'xdp') return loadXdpExtension(register, extension);
  switch (extension) {
    case 'packetType':
      if (hook === 'tcxEgress') return [mov32(register, PACKET_OUTGOING)];
      return [load(4, register, CONTEXT, SK_BUFF.packetType)];
    case 'ifindex':
      return [load(4, register, CONTEXT, SK_BUFF.ifindex)];
    case 'protocol':
      return [load(4, register, CONTEXT, SK_BUFF.protocol), byteSwap(16, register)];
    case 'vlanTag':
      return [load(4, register, CONTEXT, SK_BUFF.vlanTag)];
    case 'vlanTagPresent':
      return [load(4, register, CONTEXT, SK_BUFF.vlanPresent)];
    case 'vlanProtocol':
      return [load(4, register, CONTEXT, SK_BUFF.vlanProtocol), byteSwap(16, register)];
  }
}

function loadXdpExtension(register: Register, extension: Extension): EbpfInstruction[] {
  switch (extension) {
    case 'packetType':
      return [mov32(register, PACKET_HOST)];
    case 'ifindex':
      return [load(4, register, CONTEXT, XDP_MD.ifindex)];
    case 'protocol':
      throw new RangeError('an XDP program sees Ethernet only, whose protocol is in the frame');
    case 'vlanTag':
      return [load(8, register, PACKET, FIELD.vlanTag)];
    case 'vlanTagPresent':
      return [load(8, register, PACKET, FIELD.vlanPresent)];
    case 'vlanProtocol':
      return [load(8, register, PACKET, FIELD.vlanProtocol)];
  }
}
