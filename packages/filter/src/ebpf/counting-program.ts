import type { ClassicProgram } from '../bpf/instruction.ts';
import { ETHERNET_HEADER_BYTES, IPV4_HEADER_BYTES, TCP_HEADER_BYTES } from '../headers/protocol-numbers.ts';
import type { CountingOptions } from './counting-options.ts';
import { fastAccess } from './fast-access.ts';
import { generalAccess } from './general-access.ts';
import { VERDICT } from './hook.ts';
import {
  alu,
  type EbpfInstruction,
  exit,
  jump,
  jumpIf,
  label,
  load,
  mov,
  R0,
  R1,
  R2,
  R10,
  store,
} from './isa/instruction.ts';
import { SK_BUFF } from './kernel-context.ts';
import { type Blocks, basicBlocks, hasLoop } from './passes/blocks.ts';
import { emitBlocks } from './passes/emit-blocks.ts';
import { lengthChecks } from './passes/length-checks.ts';
import { removeDeadCode } from './passes/liveness.ts';
import { peephole } from './passes/peephole.ts';
import { searchTrees } from './passes/search-trees.ts';
import { specialize } from './passes/specialize.ts';
import { withoutCookedHeader } from './passes/without-cooked-header.ts';
import { CONTEXT, COUNTERS, LENGTH, PACKET, WIRE_LENGTH } from './registers.ts';
import { FIELD, forget, SLOT } from './scratch-layout.ts';
import { emitSegments } from './segments.ts';
import {
  addBucket,
  checkFront,
  copyPrefix,
  count,
  liftTag,
  lookUp,
  packetLength,
  packetPointer,
  wireLength,
} from './steps.ts';

const MOST_AT_FRONT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + TCP_HEADER_BYTES;

/**
 * The program that counts every packet for all filters and lets it go.
 *
 *     prologue   length, bucket, first bytes of the packet
 *     fast       all filters one after the other, without calls; most packets end here
 *     enter      from the fast form of filter n to the general form of the same filter
 *     merged     a packet that GRO or GSO merged: how many packets of which length it is on the wire
 *     pass       counters for this length, then
 *     general    all filters again, for anything; once more for the last segment of a merged packet
 *
 * @throws {@link FilterError} `program` for a filter that cannot run in the kernel on this link type
 */
export function countingProgram(given: CountingOptions): EbpfInstruction[] {
  if (given.classicPrograms.length === 0) return [mov(R0, VERDICT[given.hook]), exit()];
  const classicPrograms =
    given.link === 'cooked' ? given.classicPrograms.map(withoutCookedHeader) : given.classicPrograms;
  const options = { ...given, classicPrograms };
  const fast = classicPrograms.map((program) =>
    searchTrees(specialize(basicBlocks(program), IPV4_HEADER_BYTES)),
  );
  const front = options.hook === 'socket' ? 0 : bytesAtFront(fast);
  return peephole([
    ...prologue(options, front),
    ...fast.flatMap((blocks, index) => fastForm(options, blocks, front, index)),
    label('out'),
    mov(R0, VERDICT[options.hook]),
    exit(),
    ...classicPrograms.flatMap((_, index) => [label(`enter${index}`), mov(PACKET, index), jump('enter')]),
    ...enterGeneralForm(options),
    ...(tellsMerged(options) ? mergedPacket(options) : []),
    ...generalForm(options),
  ]);
}

/**
 * Bytes that a packet has to have for the fast form, checked once for all filters: what they read of it, but no more than a
 * bare TCP segment has. A filter that reads on, of IPv6 say, checks again.
 */
function bytesAtFront(filters: readonly Blocks[]): number {
  const read = filters.flatMap((blocks) => lengthChecks(blocks)).filter((length) => length <= MOST_AT_FRONT);
  return read.reduce((most, length) => Math.max(most, length), ETHERNET_HEADER_BYTES);
}

/** Whether merged packets are taken apart. */
function tellsMerged({ count, hook }: CountingOptions): boolean {
  return count === 'wire' && hook !== 'xdp';
}

function prologue(options: CountingOptions, front: number): EbpfInstruction[] {
  const { hook, link, maps } = options;
  return [
    mov(CONTEXT, R1),
    ...lookUp(maps.counters, maps.key),
    mov(COUNTERS, R0),
    ...packetLength(hook),
    ...(tellsMerged(options) ? [load(4, R1, CONTEXT, SK_BUFF.gsoSize), jumpIf(R1, 'ne', 0, 'merged')] : []),
    ...wireLength(hook, link),
    ...addBucket(options),
    ...(hook === 'socket'
      ? [
          ...lookUp(maps.scratch, maps.key),
          mov(PACKET, R0),
          ...copyPrefix(hook, 'prologue'),
          // The calls have lost it.
          ...wireLength(hook, link),
        ]
      : [...packetPointer(hook), ...checkFront(hook, front)]),
  ];
}

