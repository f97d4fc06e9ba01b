/** tcpdump as the oracle: what it prints is what ifcast has to count. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sizeBucket } from '@ifcast/filter';
import { DEFAULT_SIZE_UPPER_BOUNDS } from '@ifcast/protocol';

import type { VethEnd } from './netns.ts';
import { pcapFile } from './packet-mix.ts';

/** Packets, bytes and buckets, as they travel. */
export interface Counted {
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly sizes: readonly bigint[];
}

/** Counts the wire lengths in a pcap file that tcpdump wrote. */
export function countPcap(file: Buffer, bounds: readonly number[] = DEFAULT_SIZE_UPPER_BOUNDS): Counted {
  const sizes = new Array<bigint>(bounds.length + 1).fill(0n);
  let packets = 0n;
  let bytes = 0n;
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const length = file.readUInt32LE(at + 12);
    packets++;
    bytes += BigInt(length);
    sizes[sizeBucket(bounds, length)]!++;
  }
  return { packets, bytes, sizes };
}

/** What `tcpdump -r FILE EXPRESSION` finds. */
export function tcpdumpFile(path: string, expression: string): Counted {
  const output = execFileSync('tcpdump', ['-r', path, '-w', '-', '-s', '0', expression], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  return countPcap(output);
}

/** tcpdumps that listen on an interface, one an expression. */
export class LiveTcpdumps {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ifcast-tcpdump-'));
  readonly #children: ChildProcess[] = [];

  /** Starts them and waits until all are listening. */
  static async start(
    end: VethEnd,
    expressions: readonly string[],
    extra: readonly string[] = [],
  ): Promise<LiveTcpdumps> {
    const dumps = new LiveTcpdumps();
    await Promise.all(expressions.map((expression, index) => dumps.#listen(end, index, expression, extra)));
    return dumps;
  }

  /** What they have written so far: all they have seen, where `-U` is among the extra options. */
  written(): Counted[] {
    return this.#children.map((_, index) => countPcap(readFileSync(this.#path(index))));
  }

  /** Ends them, each having written what it has taken out of its ring. */
  async stop(): Promise<Counted[]> {
    await Promise.all(
      this.#children.map(async (child) => {
        const exited = once(child, 'exit');
        child.kill('SIGINT');
        await exited;
      }),
    );
    const counted = this.written();
    rmSync(this.#directory, { recursive: true });
    return counted;
  }

  async #listen(end: VethEnd, index: number, expression: string, extra: readonly string[]): Promise<void> {
    // 128 bytes of each packet are enough: the header has the length.
    const args = ['-i', end.iface, '-n', '-B', '16384', '-s', '128', '--immediate-mode', '-Z', 'root'];
    const child = end.spawn('tcpdump', [...args, ...extra, '-w', this.#path(index), expression], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#children[index] = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('listening on')) resolve();
      });
      child.once('exit', () => reject(new Error(`tcpdump '${expression}': ${said}`)));
    });
  }

  #path(index: number): string {
    return join(this.#directory, `${index}.pcap`);
  }
}

/** Sends frames from an interface with tcpreplay(1), at most `packetsPerSecond`. */
export async function sendFrames(
  end: VethEnd,
  frames: readonly Buffer[],
  packetsPerSecond = 5_000,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-tcpreplay-'));
  try {
    const path = join(directory, 'frames.pcap');
    writeFileSync(path, pcapFile(frames));
    await end.exec('tcpreplay', '--quiet', `--intf1=${end.iface}`, `--pps=${packetsPerSecond}`, path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
