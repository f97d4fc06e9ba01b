import type { ClassicProgram } from '../bpf/instruction.ts';
import { ETHERNET_HEADER_BYTES, IPV4_HEADER_BYTES, TCP_HEADER_BYTES } from '../headers/protocol-numbers.ts';
import { forgetMatches, keepMatch } from '../meter/matched-filters.ts';
import { VERDICT } from './base/hook.ts';
import { SK_BUFF } from './base/kernel-context.ts';
import { lookUpFirst, OUT } from './base/look-up.ts';
import type { MapSpec } from './base/map-spec.ts';
import { KEY_MAP, SCRATCH_MAP } from './base/program-maps.ts';
import { CONTEXT, COUNTERS, LENGTH, PACKET, WIRE_LENGTH } from './base/registers.ts';
import { FIELD, forget, SLOT } from './base/scratch-layout.ts';
import type { CountingOptions } from './counting-options.ts';
import { emitWalk } from './emit-walk.ts';
import { fastAccess } from './fast-access.ts';
import { generalAccess } from './general-access.ts';
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
  type Register,
  store,
} from './isa/instruction.ts';
import { type Blocks, basicBlocks, hasLoop } from './passes/blocks.ts';
import { emitBlocks } from './passes/emit-blocks.ts';
import { lengthChecks } from './passes/length-checks.ts';
import { removeDeadCode } from './passes/liveness.ts';
import { peephole } from './passes/peephole.ts';
import { searchTrees } from './passes/search-trees.ts';
import { specialize } from './passes/specialize.ts';
import { withoutCookedHeader } from './passes/without-cooked-header.ts';
import { emitSegments } from './segments.ts';
import { checkFront, copyPrefix, liftTag, packetLength, packetPointer, wireLength } from './steps.ts';

const MOST_AT_FRONT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + TCP_HEADER_BYTES;

/** A program, and the maps that it names. */
export interface CountingProgram {
  readonly code: readonly EbpfInstruction[];
  /** The same for every hook. */
  readonly maps: readonly MapSpec[];
}

/**
 * The program that runs every packet through all filters, lets the meters count it, and lets it go.
 *
 *     prologue   length, the meter's begin, first bytes of the packet
 *     fast       all filters one after the other, without calls; most packets end here
 *     enter      from the fast form of filter n to the general form of the same filter
 *     merged     a packet that GRO or GSO merged: how many packets of which length it is on the wire
 *     pass       the meter's begin for this length, then
 *     general    all filters again, for anything; once more for the last segment of a merged packet
 *     decided    from the fast form, where meters count at the end of a pass: all that these rely on
 *     meters     these meters, at the end of every pass
 *
 * @throws {@link FilterError} `program` for a filter that cannot run in the kernel on this link type
 */
export function countingProgram(options: CountingOptions): CountingProgram {
  return { code: codeOf(options), maps: mapsOf(options) };
}

function mapsOf({ matchMeter, passMeters = [] }: CountingOptions): MapSpec[] {
  const scratchBytes = passMeters.reduce((bytes, meter) => bytes + meter.scratchBytes, 0);
  return [
    ...matchMeter.maps,
    { ...SCRATCH_MAP, valueBytes: SCRATCH_MAP.valueBytes + scratchBytes },
    KEY_MAP,
    ...passMeters.flatMap(({ maps }) => maps),
  ];
}

function codeOf(given: CountingOptions): EbpfInstruction[] {
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
    ...(metersPasses(options) ? [jump('decided')] : []),
    label(OUT),
    mov(R0, VERDICT[options.hook]),
    exit(),
    ...classicPrograms.flatMap((_, index) => [label(`enter${index}`), mov(PACKET, index), jump('enter')]),
    ...enterGeneralForm(options),
    ...(tellsMerged(options) ? mergedPacket(options) : []),
    ...generalForm(options),
    ...(metersPasses(options) ? decided(options) : []),
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
function tellsMerged({ packet, hook }: CountingOptions): boolean {
  return packet === 'wire' && hook !== 'xdp';
}

function metersPasses({ passMeters = [] }: CountingOptions): boolean {
  return passMeters.length > 0;
}

/** The walk over the headers, where a meter asks for it. */
function walk({ hook, link, passMeters = [] }: CountingOptions, place: string): EbpfInstruction[] {
  if (!passMeters.some(({ needsHeaders }) => needsHeaders)) return [];
  return [...emitWalk(hook, link, place, `${place}.done`), label(`${place}.done`)];
}

/** What a filter does that has matched; r0 is lost. */
function matched(
  { matchMeter, passMeters = [] }: CountingOptions,
  filter: number,
  bytes: Register,
  packets: Register | 1,
): EbpfInstruction[] {
  const asked = passMeters.some(({ filters }) => filters.includes(filter));
  return [...matchMeter.match(filter, bytes, packets), ...(asked ? keepMatch(filter) : [])];
}

function prologue(options: CountingOptions, front: number): EbpfInstruction[] {
  const { hook, link, matchMeter } = options;
  return [
    mov(CONTEXT, R1),
    ...matchMeter.open(),
    ...packetLength(hook),
    ...(tellsMerged(options) ? [load(4, R1, CONTEXT, SK_BUFF.gsoSize), jumpIf(R1, 'ne', 0, 'merged')] : []),
    ...wireLength(hook, link),
    ...matchMeter.beginPass(hook),
    ...(metersPasses(options) ? forgetMatches() : []),
    ...(hook === 'socket'
      ? [
          ...lookUpFirst(SCRATCH_MAP.name),
          mov(PACKET, R0),
          ...copyPrefix(hook, 'prologue'),
          // The calls have lost it.
          ...wireLength(hook, link),
        ]
      : [...packetPointer(hook), ...checkFront(hook, front)]),
  ];
}

function fastForm(options: CountingOptions, blocks: Blocks, front: number, index: number): EbpfInstruction[] {
  const { hook } = options;
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
    ...matched(options, index, WIRE_LENGTH, 1),
    label(exits.reject),
  ];
}

