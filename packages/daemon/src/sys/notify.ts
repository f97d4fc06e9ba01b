import { closeSync } from 'node:fs';
import { constants } from 'node:os';

import { libcFunction } from './libc.ts';
import { SysError } from './sys-error.ts';

// bits/socket.h, bits/socket_type.h
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const SUN_PATH_BYTES = 108;

const socket = libcFunction('int socket(int domain, int type, int protocol)');
const sendto = libcFunction(
  'long sendto(int fd, const void *buffer, size_t length, int flags, const void *address, unsigned int addressLength)',
);

/** The environment that systemd gives to a service of `Type=notify`. */
export interface NotifyEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/**
 * Sends state to the service manager, over a datagram socket, which Node has none of.
 *
 * @param state - for example `READY=1` and `STATUS=counting`; without line ends
 * @returns whether there is a service manager
 * @throws SysError when it cannot be reached
 * @see sd_notify(3)
 */
export function notifyServiceManager(state: readonly string[], env: NotifyEnvironment): boolean {
  const path = env.NOTIFY_SOCKET;
  if (path === undefined || path === '') return false;
  const address = socketAddress(path);
  const message = Buffer.from(state.map((line) => line.replaceAll('\n', ' ')).join('\n'));
  const fd = socket('open a socket for the service manager', AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  try {
    sendto(`notify ${path}`, fd, message, message.length, MSG_DONTWAIT_NOSIGNAL, address, address.length);
  } finally {
    closeSync(fd);
  }
  return true;
}

/**
 * How often the watchdog has to be told that all is well, in milliseconds: twice in the time it allows.
 *
 * @returns `null` where no watchdog watches this process
 * @see sd_watchdog_enabled(3)
 */
export function watchdogIntervalMs(env: NotifyEnvironment, pid: number = process.pid): number | null {
  const { WATCHDOG_USEC: usec = '', WATCHDOG_PID: watched = '' } = env;
  if (!/^[1-9][0-9]*$/.test(usec) || (watched !== '' && watched !== String(pid))) return null;
  return Math.max(1, Math.floor(Number(usec) / 2000));
}

/** `struct sockaddr_un` of unix(7); a leading "@" stands for the abstract namespace's NUL. */
function socketAddress(path: string): Buffer {
  const abstract = path.startsWith('@');
  const name = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`);
  if ((!abstract && !path.startsWith('/')) || name.length > SUN_PATH_BYTES) {
    throw new SysError(`notify ${path}`, constants.errno.EINVAL);
  }
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
