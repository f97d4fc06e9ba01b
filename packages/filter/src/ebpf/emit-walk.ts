import {
  FIRST_STEP,
  HEADER_FIELDS,
  HEADER_STEPS,
  type HeaderField,
  type HeaderValue,
  NEXT_TABLES,
  type StepName,
  stepsFrom,
  TUNNEL_STEPS,
} from '../headers/header-walk.ts';
import { loadBytesHelper, type ProgramHook } from './base/hook.ts';
import { CONTEXT, LENGTH, PACKET } from './base/registers.ts';
import {
  FIELD,
  forget,
  headerField,
  PREFIX_BYTES,
  pointInto,
  SLOT,
  tunnelField,
} from './base/scratch-layout.ts';
import type { Link } from './counting-options.ts';
import {
  alu,
  byteSwap,
  call,
  type EbpfInstruction,
  jump,
  jumpIf,
  label,
  load,
  mov,
  R0,
  R1,
  R2,
  R3,
  R4,
  R5,
  R10,
  type Register,
  store,
} from './isa/instruction.ts';

/** A link type whose headers are not known has none. */
const FIRST_STEP_OF: Readonly<Record<Link, StepName | null>> = {
  ethernet: FIRST_STEP.ethernet,
  none: FIRST_STEP.ip,
  cooked: FIRST_STEP.ip,
  unknown: null,
};

/** Offset of the header that is looked at, and the number that says which it is. */
const AT: Register = R4;
const TYPE: Register = R5;
const HEADER: Register = R2;

/** A walk that is made code of. */
interface Walk {
  readonly hook: ProgramHook;
  /** Makes its labels unique. */
  readonly prefix: string;
  /** Where in the scratch map it leaves what it has found. */
  readonly fieldAt: (field: HeaderField) => number;
}

/**
 * The walk as eBPF, from its first label on: with the prefix of the packet in the scratch map and its length in r9, it
 * writes all fields (`headerField`) and goes on at the label `done`. r0–r5 are lost. It reads on behind the prefix where a
 * header lies there.
 */
export function emitWalk(hook: ProgramHook, link: Link, prefix: string, done: string): EbpfInstruction[] {
  const walk: Walk = { hook, prefix, fieldAt: headerField };
  const first = FIRST_STEP_OF[link];
  return [
    ...forgetFields(walk),
    mov(AT, 0),
    jump(first === null ? endOf(walk) : placeOf(walk, first)),
    ...emitSteps(walk, first === null ? [] : [first], done),
  ];
}

/**
 * The same over the headers that a tunnel carries, from behind the outer ones, which the fields of the first walk tell. It
 * writes fields of its own (`tunnelField`). Where there is no tunnel it finds nothing.
 */
export function emitTunnelWalk(hook: ProgramHook, prefix: string, done: string): EbpfInstruction[] {
  const walk: Walk = { hook, prefix, fieldAt: tunnelField };
  return [
    ...forgetFields(walk),
    load(8, AT, PACKET, headerField('end')),
    load(8, TYPE, PACKET, headerField('protocol')),
    store(8, R10, SLOT.headersAllowed, 0),
    ...TUNNEL_STEPS.map(([protocol, step]) => jumpIf(TYPE, 'eq', protocol, placeOf(walk, step))),
    jump(endOf(walk)),
    ...emitSteps(
      walk,
      TUNNEL_STEPS.map(([, step]) => step),
      done,
    ),
  ];
}

function forgetFields({ fieldAt }: Walk): EbpfInstruction[] {
  return HEADER_FIELDS.map((field) => store(8, PACKET, fieldAt(field), -1));
}

function emitSteps(walk: Walk, first: readonly StepName[], done: string): EbpfInstruction[] {
  return [
    ...stepsFrom(first).flatMap((name) => [label(placeOf(walk, name)), ...emitStep(walk, name)]),
    label(endOf(walk)),
    store(8, PACKET, walk.fieldAt('end'), AT),
    jump(done),
  ];
}

function placeOf({ prefix }: Walk, step: StepName): string {
  return `${prefix}.${step}`;
}

function endOf({ prefix }: Walk): string {
  return `${prefix}.end`;
}

