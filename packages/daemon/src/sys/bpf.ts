import koffi from 'koffi';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

/** Commands of bpf(2), `enum bpf_cmd` of linux/bpf.h. */
export const BPF_COMMAND = {
  mapCreate: 0,
  mapLookupElem: 1,
  progLoad: 5,
  progGetFdById: 13,
  objGetInfoByFd: 15,
  linkCreate: 28,
  linkUpdate: 29,
  linkGetFdById: 30,
  linkGetNextId: 31,
} as const;

/** The number of bpf(2) where Node and koffi run on Linux (asm/unistd.h). */
const SYSCALL_NUMBER: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const ENOSYS = 38;

const syscall = libcFunction('long syscall(long nr, long a, void *b, long c, long d, long e, long f)');
const closeFd = libcFunction('int close(int fd)');

/**
 * Calls bpf(2): the only place that does.
 *
 * @param attr - `union bpf_attr`; the buffers whose addresses it holds have to be referenced by the caller
 * @returns what the kernel returns, a file descriptor for most commands
 * @throws {@link SysError}
 */
export function bpf(operation: string, command: number, attr: Buffer): number {
  const number = process.platform === 'linux' ? SYSCALL_NUMBER[process.arch] : undefined;
  if (number === undefined)
    throw new SysError(`${operation} (bpf(2) on ${process.platform} ${process.arch})`, ENOSYS);
  return syscall(operation, number, command, attr, attr.byteLength, 0, 0, 0);
}

/** The address of a buffer, for a pointer in `union bpf_attr`. */
export function addressOf(buffer: Uint8Array): bigint {
  return BigInt(koffi.address(buffer));
}

/** Closes a map, a program or a link; what is attached through a link is detached. */
export function closeBpf(fd: number): void {
  closeFd('close', fd);
}

/** The kernel's name of an object: at most 15 characters, letters, digits and `_`. */
export function writeObjectName(attr: Buffer, name: string, offset: number): void {
  attr.write(name.replace(/\W/g, '_').slice(0, 15), offset, 'latin1');
}