function fastForm(
  { hook }: CountingOptions,
  blocks: Blocks,
  front: number,
  index: number,
): EbpfInstruction[] {
  const exits = { match: `fast${index}.match`, reject: `fast${index}.done` };
  return [
    // The verifier forgets what earlier filters have found out about the length: each is verified once then.
    ...(hook === 'socket' ? packetLength(hook) : []),
    ...emitBlocks(
      removeDeadCode(blocks),
      lengthChecks(blocks, front),
      fastAccess(hook, `enter${index}`),
      `fast${index}`,
      exits,
    ),
    label(exits.match),
    ...count(index, WIRE_LENGTH, 1),
    label(exits.reject),
  ];
}

/** From `enter`, with the number of the first filter in r8: all that the general form counts on. */
function enterGeneralForm({ hook, link, classicPrograms, maps }: CountingOptions): EbpfInstruction[] {
  return [
    label('enter'),
    ...lookUp(maps.scratch, maps.key),
    store(8, R0, FIELD.firstFilter, PACKET),
    mov(PACKET, R0),
    ...wireLength(hook, link),
    store(8, PACKET, FIELD.bytes, WIRE_LENGTH),
    store(8, PACKET, FIELD.packets, 1),
    store(8, R10, SLOT.passesLeft, 0),
    ...copyPrefix(hook, 'enter'),
    ...(hook === 'xdp' ? liftTag() : []),
    store(8, PACKET, FIELD.length, LENGTH),
    load(8, R1, PACKET, FIELD.firstFilter),
    ...classicPrograms.map((_, filter) => jumpIf(R1, 'eq', filter, `general${filter}`)),
    jump('out'),
  ];
}

/** From `merged` to `pass`: the first of two passes. */
function mergedPacket({ hook, link, maps }: CountingOptions): EbpfInstruction[] {
  return [
    label('merged'),
    store(8, R10, SLOT.counters, COUNTERS),
    ...lookUp(maps.scratch, maps.key),
    mov(PACKET, R0),
    ...copyPrefix(hook, 'merged'),
    ...emitSegments(link),
  ];
}

function generalForm(options: CountingOptions): EbpfInstruction[] {
  return [
    ...(tellsMerged(options) ? beginPass(options) : []),
    ...options.classicPrograms.flatMap((program, filter) => generalFilter(options, program, filter)),
    ...(tellsMerged(options) ? endPass() : []),
    jump('out'),
  ];
}

/** From `pass`, with the length of the packets in r9 and their number in its field. */
function beginPass(options: CountingOptions): EbpfInstruction[] {
  return [
    label('pass'),
    load(8, COUNTERS, R10, SLOT.counters),
    ...wireLength(options.hook, options.link),
    ...forget(WIRE_LENGTH),
    ...addBucket(options),
    store(8, PACKET, FIELD.length, LENGTH),
    load(8, R1, PACKET, FIELD.packets),
    alu('mul', R1, WIRE_LENGTH),
    store(8, PACKET, FIELD.bytes, R1),
  ];
}

function endPass(): EbpfInstruction[] {
  return [
    load(8, R1, R10, SLOT.passesLeft),
    jumpIf(R1, 'eq', 0, 'out'),
    store(8, R10, SLOT.passesLeft, 0),
    store(8, PACKET, FIELD.packets, 1),
    load(8, LENGTH, PACKET, FIELD.lastSegment),
    jump('segment'),
  ];
}

function generalFilter(
  { hook }: CountingOptions,
  program: ClassicProgram,
  filter: number,
): EbpfInstruction[] {
  const blocks = searchTrees(basicBlocks(program));
  const exits = { match: `general${filter}.match`, reject: `general${filter}.done` };
  return [
    label(`general${filter}`),
    store(8, R10, SLOT.loops, 0),
    ...emitBlocks(
      removeDeadCode(blocks),
      lengthChecks(blocks),
      generalAccess(hook, hasLoop(blocks)),
      `general${filter}.block`,
      exits,
    ),
    label(exits.match),
    load(8, R1, PACKET, FIELD.bytes),
    load(8, R2, PACKET, FIELD.packets),
    ...count(filter, R1, R2),
    label(exits.reject),
  ];
}
