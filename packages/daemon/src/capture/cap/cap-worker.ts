import { setImmediate, setTimeout } from 'node:timers/promises';

import {
  decodeProgram,
  type ExecutedFilter,
  executeFilters,
  type PacketInfo,
  predicateOf,
  type RawInstruction,
  type SizeTally,
} from '@ifcast/filter';
import cap from 'cap';

import { attachClassicFilter, findPacketSocket, takeDropped } from '../../sys/library-socket.ts';
import { SysError } from '../../sys/sys-error.ts';
import { trueLength } from './true-length.ts';
import type { WorkerMemory } from './worker-memory.ts';
import type { Group, WorkerTask } from './worker-messages.ts';

/** cap captures at most this much of a packet. */
const SNAPLEN = 65_535;
const TPID_8021Q = 0x8100;
const TPID_8021AD = 0x88a8;
/** `ret #0` */
const NOTHING: readonly RawInstruction[] = [{ code: 0x06, jt: 0, jf: 0, k: 0 }];
/** Longer than a packet needs through the kernel that has met the filter before. */
const SETTLE_MS = 5;

/** What a handle has captured, and who is asked about it. */
interface Opened {
  readonly buffer: Buffer;
  /** `null` where it cannot be found. */
  readonly socket: number | null;
  members: readonly ExecutedFilter[];
}

/** Written anew for each packet instead of made anew. */
type Scratch = { -readonly [K in keyof PacketInfo]: PacketInfo[K] };

/** Counts the groups of one interface into shared memory. Lives in a process of its own, which may abort at any time. */
export class CapWorker {
  readonly #task: WorkerTask;
  readonly #memory: WorkerMemory;
  /** Its filters are the slots of groups. */
  readonly #tally: SizeTally;
  readonly #open: Opened[] = [];
  /** cap writes to memory that nobody else refers to. */
  readonly #kept: unknown[] = [];

  constructor(task: WorkerTask, memory: WorkerMemory) {
    this.#task = task;
    this.#memory = memory;
    this.#tally = memory.tally(task.bounds);
  }

  /** @throws what cap throws when libpcap cannot open the interface */
  async open(groups: readonly Group[]): Promise<void> {
    await Promise.all(groups.map((group) => this.#openGroup(group)));
  }

  /** The handles stay open: a wider kernel filter costs little, and closing one loses the packets in its ring. */
  drop(slots: readonly number[]): void {
    for (const opened of this.#open) {
      opened.members = opened.members.filter(({ filter }) => !slots.includes(filter));
    }
  }

  async #openGroup(group: Group): Promise<void> {
    for (const { slot } of group.members) this.#tally.clear(slot);
    const members = group.members.map(
      ({ slot, program }): ExecutedFilter => ({
        filter: slot,
        matches: program === null ? null : predicateOf(decodeProgram(program)),
      }),
    );
    if (group.kernelProgram === null || this.#task.link === 'other') {
      this.#openHandle(group, group.kernelExpression, members);
      return;
    }
    const opened = this.#openHandle(group, '', []);
    const decided = await decideInKernel(opened.socket, group.kernelProgram, () => {
      opened.members = members;
    });
    if (decided) return;
    opened.members = [];
    this.#openHandle(group, group.kernelExpression, members);
  }

  /** Shows that it lives, and what it has lost since the last call. */
  beat(): void {
    this.#memory.beat();
    for (const { socket } of this.#open)
      this.#memory.addDropped(socket === null ? null : takeDropped(socket));
  }

  #openHandle(group: Group, expression: string, members: readonly ExecutedFilter[]): Opened {
    const handle = new cap.Cap();
    const buffer = Buffer.alloc(SNAPLEN);
    // Also of an attempt that fails: cap must not be collected as garbage then.
    this.#kept.push(handle, buffer);
    const { socket } = findPacketSocket(() =>
      handle.open(this.#task.iface, expression, group.ringBytes, buffer),
    );
    const opened: Opened = { buffer, socket, members };
    this.#open.push(opened);
    const scratch: Scratch = { untaggedLength: 0, packetType: 0, protocol: 0, ifindex: 0, vlan: null };
    // Nothing is emitted before the loop comes to it.
    handle.on('packet', (capturedLength) => this.#count(opened, capturedLength, scratch));
    return opened;
  }

  #count({ buffer, members }: Opened, capturedLength: number, scratch: Scratch): void {
    this.#memory.beat();
    const ethernet = this.#task.link === 'ethernet';
    const wireLength =
      capturedLength < SNAPLEN ? capturedLength : trueLength(buffer, capturedLength, ethernet);
    let data = buffer.subarray(0, capturedLength);
    scratch.untaggedLength = wireLength;
    if (ethernet && isTagged(buffer, capturedLength)) {
      // libpcap has put the outer tag back into the frame; the programs were compiled for the kernel, which takes it out.
      scratch.vlan = { tpid: buffer.readUInt16BE(12), tci: buffer.readUInt16BE(14) };
      buffer.copyWithin(4, 0, 12);
      data = buffer.subarray(4, capturedLength);
      scratch.untaggedLength = wireLength - 4;
    } else {
      scratch.vlan = null;
    }
    scratch.protocol = ethernet && data.length >= 14 ? data.readUInt16BE(12) : 0;
    executeFilters(members, [this.#tally], { data, info: scratch, wireLength });
  }
}

/**
 * Has the kernel decide by a program that asks for what only it knows. cap's own way loses the first packet: libpcap runs the
 * filter over what may be in the ring already, and cannot tell there what the kernel knows.
 *
 * @param socket - of a handle without a filter
 * @param count - called when all that came before the filter is out of the ring
 * @returns `false` where it cannot be done: the socket is not known, or the kernel refuses the program
 */
async function decideInKernel(
  socket: number | null,
  program: readonly RawInstruction[],
  count: () => void,
): Promise<boolean> {
  if (socket === null) return false;
  try {
    attachClassicFilter(socket, NOTHING);
    await setTimeout(SETTLE_MS);
    // The loop looks at its sockets before it comes to this.
    await setImmediate();
    count();
    attachClassicFilter(socket, program);
    return true;
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
}

function isTagged(packet: Buffer, capturedLength: number): boolean {
  if (capturedLength < 18) return false;
  const type = packet.readUInt16BE(12);
  return type === TPID_8021Q || type === TPID_8021AD;
}
