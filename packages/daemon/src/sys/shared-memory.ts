import koffi from 'koffi';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

// linux/mman.h, linux/memfd.h
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MFD_CLOEXEC = 1;

const memfdCreate = libcFunction('int memfd_create(const char *name, unsigned int flags)');
const ftruncate = libcFunction('int ftruncate(int fd, long length)');

/**
 * Memory of zeros that another process can map through its file descriptor; gone when the last one has closed it.
 *
 * @param name - shown in /proc/<pid>/maps
 * @throws {@link SysError}
 * @see memfd_create(2)
 */
export function createSharedMemory(name: string, bytes: number): { fd: number; memory: ArrayBuffer } {
  const fd = memfdCreate(`create shared memory ${name}`, name, MFD_CLOEXEC);
  ftruncate(`size shared memory ${name}`, fd, bytes);
  return { fd, memory: mapSharedMemory(fd, bytes) };
}

/**
 * Maps the memory of a file descriptor for reading and writing. It stays mapped until the process ends.
 *
 * @throws {@link SysError}
 * @see mmap(2)
 */
export function mapSharedMemory(fd: number, bytes: number): ArrayBuffer {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func(
    'intptr_t mmap(void *address, size_t length, int protection, int flags, int fd, long offset)',
  );
  const address = BigInt(mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0));
  if (address === -1n) throw new SysError('map shared memory', koffi.errno());
  return koffi.view(address, bytes);
}
