import { loadExtension, type ProgramHook, pointersIn } from './base/hook.ts';
import { CONTEXT, LENGTH, PACKET } from './base/registers.ts';
import { PREFIX_BYTES, SLOT } from './base/scratch-layout.ts';
import {
  alu,
  alu32,
  byteSwap,
  type EbpfInstruction,
  jump,
  jumpIf,
  jumpIf32,
  load,
  mov,
  mov32,
  R2,
  R3,
  R10,
  type Register,
  store,
} from './isa/instruction.ts';
import { A, type AccessInstruction, type PacketAccess, X } from './passes/emit-blocks.ts';

/**
 * The fast form: loads at fixed offsets from the front of the packet, and no calls. What it cannot do it leaves to the
 * general form, which begins the filter again.
 *
 * @param general - label of the general form of this filter
 */
export function fastAccess(hook: ProgramHook, general: string): PacketAccess {
  return {
    check: (length, exits) => {
      if (length > PREFIX_BYTES) return [jump(general)];
      if (hook === 'socket') return [jumpIf(LENGTH, 'lt', length, exits.reject)];
      // Bytes past the linear part may still be in the packet: the general form knows.
      return [
        load(4, R2, CONTEXT, pointersIn(hook).dataEnd),
        mov(R3, PACKET),
        alu('add', R3, length),
        jumpIf(R3, 'gt', R2, general),
      ];
    },
    access: (instruction) => access(hook, instruction, general),
    countLoop: () => [jump(general)],
  };
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
      return [load(8, instruction.register === 'A' ? A : X, R10, slotOf(instruction.index))];
    case 'storeScratch':
      return [store(8, R10, slotOf(instruction.index), instruction.register === 'A' ? A : X)];
    case 'loadIndirect':
    case 'loadHeaderLength':
      return [jump(general)];
  }
}

/** The packet is big-endian. */
export function toHostOrder(size: 1 | 2 | 4, register: Register): EbpfInstruction[] {
  return size === 1 ? [] : [byteSwap(size === 2 ? 16 : 32, register)];
}

function slotOf(index: number): number {
  return SLOT.scratch - 8 * index;
}
