/** A decoded program as `tcpdump -d` prints it: what the decoder read, in libpcap's words. */
import type { ClassicProgram, Instruction } from '@ifcast/filter';

import type { Extension, Operand } from '../../packages/filter/src/bpf/instruction.ts';
import { EXTENSION_SIZE } from './encode-program.ts';

const LOAD = { 1: 'ldb', 2: 'ldh', 4: 'ld' } as const;

/** libpcap's names of the SKF_AD_* of linux/filter.h. */
const EXTENSION_NAME: Readonly<Record<Extension, string>> = {
  protocol: 'proto',
  packetType: 'type',
  ifindex: 'ifidx',
  vlanTag: 'vlan_tci',
  vlanTagPresent: 'vlanp',
  vlanProtocol: 'vlan_tpid',
};

/** One line for each instruction. */
export function disassembleProgram(program: ClassicProgram): string {
  return program.map(line).join('\n');
}

function line(instruction: Instruction, index: number): string {
  const [name, operand] = parts(instruction, index);
  const text = `(${String(index).padStart(3, '0')}) ${name.padEnd(8)} `;
  if (instruction.op !== 'jumpIf') return text + operand;
  const { skipTrue, skipFalse } = instruction;
  return `${text}${operand.padEnd(16)} jt ${index + 1 + skipTrue}\tjf ${index + 1 + skipFalse}`;
}

function parts(instruction: Instruction, index: number): [name: string, operand: string] {
  switch (instruction.op) {
    case 'loadAbsolute':
      return [LOAD[instruction.size], `[${instruction.offset | 0}]`];
    case 'loadIndirect':
      return [LOAD[instruction.size], `[x + ${instruction.offset | 0}]`];
    case 'loadExtension': {
      const { extension } = instruction;
      return [LOAD[EXTENSION_SIZE[extension]], `[${EXTENSION_NAME[extension]}]`];
    }
    case 'loadConstant':
      return [instruction.register === 'A' ? 'ld' : 'ldx', hex(instruction.value)];
    case 'loadLength':
      return [instruction.register === 'A' ? 'ld' : 'ldx', '#pktlen'];
    case 'loadScratch':
      return [instruction.register === 'A' ? 'ld' : 'ldx', `M[${instruction.index}]`];
    case 'loadHeaderLength':
      return ['ldxb', `4*([${instruction.offset}]&0xf)`];
    case 'storeScratch':
      return [instruction.register === 'A' ? 'st' : 'stx', `M[${instruction.index}]`];
    case 'alu': {
      const { operator, operand } = instruction;
      const isMask = operator === 'and' || operator === 'or' || operator === 'xor';
      return [operator, isMask || operand === 'X' ? operandText(operand) : `#${operand | 0}`];
    }
    case 'negate':
      return ['neg', ''];
    case 'jump':
      return ['ja', String(index + 1 + instruction.skip)];
    case 'jumpIf':
      return [`j${instruction.condition}`, operandText(instruction.operand)];
    case 'return':
      return ['ret', instruction.value === 'A' ? '' : `#${instruction.value | 0}`];
    case 'transfer':
      return [instruction.to === 'X' ? 'tax' : 'txa', ''];
  }
}

function operandText(operand: Operand): string {
  return operand === 'X' ? 'x' : hex(operand);
}

function hex(value: number): string {
  return `#0x${value.toString(16)}`;
}