/** From `enter`, with the number of the first filter in r8: all that the general form counts on. */
function enterGeneralForm(options: CountingOptions): EbpfInstruction[] {
  const { hook, classicPrograms } = options;
  return [
    label('enter'),
    ...lookUpFirst(SCRATCH_MAP.name),
    store(8, R0, FIELD.firstFilter, PACKET),
    mov(PACKET, R0),
    ...onePass(options),
    ...copyPrefix(hook, 'enter'),
    ...(hook === 'xdp' ? liftTag() : []),
    store(8, PACKET, FIELD.length, LENGTH),
    ...walk(options, 'enter.walk'),
    load(8, R1, PACKET, FIELD.firstFilter),
    ...classicPrograms.map((_, filter) => jumpIf(R1, 'eq', filter, `general${filter}`)),
    jump(OUT),
  ];
}

/** What a packet that nobody merged counts as; r1 and r5 are lost. */
function onePass({ hook, link }: CountingOptions): EbpfInstruction[] {
  return [
    ...wireLength(hook, link),
    store(8, PACKET, FIELD.bytes, WIRE_LENGTH),
    store(8, PACKET, FIELD.packets, 1),
    store(8, R10, SLOT.passesLeft, 0),
  ];
}

/** From `merged` to `pass`: the first of two passes. */
function mergedPacket({ hook, link }: CountingOptions): EbpfInstruction[] {
  return [
    label('merged'),
    store(8, R10, SLOT.counters, COUNTERS),
    ...lookUpFirst(SCRATCH_MAP.name),
    mov(PACKET, R0),
    ...copyPrefix(hook, 'merged'),
    ...emitSegments(hook, link),
  ];
}

function generalForm(options: CountingOptions): EbpfInstruction[] {
  return [
    ...(tellsMerged(options) ? beginPass(options) : []),
    ...options.classicPrograms.flatMap((program, filter) => generalFilter(options, program, filter)),
    ...(metersPasses(options) ? runMeters(options) : []),
    ...(tellsMerged(options) ? endPass() : []),
    jump(OUT),
  ];
}

/** From `pass`, with the length of the packets in r9 and their number in its field. */
function beginPass(options: CountingOptions): EbpfInstruction[] {
  return [
    label('pass'),
    load(8, COUNTERS, R10, SLOT.counters),
    ...wireLength(options.hook, options.link),
    ...forget(WIRE_LENGTH),
    ...options.matchMeter.beginPass(options.hook),
    ...(metersPasses(options) ? forgetMatches() : []),
    store(8, PACKET, FIELD.length, LENGTH),
    load(8, R1, PACKET, FIELD.packets),
    alu('mul', R1, WIRE_LENGTH),
    store(8, PACKET, FIELD.bytes, R1),
  ];
}

function endPass(): EbpfInstruction[] {
  return [
    load(8, R1, R10, SLOT.passesLeft),
    jumpIf(R1, 'eq', 0, OUT),
    store(8, R10, SLOT.passesLeft, 0),
    store(8, PACKET, FIELD.packets, 1),
    load(8, LENGTH, PACKET, FIELD.lastSegment),
    jump('segment'),
  ];
}

function generalFilter(options: CountingOptions, program: ClassicProgram, filter: number): EbpfInstruction[] {
  const { hook } = options;
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
    ...matched(options, filter, R1, R2),
    label(exits.reject),
  ];
}

/** From the fast form, with all filters decided, to `meters`. */
function decided(options: CountingOptions): EbpfInstruction[] {
  const { hook } = options;
  return [
    label('decided'),
    // A socket's program has its prefix there already.
    ...(hook === 'socket'
      ? []
      : [...lookUpFirst(SCRATCH_MAP.name), mov(PACKET, R0), ...copyPrefix(hook, 'decided')]),
    ...onePass(options),
    ...walk(options, 'decided.walk'),
    jump('meters'),
  ];
}

function runMeters({ hook, passMeters = [] }: CountingOptions): EbpfInstruction[] {
  let scratch = SCRATCH_MAP.valueBytes;
  return [
    label('meters'),
    ...passMeters.flatMap((meter, index) => {
      const steps = meter.emit({ hook, scratch, label: `meter${index}` });
      scratch += meter.scratchBytes;
      return steps;
    }),
  ];
}
