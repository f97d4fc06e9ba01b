/** Runs the blocks of a classic BPF program one instruction at a time: slow, plain, and from the description alone. */
import type { PacketInfo } from '@ifcast/filter';

import type { AluOperator, Instruction, JumpIf } from '../../packages/filter/src/bpf/instruction.ts';
import type { Blocks } from '../../packages/filter/src/ebpf/passes/blocks.ts';

/** Whether a frame matches; `general` where an assumed header length does not hold, and the program cannot go on. */
export type Outcome = boolean | 'general';

class End extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super();
    this.outcome = outcome;
  }
}

/**
 * @param checks - lengths that each block checks at its start; a load that none of them has covered is a fault
 */
export function runBlocks(
  blocks: Blocks,
  checks: readonly number[],
  frame: Uint8Array,
  info: PacketInfo,
): Outcome {
  const registers = { A: 0, X: 0 };
  const scratch = new Array<number>(16).fill(0);
  let checked = 0;
  const value = (operand: number | 'X'): number => (operand === 'X' ? registers.X : operand);
  const bytes = (offset: number, size: number): number => {
    if (offset + size > frame.length) throw new End(false);
    return frame.subarray(offset, offset + size).reduce((sum, byte) => sum * 256 + byte, 0);
  };
  const fixed = (offset: number, size: number): number => {
    if (offset + size > checked)
      throw new Error(`a load at ${offset} is not covered by a check of ${checked}`);
    return bytes(offset, size);
  };
  try {
    for (let index = 0, steps = 0; steps < 10_000; steps++) {
      const { body, end } = blocks[index]!;
      if (checks[index]! > frame.length) return false;
      checked = Math.max(checked, checks[index]!);
      for (const instruction of body) {
        switch (instruction.op) {
          case 'loadAbsolute':
            registers.A = fixed(instruction.offset, instruction.size);
            break;
          case 'loadIndirect':
            registers.A = bytes(registers.X + instruction.offset, instruction.size);
            break;
          case 'loadHeaderLength':
            registers.X = 4 * (fixed(instruction.offset, 1) & 0xf);
            break;
          case 'assumeHeaderLength':
            if (4 * (fixed(instruction.offset, 1) & 0xf) !== instruction.length) return 'general';
            registers.X = instruction.length;
            break;
          case 'loadExtension':
            registers.A = extension(instruction, info);
            break;
          case 'loadConstant':
            registers[instruction.register] = instruction.value;
            break;
          case 'loadLength':
            registers[instruction.register] = info.untaggedLength;
            break;
          case 'loadScratch':
            registers[instruction.register] = scratch[instruction.index]!;
            break;
          case 'storeScratch':
            scratch[instruction.index] = registers[instruction.register];
            break;
          case 'transfer':
            if (instruction.to === 'A') registers.A = registers.X;
            else registers.X = registers.A;
            break;
          case 'negate':
            registers.A = -registers.A >>> 0;
            break;
          case 'alu':
            registers.A = compute(instruction.operator, registers.A, value(instruction.operand));
            break;
        }
      }
      switch (end.op) {
        case 'match':
          return true;
        case 'reject':
          return false;
        case 'matchIfA':
          return registers.A !== 0;
        case 'goto':
          index = end.target;
          break;
        case 'branch':
          index = holds(end.condition, registers.A, value(end.operand)) ? end.whenTrue : end.whenFalse;
          break;
      }
    }
    throw new Error('the program does not end');
  } catch (error) {
    if (error instanceof End) return error.outcome;
    throw error;
  }
}

function extension({ extension }: Extract<Instruction, { op: 'loadExtension' }>, info: PacketInfo): number {
  switch (extension) {
    case 'protocol':
    case 'packetType':
    case 'ifindex':
      return info[extension];
    case 'vlanTag':
      return info.vlan?.tci ?? 0;
    case 'vlanTagPresent':
      return info.vlan === null ? 0 : 1;
    case 'vlanProtocol':
      return info.vlan?.tpid ?? 0;
  }
}

function holds(condition: JumpIf['condition'], a: number, b: number): boolean {
  switch (condition) {
    case 'eq':
      return a === b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'set':
      return (a & b) !== 0;
  }
}

function compute(operator: AluOperator, a: number, b: number): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  if ((operator === 'div' || operator === 'mod') && b === 0) throw new End(false);
  const results: Readonly<Record<AluOperator, () => bigint>> = {
    add: () => x + y,
    sub: () => x - y,
    mul: () => x * y,
    div: () => x / y,
    mod: () => x % y,
    and: () => x & y,
    or: () => x | y,
    xor: () => x ^ y,
    lsh: () => (b < 32 ? x << y : 0n),
    rsh: () => (b < 32 ? x >> y : 0n),
  };
  return Number(BigInt.asUintN(32, results[operator]()));
}
