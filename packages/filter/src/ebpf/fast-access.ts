import { A, type AccessInstruction, type Exits, type PacketAccess, X } from './emit-blocks.ts';
import { LENGTH, PACKET, PACKET_END, PREFIX_BYTES, SLOT } from './frame.ts';
import { loadExtension, type ProgramHook } from './hook.ts';
import {
  alu,
  alu32,
  byteSwap,
  type EbpfInstruction,
  jump,
  jumpIf,
  jumpIf32,
  label,
  load,
  mov,
  mov32,
  R2,
  R10,
  type Register,
  store,
} from './instruction.ts';

/** Code that is put aside, to stand after all that is on the way of most packets. */
export type Aside = (code: readonly EbpfInstruction[]) => void;

/**
 * The fast form: loads at fixed offsets from the front of the packet, and no calls. What it cannot do it leaves to the
 * general form, which begins the filter again.
 *
 * @param general - label of the general form of this filter
 */
export function fastAccess(hook: ProgramHook, general: string, aside: Aside): PacketAccess {
  return {
    check: (length, exits) => {
      if (length > PREFIX_BYTES) return [jump(general)];
      if (hook === 'socket') return [jumpIf(LENGTH, 'lt', length, exits.reject)];
      return checkPointer(length, exits, general, aside);
    },
    access: (instruction) => access(hook, instruction, general),
    countLoop: () => [jump(general)],
  };
}

/** Bytes past the linear part may still be in the packet, or it may be too short for this filter. */
function checkPointer(length: number, exits: Exits, general: string, aside: Aside): EbpfInstruction[] {
  const short = `${exits.reject}.short${length}`;
  aside([label(short), jumpIf(LENGTH, 'lt', length, exits.reject), jump(general)]);
  return [mov(R2, PACKET), alu('add', R2, length), jumpIf(R2, 'gt', PACKET_END, short)];
}

function access(hook: ProgramHook, instruction: AccessInstruction, general: string): EbpfInstruction[] {
  switch (instruction.op) {
    case 'loadAbsolute':
      return [load(instruction.size, A, PACKET, instruction.offset), ...toHostOrder(instruction.size, A)];
    case 'assumeHeaderLength':
      return [
        load(1, R2, PACKET, instruction.offset),
        alu32('and', R2, 0xf),
        jumpIf32(R2, 'ne', instruction.length / 4, general),
        mov32(X, instruction.length),
      ];
    case 'loadExtension':
      return hook === 'xdp' && instruction.extension.startsWith('vlan')
        ? [mov32(A, 0)]
        : loadExtension(hook, A, instruction.extension);
    case 'loadLength':
      return [mov32(instruction.register === 'A' ? A : X, LENGTH)];
    case 'loadScratch':
      return loadScratch(instruction.register === 'A' ? A : X, instruction.index);
    case 'storeScratch':
      return storeScratch(instruction.register === 'A' ? A : X, instruction.index);
    case 'loadIndirect':
    case 'loadHeaderLength':
      return [jump(general)];
  }
}

/** The packet is big-endian. */
export function toHostOrder(size: 1 | 2 | 4, register: Register): EbpfInstruction[] {
  return size === 1 ? [] : [byteSwap(size === 2 ? 16 : 32, register)];
}

export function loadScratch(register: Register, index: number): EbpfInstruction[] {
  return [load(8, register, R10, SLOT.scratch - 8 * index)];
}

export function storeScratch(register: Register, index: number): EbpfInstruction[] {
  return [store(8, R10, SLOT.scratch - 8 * index, register)];
}
