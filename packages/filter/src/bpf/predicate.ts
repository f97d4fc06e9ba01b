import { successors } from './decode-program.ts';
import type { Alu, ClassicProgram, Instruction, JumpIf, LoadExtension, Operand } from './instruction.ts';
import type { Predicate } from './packet-info.ts';

/** Every header that `protochain` walks is 8 bytes or more: a packet of 64 KiB has no more of them than this. */
const MAX_BACKWARD_JUMPS = 8192;

/**
 * Translates a program to a JavaScript function: one `switch` whose cases are the program's jump targets, so that straight
 * code falls through and every jump is one dispatch.
 *
 * It decides as libpcap's `bpf_filter` does: a load outside the packet and a division by 0 make no match. Nothing but
 * numbers of the program gets into the generated text.
 *
 * @param program - validated by `decodeProgram`
 */
export function predicateOf(program: ClassicProgram): Predicate {
  return new Function('packet', 'info', sourceOf(program)) as Predicate;
}

/** The body of the function that {@link predicateOf} makes. */
export function sourceOf(program: ClassicProgram): string {
  const targets = jumpTargets(program);
  const lines = program.map((instruction, index) => {
    const label = targets.has(index) ? `case ${index}: ` : '';
    return label + translate(instruction, index, program);
  });
  return [
    'const length = packet.length;',
    `let A = 0, X = 0, at = 0, pc = 0, backward = ${MAX_BACKWARD_JUMPS};`,
    ...scratchWords(program).map((word) => `let M${word} = 0;`),
    'for (;;) switch (pc) { case 0:',
    ...lines,
    '}',
  ].join('\n');
}

/** Where jumps land that are not made into returns; 0 is the start. */
function jumpTargets(program: ClassicProgram): Set<number> {
  const targets = new Set<number>();
  program.forEach((instruction, index) => {
    if (instruction.op !== 'jump' && instruction.op !== 'jumpIf') return;
    for (const next of successors(instruction, index)) targets.add(next);
  });
  targets.delete(0);
  return targets;
}

function scratchWords(program: ClassicProgram): number[] {
  const words = program.flatMap((instruction) =>
    instruction.op === 'loadScratch' || instruction.op === 'storeScratch' ? [instruction.index] : [],
  );
  return [...new Set(words)];
}

function translate(instruction: Instruction, index: number, program: ClassicProgram): string {
  switch (instruction.op) {
    case 'loadAbsolute': {
      const { offset, size } = instruction;
      return `if (${offset + size} > length) return false; A = ${load(size, (i) => `packet[${offset + i}]`)};`;
    }
    case 'loadIndirect': {
      const { offset, size } = instruction;
      return `at = X + ${offset}; if (at + ${size} > length) return false; A = ${load(size, (i) => `packet[at + ${i}]`)};`;
    }
    case 'loadHeaderLength':
      return `if (${instruction.offset} >= length) return false; X = (packet[${instruction.offset}] & 15) << 2;`;
    case 'loadExtension':
      return `A = ${extension(instruction)};`;
    case 'loadConstant':
      return `${instruction.register} = ${instruction.value};`;
    case 'loadLength':
      return `${instruction.register} = info.untaggedLength;`;
    case 'loadScratch':
      return `${instruction.register} = M${instruction.index};`;
    case 'storeScratch':
      return `M${instruction.index} = ${instruction.register};`;
    case 'alu':
      return alu(instruction);
    case 'negate':
      return 'A = -A >>> 0;';
    case 'transfer':
      return instruction.to === 'X' ? 'X = A;' : 'A = X;';
    case 'return':
      return instruction.value === 'A' ? 'return A !== 0;' : `return ${instruction.value !== 0};`;
    case 'jump':
      return goTo(index, index + 1 + instruction.skip, program);
    case 'jumpIf': {
      const [whenTrue, whenFalse] = successors(instruction, index) as [number, number];
      const test = condition(instruction);
      if (whenTrue === whenFalse) return goTo(index, whenTrue, program);
      if (whenTrue === index + 1) return `if (!(${test})) ${goTo(index, whenFalse, program)}`;
      return `if (${test}) ${goTo(index, whenTrue, program)} ${goTo(index, whenFalse, program)}`;
    }
  }
}

/** A jump; one that lands on a constant return is that return, one to the next instruction is nothing. */
function goTo(index: number, target: number, program: ClassicProgram): string {
  if (target === index + 1) return '';
  const landing = program[target];
  if (landing?.op === 'return' && landing.value !== 'A') return `return ${landing.value !== 0};`;
  const bound = target <= index ? 'if (--backward < 0) return false; ' : '';
  return `{ ${bound}pc = ${target}; continue; }`;
}

function load(size: 1 | 2 | 4, byte: (index: number) => string): string {
  if (size === 1) return byte(0);
  if (size === 2) return `${byte(0)} << 8 | ${byte(1)}`;
  return `(${byte(0)} << 24 | ${byte(1)} << 16 | ${byte(2)} << 8 | ${byte(3)}) >>> 0`;
}

function extension({ extension }: LoadExtension): string {
  switch (extension) {
    case 'protocol':
    case 'packetType':
    case 'ifindex':
      return `info.${extension}`;
    case 'vlanTag':
      return 'info.vlan === null ? 0 : info.vlan.tci';
    case 'vlanTagPresent':
      return 'info.vlan === null ? 0 : 1';
    case 'vlanProtocol':
      return 'info.vlan === null ? 0 : info.vlan.tpid';
  }
}

function alu({ operator, operand }: Alu): string {
  switch (operator) {
    case 'add':
      return `A = A + ${operand} >>> 0;`;
    case 'sub':
      return `A = A - ${operand} >>> 0;`;
    case 'mul':
      return `A = Math.imul(A, ${operand}) >>> 0;`;
    case 'div':
      return `${noZero(operand)}A = A / ${operand} >>> 0;`;
    case 'mod':
      return `${noZero(operand)}A = A % ${operand};`;
    case 'and':
      return `A = (A & ${operand}) >>> 0;`;
    case 'or':
      return `A = (A | ${operand}) >>> 0;`;
    case 'xor':
      return `A = (A ^ ${operand}) >>> 0;`;
    case 'lsh':
      return operand === 'X' ? 'A = X < 32 ? A << X >>> 0 : 0;' : `A = A << ${operand} >>> 0;`;
    case 'rsh':
      return operand === 'X' ? 'A = X < 32 ? A >>> X : 0;' : `A = A >>> ${operand};`;
  }
}

function noZero(operand: Operand): string {
  return operand === 'X' ? 'if (X === 0) return false; ' : '';
}

function condition({ condition, operand }: JumpIf): string {
  switch (condition) {
    case 'eq':
      return `A === ${operand}`;
    case 'gt':
      return `A > ${operand}`;
    case 'ge':
      return `A >= ${operand}`;
    case 'set':
      return `(A & ${operand}) !== 0`;
  }
}
