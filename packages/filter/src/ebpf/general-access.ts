import { loadBytesHelper, loadExtension, type ProgramHook } from './base/hook.ts';
import { CONTEXT, PACKET } from './base/registers.ts';
import { FIELD, forget, PREFIX_BYTES, pointInto, SLOT } from './base/scratch-layout.ts';
import { toHostOrder } from './fast-access.ts';
import {
  alu,
  alu32,
  call,
  type EbpfInstruction,
  jump,
  jumpIf,
  label,
  load,
  mov,
  mov32,
  R0,
  R1,
  R2,
  R3,
  R4,
  R10,
  store,
} from './isa/instruction.ts';
import { A, type AccessInstruction, type Exits, type PacketAccess, X } from './passes/emit-blocks.ts';

/** Jumps backward that a filter may take: headers that `protochain` walks. More than RFC 8200 allows a packet to have. */
export const MAX_LOOPS = 32;
const MAX_OFFSET = 0x7fff_ffff;

/**
 * The general form: any load, from the prefix in the scratch map where it lies there, by a helper elsewhere. It compares with
 * the length in the scratch map, so that the verifier does not tell states apart by what it has learnt of a register.
 *
 * @param loops - the filter walks a chain of headers: these no segmentation changes, and without CAP_PERFMON the verifier
 *   would follow every pointer into the prefix in every turn
 */
export function generalAccess(hook: ProgramHook, loops: boolean): PacketAccess {
  return {
    check: (length, exits) =>
      length > MAX_OFFSET
        ? [jump(exits.reject)]
        : [load(8, R2, PACKET, FIELD.length), jumpIf(R2, 'lt', length, exits.reject)],
    access: (instruction, place, exits) => access(hook, loops, instruction, place, exits),
    countLoop: (live, exits) => [
      load(8, R2, R10, SLOT.loops),
      alu('add', R2, 1),
      store(8, R10, SLOT.loops, R2),
      jumpIf(R2, 'gt', MAX_LOOPS, exits.reject),
      // Each turn is verified once if all ways come to it alike.
      ...live.flatMap(forget),
    ],
  };
}

function access(
  hook: ProgramHook,
  loops: boolean,
  instruction: AccessInstruction,
  place: string,
  exits: Exits,
): EbpfInstruction[] {
  switch (instruction.op) {
    case 'loadAbsolute': {
      const { size, offset } = instruction;
      if (offset + size <= PREFIX_BYTES) return [load(size, A, PACKET, offset), ...toHostOrder(size, A)];
      // The check before it has already left when the offset is beyond this.
      if (offset + size > MAX_OFFSET) return [];
      return [mov32(R2, offset), ...loadFar(hook, size, exits), ...toHostOrder(size, A)];
    }
    case 'loadIndirect':
      return loadIndirect(hook, loops, instruction, place, exits);
    case 'loadHeaderLength':
      return loadHeaderLength(hook, instruction.offset, exits);
    case 'assumeHeaderLength':
      throw new RangeError('the general form assumes nothing');
    case 'loadExtension':
      return loadExtension(hook, A, instruction.extension);
    case 'loadLength':
      return [load(8, instruction.register === 'A' ? A : X, PACKET, FIELD.length)];
    case 'loadScratch':
      return [load(8, instruction.register === 'A' ? A : X, PACKET, FIELD.scratch + 8 * instruction.index)];
    case 'storeScratch':
      return [store(8, PACKET, FIELD.scratch + 8 * instruction.index, instruction.register === 'A' ? A : X)];
  }
}

function loadIndirect(
  hook: ProgramHook,
  loops: boolean,
  { size, offset }: Extract<AccessInstruction, { op: 'loadIndirect' }>,
  place: string,
  exits: Exits,
): EbpfInstruction[] {
  // libpcap's bpf_filter takes an offset beyond the packet as outside it, and does not let the sum wrap.
  if (offset > MAX_OFFSET) return [jump(exits.reject)];
  return [
    mov32(R2, X),
    alu('add', R2, offset),
    mov(R3, R2),
    alu('add', R3, size),
    load(8, R4, PACKET, FIELD.length),
    jumpIf(R3, 'gt', R4, exits.reject),
    ...(loops ? [] : loadNear(size, place)),
    ...loadFar(hook, size, exits),
    label(`${place}.loaded`),
    ...toHostOrder(size, A),
  ];
}

/**
 * A = the bytes at offset r2 if they lie in the prefix, which has to be read there: the header of a segment differs from the
 * one in the packet.
 */
function loadNear(size: 1 | 2 | 4, place: string): EbpfInstruction[] {
  return [
    jumpIf(R2, 'gt', PREFIX_BYTES - size, `${place}.far`),
    ...pointInto(R3, R2),
    load(size, A, R3, 0),
    jump(`${place}.loaded`),
    label(`${place}.far`),
  ];
}

/** `X = 4 * (P[offset] & 0xf)`; A stays. */
function loadHeaderLength(hook: ProgramHook, offset: number, exits: Exits): EbpfInstruction[] {
  if (offset > MAX_OFFSET) return [];
  const read =
    offset < PREFIX_BYTES
      ? [load(1, X, PACKET, offset)]
      : [
          store(8, R10, SLOT.a, A),
          mov32(R2, offset),
          ...loadFar(hook, 1, exits),
          mov32(X, A),
          load(8, A, R10, SLOT.a),
        ];
  return [...read, alu32('and', X, 0xf), alu32('lsh', X, 2)];
}

/** A = the bytes at offset r2, which lie in the packet, in its own order; X stays. */
function loadFar(hook: ProgramHook, size: 1 | 2 | 4, exits: Exits): EbpfInstruction[] {
  return [
    store(8, R10, SLOT.x, X),
    load(8, R1, PACKET, FIELD.removedBytes),
    alu('add', R2, R1),
    mov(R1, CONTEXT),
    mov(R3, R10),
    alu('add', R3, SLOT.loaded),
    mov32(R4, size),
    call(loadBytesHelper(hook)),
    load(8, X, R10, SLOT.x),
    jumpIf(R0, 'ne', 0, exits.reject),
    load(size, A, R10, SLOT.loaded),
  ];
}