function emitStep(walk: Walk, name: StepName): EbpfInstruction[] {
  const { hook, fieldAt } = walk;
  const step = HEADER_STEPS[name];
  const [here, end] = [placeOf(walk, name), endOf(walk)];
  const { next } = step;
  const table = next === undefined ? undefined : NEXT_TABLES[next.table];
  return [
    // The verifier has to see the same, whichever way it comes.
    ...forget(AT),
    ...(step.needs === 0 ? [jumpIf(AT, 'gt', LENGTH, end)] : readHeader(hook, step.needs, here, end)),
    ...(step.counted
      ? [
          load(8, R3, R10, SLOT.headersAllowed),
          jumpIf(R3, 'eq', 0, end),
          alu('sub', R3, 1),
          store(8, R10, SLOT.headersAllowed, R3),
        ]
      : []),
    ...(step.allows === undefined ? [] : [store(8, R10, SLOT.headersAllowed, step.allows)]),
    ...(step.offsetTo === undefined ? [] : [store(8, PACKET, fieldAt(step.offsetTo), AT)]),
    ...Object.entries(step.keeps ?? {}).flatMap(([field, value]) =>
      keep(fieldAt(field as HeaderField), value, step.counted === true, `${here}.${field}`),
    ),
    ...(next === undefined ? [] : loadValue(TYPE, next.type)),
    ...(table?.typeTo === undefined ? [] : [store(8, PACKET, fieldAt(table.typeTo), TYPE)]),
    ...(step.endsIf === undefined ? [] : loadValue(R1, step.endsIf)),
    ...(typeof step.length === 'number'
      ? [alu('add', AT, step.length)]
      : [...loadValue(R3, step.length), alu('add', AT, R3)]),
    ...(step.endsIf === undefined ? [] : [jumpIf(R1, 'ne', 0, end)]),
    ...(table?.steps.map(([type, step]) => jumpIf(TYPE, 'eq', type, placeOf(walk, step))) ?? []),
    jump(table?.otherwise === undefined ? end : placeOf(walk, table.otherwise)),
  ];
}

/** r2 = the header, of which so many bytes can be read; leaves to `end` where the packet does not have them. */
function readHeader(hook: ProgramHook, bytes: number, here: string, end: string): EbpfInstruction[] {
  if (bytes > FIELD.headers - FIELD.header) throw new RangeError(`no room for a header of ${bytes} bytes`);
  return [
    mov(R1, AT),
    alu('add', R1, bytes),
    jumpIf(R1, 'gt', LENGTH, end),
    jumpIf(R1, 'gt', PREFIX_BYTES, `${here}.far`),
    mov(R1, AT),
    ...pointInto(HEADER, R1),
    jump(`${here}.read`),
    label(`${here}.far`),
    store(8, PACKET, FIELD.headerAt, AT),
    load(8, R2, PACKET, FIELD.removedBytes),
    alu('add', R2, AT),
    mov(R1, CONTEXT),
    mov(R3, PACKET),
    alu('add', R3, FIELD.header),
    mov(R4, bytes),
    call(loadBytesHelper(hook)),
    load(8, AT, PACKET, FIELD.headerAt),
    jumpIf(R0, 'ne', 0, end),
    mov(HEADER, PACKET),
    alu('add', HEADER, FIELD.header),
    label(`${here}.read`),
  ];
}

function keep(field: number, value: HeaderValue, onlyFirst: boolean, here: string): EbpfInstruction[] {
  const kept = [...loadValue(R3, value), store(8, PACKET, field, R3)];
  if (!onlyFirst) return kept;
  return [load(8, R3, PACKET, field), jumpIf(R3, 'ne', -1, here), ...kept, label(here)];
}

/** `dst = ` a value of the header that r2 points to. */
function loadValue(
  dst: Register,
  { at, size, right = 0, mask, plus = 0, left = 0 }: HeaderValue,
): EbpfInstruction[] {
  return [
    load(size, dst, HEADER, at),
    ...(size === 1 ? [] : [byteSwap(16, dst)]),
    ...(right === 0 ? [] : [alu('rsh', dst, right)]),
    ...(mask === undefined ? [] : [alu('and', dst, mask)]),
    ...(plus === 0 ? [] : [alu('add', dst, plus)]),
    ...(left === 0 ? [] : [alu('lsh', dst, left)]),
  ];
}
