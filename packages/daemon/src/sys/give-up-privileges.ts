import { libcFunction } from './libc.ts';
import { setCapabilities } from './set-capabilities.ts';
import { SysError } from './sys-error.ts';

/** A user to become. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

// linux/prctl.h
const PR_SET_NO_NEW_PRIVS = 38;
const ENOSYS = 38;

/** asm/unistd.h. The C library's own functions of these names act on all threads. */
const SYSCALL_NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: { setgroups: 116, setresuid: 117, setresgid: 119 },
  arm64: { setgroups: 159, setresuid: 147, setresgid: 149 },
};

const prctl = libcFunction('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
const syscallIds = libcFunction('long syscall(long nr, long a, long b, long c)');
const syscallList = libcFunction('long syscall(long nr, long a, const void *b)');

/**
 * Gives up every capability of the calling thread for good, also for what it will execute, root or not. Other threads of
 * the process keep theirs.
 *
 * @param user - who the thread becomes before; `null` to stay who it is
 * @throws {@link SysError}
 * @see capabilities(7), prctl(2) PR_SET_NO_NEW_PRIVS
 */
export function giveUpPrivileges(user: UserIds | null): void {
  if (user !== null) become(user);
  // With this, execve(2) gives root no more than its thread has: nothing.
  prctl('forbid new privileges', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  setCapabilities({ effective: 0n, permitted: 0n, inheritable: 0n });
}

function become({ uid, gid, groups }: UserIds): void {
  const numbers = SYSCALL_NUMBERS[process.arch];
  if (numbers === undefined) throw new SysError(`become user ${uid} on ${process.arch}`, ENOSYS);
  syscallList(
    'set the groups',
    numbers['setgroups'],
    groups.length,
    Buffer.from(Uint32Array.from(groups).buffer),
  );
  syscallIds('set the group', numbers['setresgid'], gid, gid, gid);
  syscallIds('set the user', numbers['setresuid'], uid, uid, uid);
}
