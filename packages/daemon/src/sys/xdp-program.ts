import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { addressOf, BPF_COMMAND, bpf } from './bpf.ts';
import { SysError } from './sys-error.ts';

const LINK_TYPE_XDP = 6;
const LINK_INFO_BYTES = 64;
const PROGRAM_INFO_BYTES = 232;
const PROGRAM_NAME = { at: 64, bytes: 16 } as const;

/** A process that holds something in the kernel. */
export interface HolderProcess {
  readonly pid: number;
  /** Its name, at most 15 characters. */
  readonly name: string;
}

/** The XDP program at an interface, as far as this process may know. */
export interface XdpProgram {
  /** Who keeps it there; `null` where that cannot be seen. */
  readonly holder: HolderProcess | null;
  /** `false`: no link holds it, and whoever may configure the interface can take it away; `null` where not to be known. */
  readonly linked: boolean | null;
  /** The kernel's name of the program; `null` where it has none or may not be asked. */
  readonly name: string | null;
}

/** A link to an interface, of a process of this machine. */
interface Link {
  readonly programId: number;
  readonly holder: HolderProcess | null;
}

/**
 * Finds out what keeps an XDP program at an interface. What processes hold is read from /proc, which shows those of one's
 * own user with no more capabilities; what the kernel has needs CAP_SYS_ADMIN.
 *
 * @see `bpf_link_show_fdinfo()` of kernel/bpf/syscall.c; `struct bpf_link_info`, `struct bpf_prog_info` of linux/bpf.h
 */
export function findXdpProgram(ifindex: number): XdpProgram {
  const held = linkOfProcess(ifindex);
  if (held !== null) return { holder: held.holder, linked: true, name: nameOf(held.programId) };
  try {
    const link = linkOfKernel(ifindex);
    return { holder: null, linked: link !== null, name: link === null ? null : nameOf(link.programId) };
  } catch (error) {
    if (error instanceof SysError) return { holder: null, linked: null, name: null };
    throw error;
  }
}

/** The first that is found in this network namespace, otherwise in any: the number of an interface is one of each. */
function linkOfProcess(ifindex: number): Link | null {
  const here = networkNamespace('thread-self');
  let elsewhere: Link | null = null;
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of entries(`/proc/${pid}/fdinfo`)) {
      const link = linkOf(pid, readText(`/proc/${pid}/fdinfo/${fd}`), ifindex);
      if (link === null) continue;
      if (networkNamespace(pid) === here) return link;
      elsewhere ??= link;
    }
  }
  return elsewhere;
}

function linkOf(pid: string, info: string, ifindex: number): Link | null {
  if (!info.includes('link_type:\txdp\n')) return null;
  const field = (name: string): number => Number(new RegExp(`^${name}:\\t(\\d+)$`, 'm').exec(info)?.[1]);
  if (field('ifindex') !== ifindex) return null;
  const holder = { pid: Number(pid), name: readText(`/proc/${pid}/comm`).trim() };
  return { programId: field('prog_id'), holder };
}

/** @throws {@link SysError} `EPERM` without CAP_SYS_ADMIN */
function linkOfKernel(ifindex: number): Link | null {
  for (let id = nextLinkId(0); id !== null; id = nextLinkId(id)) {
    const info = infoOf(BPF_COMMAND.linkGetFdById, id, LINK_INFO_BYTES);
    // Its union begins with what type 0x10 says: of XDP the interface.
    if (info?.readUInt32LE(0) !== LINK_TYPE_XDP || info.readUInt32LE(16) !== ifindex) continue;
    return { programId: info.readUInt32LE(8), holder: null };
  }
  return null;
}

function nextLinkId(id: number): number | null {
  const attr = Buffer.alloc(12);
  attr.writeUInt32LE(id, 0);
  try {
    bpf('look for eBPF links', BPF_COMMAND.linkGetNextId, attr);
    return attr.readUInt32LE(4);
  } catch (error) {
    if (error instanceof SysError && error.code === 'ENOENT') return null;
    throw error;
  }
}

function nameOf(programId: number): string | null {
  try {
    const info = infoOf(BPF_COMMAND.progGetFdById, programId, PROGRAM_INFO_BYTES);
    const name = info?.toString('latin1', PROGRAM_NAME.at, PROGRAM_NAME.at + PROGRAM_NAME.bytes);
    return name?.replace(/\0.*$/s, '') || null;
  } catch (error) {
    if (error instanceof SysError) return null;
    throw error;
  }
}

/** What the kernel says of a link or a program; `null` when it has just gone. */
function infoOf(command: number, id: number, bytes: number): Buffer | null {
  const byId = Buffer.alloc(12);
  byId.writeUInt32LE(id, 0);
  let fd: number;
  try {
    fd = bpf('open an eBPF object', command, byId);
  } catch (error) {
    if (error instanceof SysError && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const info = Buffer.alloc(bytes);
    const attr = Buffer.alloc(16);
    attr.writeUInt32LE(fd, 0);
    attr.writeUInt32LE(bytes, 4);
    attr.writeBigUInt64LE(addressOf(info), 8);
    bpf('look at an eBPF object', BPF_COMMAND.objGetInfoByFd, attr);
    return info;
  } finally {
    closeSync(fd);
  }
}

function networkNamespace(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

/** Nothing where it may not be read, or has just gone. */
function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
