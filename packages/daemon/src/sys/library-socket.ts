import { readdirSync } from 'node:fs';

import type { RawInstruction } from '@ifcast/filter';
import koffi from 'koffi';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

// bits/socket.h, asm-generic/socket.h
const AF_PACKET = 17;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DOMAIN = 39;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
/** `struct tpacket_stats`: received, then dropped. */
const STATISTICS_BYTES = 8;
const INSTRUCTION_BYTES = 8;
/** `struct sock_fprog` on 64-bit systems: a count, then a pointer. */
const PROGRAM_BYTES = 16;

const setsockopt = libcFunction(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const getsockopt = libcFunction('int getsockopt(int fd, int level, int name, void *value, void *length)');

/**
 * Makes the kernel hand a socket only what a classic BPF program matches, in place of the one before.
 *
 * @throws {@link SysError} `EINVAL` for a program that the kernel refuses, such as one of more than 4,096 instructions
 * @see socket(7), SO_ATTACH_FILTER
 */
export function attachClassicFilter(fd: number, program: readonly RawInstruction[]): void {
  const code = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  program.forEach((instruction, index) => {
    const at = index * INSTRUCTION_BYTES;
    code.writeUInt16LE(instruction.code, at);
    code.writeUInt8(instruction.jt, at + 2);
    code.writeUInt8(instruction.jf, at + 3);
    code.writeUInt32LE(instruction.k, at + 4);
  });
  const value = Buffer.alloc(PROGRAM_BYTES);
  value.writeUInt16LE(program.length, 0);
  value.writeBigUInt64LE(BigInt(koffi.address(code)), 8);
  setsockopt('attach a packet filter', fd, SOL_SOCKET, SO_ATTACH_FILTER, value, value.length);
}

/**
 * Runs what makes a library open a packet socket, and finds out which one that is.
 *
 * @returns `null` for the socket where /proc does not show it
 */
export function findPacketSocket<T>(open: () => T): { readonly opened: T; readonly socket: number | null } {
  const before = packetSockets();
  const opened = open();
  const socket = packetSockets().find((fd) => !before.includes(fd));
  return { opened, socket: socket ?? null };
}

/**
 * How many packets a socket has lost since it was asked last, because its ring was full.
 *
 * @throws {@link SysError}
 * @see packet(7), PACKET_STATISTICS
 */
export function takeDropped(fd: number): number {
  const statistics = Buffer.alloc(STATISTICS_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(statistics.length);
  getsockopt('ask for lost packets', fd, SOL_PACKET, PACKET_STATISTICS, statistics, length);
  return statistics.readUInt32LE(4);
}

function packetSockets(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number).filter(isPacketSocket);
  } catch {
    return [];
  }
}

function isPacketSocket(fd: number): boolean {
  const value = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  try {
    getsockopt('ask for the domain of a socket', fd, SOL_SOCKET, SO_DOMAIN, value, length);
  } catch (error) {
    // No socket, or closed since.
    if (error instanceof SysError) return false;
    throw error;
  }
  return value.readInt32LE() === AF_PACKET;
}
