/** An interface in this process's network namespace, and a namespace beyond it that sends. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createVethPair, type VethPair } from '../support/netns.ts';
import { pcapFile } from '../support/packet-mix.ts';
import { sendFrames } from '../support/tcpdump.ts';

/** What a frame is sent to. */
export interface Destination {
  readonly address?: string;
  /** UDP's; or TCP's, with the flag SYN. */
  readonly port: number;
  readonly syn?: boolean;
}

export class Link {
  readonly iface: string;
  readonly #pair: VethPair;
  readonly #directory = mkdtempSync(join(tmpdir(), 'ifcast-link-'));

  /** @param iface - its name here */
  static async make(iface: string): Promise<Link> {
    execFileSync('sysctl', [
      '-qw',
      'net.ipv6.conf.all.disable_ipv6=1',
      'net.ipv6.conf.default.disable_ipv6=1',
    ]);
    const link = new Link(iface, await createVethPair());
    await link.#moveHere();
    return link;
  }

  private constructor(iface: string, pair: VethPair) {
    this.iface = iface;
    this.#pair = pair;
  }

  /** Sends a frame some times, each of 100 bytes. */
  async send(to: Destination, count: number): Promise<void> {
    const frames = Array.from({ length: count }, () => frameTo(to));
    await sendFrames(this.#pair.b, frames);
  }

  /** Sends frames one after the other, over and over, until {@link sendNothing} or the link is closed. */
  sendForever(frames: readonly Buffer[], packetsPerSecond: number): void {
    const file = join(this.#directory, 'frames.pcap');
    writeFileSync(file, pcapFile(frames));
    const { b } = this.#pair;
    const args = ['--quiet', '--loop=0', `--intf1=${b.iface}`, `--pps=${packetsPerSecond}`, file];
    b.spawn('tcpreplay', args, { stdio: 'ignore' });
  }

  sendNothing(): Promise<void> {
    return this.#pair.b.killAll();
  }

  /** Takes the interface away. */
  delete(): void {
    ip('link', 'delete', this.iface);
  }

  /** Brings it back. */
  async create(): Promise<void> {
    await this.#pair.create();
    await this.#moveHere();
  }

  async close(): Promise<void> {
    await this.#pair.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #moveHere(): Promise<void> {
    await this.#pair.a.link('set', this.#pair.a.iface, 'netns', String(process.pid), 'name', this.iface);
    ip('link', 'set', this.iface, 'up');
  }
}

/** Runs ip(8) here. */
export function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A frame of 100 bytes. */
export function frameTo({ address = '192.0.2.9', port, syn = false }: Destination): Buffer {
  const frame = Buffer.alloc(100);
  frame.write('020000007701020000007702', 'hex');
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(86, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(syn ? 6 : 17, 23);
  Buffer.from([10, 77, 0, 2, ...address.split('.').map(Number)]).copy(frame, 26);
  frame.writeUInt16BE(40_000, 34);
  frame.writeUInt16BE(port, 36);
  if (syn) frame.writeUInt16BE(0x5002, 46);
  else frame.writeUInt16BE(66, 38);
  return frame;
}
