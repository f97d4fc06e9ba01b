/** Random classic BPF programs of the whole instruction set. */
import type { ClassicProgram, Instruction } from '@ifcast/filter';
import fc from 'fast-check';

/** Offsets within a frame, around its end, and where sums wrap. */
const offset = fc.oneof(
  { weight: 8, arbitrary: fc.nat(70) },
  fc.integer({ min: 71, max: 2000 }),
  fc.constantFrom(
    ...[0x7fff_ffff, 0x8000_0000, 0xffe0_0000, 0xfff0_0000, 0xffff_eff8, 0xffff_efff],
    ...[0xffff_f014, 0xffff_ff00, 0xffff_ffff],
  ),
);
const uint32 = fc.oneof(
  fc.nat(64),
  fc.constantFrom(0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.nat(0xffff_ffff),
);
const operand = fc.oneof(uint32, fc.constant('X' as const));
const divisor = fc.oneof(
  uint32.map((value) => value || 1),
  fc.constant('X' as const),
);
const shift = fc.oneof(fc.nat(31), fc.constant('X' as const));
const size = fc.constantFrom(1 as const, 2 as const, 4 as const);
const register = fc.constantFrom('A' as const, 'X' as const);
const index = fc.nat(15);
const op = <const T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const straight: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: op('loadAbsolute'), size, offset }) },
  { weight: 3, arbitrary: fc.record({ op: op('loadIndirect'), size, offset }) },
  fc.record({
    op: op('loadExtension'),
    extension: fc.constantFrom(
      'protocol',
      'packetType',
      'ifindex',
      'vlanTag',
      'vlanTagPresent',
      'vlanProtocol',
    ),
  }),
  fc.record({ op: op('loadConstant'), register, value: uint32 }),
  fc.record({ op: op('loadLength'), register }),
  fc.record({ op: op('loadScratch'), register, index }),
  fc.record({ op: op('loadHeaderLength'), offset }),
  fc.record({ op: op('storeScratch'), register, index }),
  { weight: 3, arbitrary: alu(operand, 'add', 'sub', 'mul', 'and', 'or', 'xor') },
  alu(divisor, 'div', 'mod'),
  alu(shift, 'lsh', 'rsh'),
  fc.record({ op: op('negate') }),
  { weight: 2, arbitrary: fc.record({ op: op('transfer'), to: register }) },
);

const returnSome: fc.Arbitrary<Instruction> = fc.record({
  op: op('return'),
  value: fc.oneof(fc.constant('A' as const), fc.constantFrom(0, 1, 0x4_0000, 0xffff_ffff)),
});

const compare: fc.Arbitrary<Instruction> = fc.record({
  op: op('jumpIf'),
  condition: fc.constantFrom('eq', 'gt', 'ge', 'set'),
  operand: uint32,
  skipTrue: fc.constant(0),
  skipFalse: fc.constant(1),
});

/** Decides by the whole value of A: as a mere return of it, nearly all values would do. */
const end: fc.Arbitrary<Instruction[]> = compare.map((last) => [
  last,
  { op: 'return', value: 1 },
  { op: 'return', value: 0 },
]);

/** The skips are made to fit the place. */
const jump: fc.Arbitrary<Instruction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: op('jumpIf'),
      condition: fc.constantFrom('eq', 'gt', 'ge', 'set'),
      operand,
      skipTrue: fc.nat(255),
      skipFalse: fc.nat(255),
    }),
  },
  fc.record({ op: op('jump'), skip: fc.nat(1000) }),
);

const instruction = fc.oneof(
  { weight: 24, arbitrary: straight },
  { weight: 4, arbitrary: jump },
  { weight: 1, arbitrary: returnSome },
);

/** Valid programs that only jump forward, and so always end. */
export const randomProgram: fc.Arbitrary<ClassicProgram> = fc
  .tuple(fc.array(instruction, { maxLength: 60, size: 'large' }), end)
  .map(([body, last]) => [...body.map((one, at) => place(one, body.length - at)), ...last]);

/** @param room - instructions that follow */
function place(instruction: Instruction, room: number): Instruction {
  switch (instruction.op) {
    case 'jump':
      return { ...instruction, skip: instruction.skip % room };
    case 'jumpIf': {
      const { skipTrue, skipFalse } = instruction;
      return { ...instruction, skipTrue: skipTrue % room, skipFalse: skipFalse % room };
    }
    default:
      return instruction;
  }
}

type AluOperator = Extract<Instruction, { op: 'alu' }>['operator'];

function alu(
  operand: fc.Arbitrary<number | 'X'>,
  ...operators: readonly AluOperator[]
): fc.Arbitrary<Instruction> {
  return fc.record({ op: op('alu'), operator: fc.constantFrom(...operators), operand });
}
