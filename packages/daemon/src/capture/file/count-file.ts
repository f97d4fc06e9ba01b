import { DaemonError } from '../../base/daemon-error.ts';
import { matchesNothing } from '../../compile/filter-compiler.ts';
import type { FilterTotals, InterfaceSnapshot } from '../../report/counts.ts';
import { PcapError } from '../../sys/libpcap.ts';
import type { CapturedPacket } from '../../sys/pcap-file.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { Totals } from '../totals.ts';
import { FileCounter } from './file-counter.ts';
import { captureName, OpenCapture } from './open-capture.ts';
import { TimeSpan } from './time-span.ts';

const BEYOND_DATES =
  'packets have times outside the years -271821 to 275760: the nearest that a date can tell are told';

/** What capture files held. */
export interface FileCount {
  /** Nothing counted yet, at the time of the earliest packet. */
  readonly start: InterfaceSnapshot;
  /** Everything counted, at the time of the latest packet. */
  readonly end: InterfaceSnapshot;
  /** Why files could not be read to their end; what came before is counted. */
  readonly damages: readonly string[];
  /** What is counted, but hardly as it was meant. */
  readonly notes: readonly string[];
}

/**
 * Counts pcap and pcapng files together.
 *
 * @param paths - at least one; `-` for standard input
 * @throws {@link DaemonError} `unavailable` when none of them can be opened; FiltersRefused
 */
export async function countFiles(
  paths: readonly string[],
  filters: readonly CaptureFilter[],
  bounds: readonly number[],
): Promise<FileCount> {
  const totals = new Totals(filters, bounds, { losses: false, directions: false });
  const start = totals.read().filters;
  const span = new TimeSpan();
  const failures: DaemonError[] = [];
  const damages: string[] = [];
  const notes: string[] = [];
  for (const path of paths) {
    try {
      const counted = await countInto(totals, span, path, filters, bounds);
      damages.push(...counted.damages);
      notes.push(...counted.notes);
    } catch (error) {
      if (!(error instanceof DaemonError) || error.code !== 'unavailable') throw error;
      failures.push(error);
      damages.push(error.message);
    }
  }
  if (failures.length === paths.length) throw failures[0]!;
  if (span.isBeyondDates) notes.push(BEYOND_DATES);
  const since = new Date(span.fromMs);
  const snapshot = (filters: readonly FilterTotals[], ms: number): InterfaceSnapshot => ({
    iface: paths.join(' '),
    takenAt: new Date(ms),
    monotonicMs: ms,
    counts: { since, dropped: null, filters },
  });
  return {
    start: snapshot(start, span.fromMs),
    end: snapshot(totals.read().filters, span.toMs),
    damages,
    notes,
  };
}

/** Adds one file to the totals. */
async function countInto(
  totals: Totals,
  span: TimeSpan,
  path: string,
  filters: readonly CaptureFilter[],
  bounds: readonly number[],
): Promise<Pick<FileCount, 'damages' | 'notes'>> {
  const capture = await OpenCapture.open(path);
  let damage: string | null = null;
  let notes: string[] = [];
  try {
    const counter = await FileCounter.create(capture, filters, bounds);
    notes = counter.unmatchable.map((filter) => `${captureName(path)}: ${matchesNothing(filter)}`);
    for (;;) {
      const packet = readPacket(capture);
      if (packet instanceof PcapError) damage = packet.message;
      if (packet === null || packet instanceof PcapError) break;
      span.add(packet.timestampUs);
      counter.count(packet);
    }
    counter.collectInto(totals);
  } finally {
    // What went wrong before libpcap is the cause of what it says.
    damage = (await capture.close()) ?? damage;
  }
  const damages = damage === null ? [] : [`${captureName(path)}: ${damage}; what came before is counted`];
  return { damages, notes };
}

function readPacket(capture: OpenCapture): CapturedPacket | PcapError | null {
  try {
    return capture.next();
  } catch (error) {
    if (error instanceof PcapError) return error;
    throw error;
  }
}
