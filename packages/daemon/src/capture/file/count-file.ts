import { DaemonError } from '../../daemon-error.ts';
import type { FilterTotals, InterfaceSnapshot } from '../../report/counts.ts';
import { PcapError } from '../../sys/libpcap.ts';
import { type CapturedPacket, PcapFile } from '../../sys/pcap-file.ts';
import type { CaptureFilter } from '../capture-source.ts';
import { FileCounter } from './file-counter.ts';

/** What a capture file held. */
export interface FileCount {
  /** Nothing counted yet, at the time of the first packet. */
  readonly start: InterfaceSnapshot;
  /** Everything counted, at the time of the last packet. */
  readonly end: InterfaceSnapshot;
  /** Why the file could not be read to its end; `null` when it could. What came before is counted. */
  readonly damage: string | null;
}

/**
 * Counts a pcap or pcapng file.
 *
 * @param path - `-` for standard input
 * @throws {@link DaemonError} `unavailable` when the file cannot be opened; FiltersRefused
 */
export async function countFile(
  path: string,
  filters: readonly CaptureFilter[],
  bounds: readonly number[],
): Promise<FileCount> {
  const file = openFile(path);
  try {
    const counter = await FileCounter.create(file.handle.linkType, filters, bounds);
    const start = counter.read();
    let firstUs: number | null = null;
    let lastUs = 0;
    let damage: string | null = null;
    for (;;) {
      const packet = readPacket(file);
      if (packet instanceof PcapError) damage = `${path}: ${packet.message}; what came before is counted`;
      if (packet === null || packet instanceof PcapError) break;
      firstUs ??= packet.timestampUs;
      lastUs = packet.timestampUs;
      counter.count(packet);
    }
    const since = new Date((firstUs ?? 0) / 1000);
    const snapshot = (filters: FilterTotals[], us: number): InterfaceSnapshot => ({
      iface: path,
      takenAt: new Date(us / 1000),
      monotonicMs: us / 1000,
      counts: { since, dropped: null, filters },
    });
    return { start: snapshot(start, firstUs ?? 0), end: snapshot(counter.read(), lastUs), damage };
  } finally {
    file.close();
  }
}

/** @throws {@link DaemonError} `unavailable`, naming the file */
export function openFile(path: string): PcapFile {
  try {
    return new PcapFile(path);
  } catch (error) {
    if (!(error instanceof PcapError)) throw error;
    const words = error.message.replace(`${path}: `, '');
    throw new DaemonError('unavailable', `capture file ${path} cannot be read: ${words}`, { cause: error });
  }
}

function readPacket(file: PcapFile): CapturedPacket | PcapError | null {
  try {
    return file.next();
  } catch (error) {
    if (error instanceof PcapError) return error;
    throw error;
  }
}
