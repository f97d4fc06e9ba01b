import {
  decodeProgram,
  type ExecutedFilter,
  executeFilters,
  type PacketInfo,
  predicateOf,
  type SizeTally,
} from '@ifcast/filter';
import cap from 'cap';

import type { Group } from './worker-messages.ts';

/** cap captures at most this much of a packet. */
const SNAPLEN = 65_535;
const TPID_8021Q = 0x8100;
const TPID_8021AD = 0x88a8;

/** What a handle has captured, and who is asked about it. */
interface Opened {
  // cap writes to a buffer that nobody else refers to: both must stay reachable.
  readonly handle: InstanceType<typeof cap.Cap>;
  readonly buffer: Buffer;
  members: readonly ExecutedFilter[];
}

/** Written anew for each packet instead of made anew. */
type Scratch = { -readonly [K in keyof PacketInfo]: PacketInfo[K] };

/** Counts the groups of one interface into shared memory. Lives in a process of its own, which may abort at any time. */
export class CapWorker {
  readonly #iface: string;
  readonly #ethernet: boolean;
  readonly #tally: SizeTally;
  readonly #open: Opened[] = [];

  /** @param tally - its filters are the slots of groups */
  constructor(iface: string, ethernet: boolean, tally: SizeTally) {
    this.#iface = iface;
    this.#ethernet = ethernet;
    this.#tally = tally;
  }

  /** @throws what cap throws when libpcap cannot open the interface */
  open(group: Group): void {
    for (const { slot } of group.members) this.#tally.clear(slot);
    const handle = new cap.Cap();
    const buffer = Buffer.alloc(SNAPLEN);
    const members = group.members.map(
      ({ slot, program }): ExecutedFilter => ({
        filter: slot,
        matches: program === null ? null : predicateOf(decodeProgram(program)),
      }),
    );
    const opened: Opened = { handle, buffer, members };
    this.#open.push(opened);
    const scratch: Scratch = { untaggedLength: 0, packetType: 0, protocol: 0, ifindex: 0, vlan: null };
    handle.on('packet', (capturedLength) => this.#count(opened, capturedLength, scratch));
    handle.open(this.#iface, group.kernelExpression, group.ringBytes, buffer);
  }

  /** The handles stay open: a wider kernel filter costs little, and closing one loses the packets in its ring. */
  drop(slots: readonly number[]): void {
    for (const opened of this.#open) {
      opened.members = opened.members.filter(({ filter }) => !slots.includes(filter));
    }
  }

  #count({ buffer, members }: Opened, capturedLength: number, scratch: Scratch): void {
    let data = buffer.subarray(0, capturedLength);
    scratch.untaggedLength = capturedLength;
    if (this.#ethernet && isTagged(buffer, capturedLength)) {
      // libpcap has put the outer tag back into the frame; the programs were compiled for the kernel, which takes it out.
      scratch.vlan = { tpid: buffer.readUInt16BE(12), tci: buffer.readUInt16BE(14) };
      buffer.copyWithin(4, 0, 12);
      data = buffer.subarray(4, capturedLength);
      scratch.untaggedLength = capturedLength - 4;
    } else {
      scratch.vlan = null;
    }
    scratch.protocol = this.#ethernet && data.length >= 14 ? data.readUInt16BE(12) : 0;
    executeFilters(members, [this.#tally], { data, info: scratch, wireLength: capturedLength });
  }
}

function isTagged(packet: Buffer, capturedLength: number): boolean {
  if (capturedLength < 18) return false;
  const type = packet.readUInt16BE(12);
  return type === TPID_8021Q || type === TPID_8021AD;
}
