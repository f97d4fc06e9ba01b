import { findGroup } from '../sys/user-database.ts';
import { orEmpty } from './checks.ts';
import { path } from './file-checks.ts';
import { type Check, type Key, key, tableKey } from './table.ts';

/** Stands for the name of each interface. */
export const INTERFACE_PLACEHOLDER = '{interface}';
/** sun_path of sockaddr_un, less its NUL (unix(7)) and the character that marks a socket that is not ready. */
export const MAX_SOCKET_PATH_BYTES = 106;
const DEFAULT_MODE = 0o660;

export interface SocketConfig {
  /** May hold {@link INTERFACE_PLACEHOLDER}. */
  readonly path: string;
  readonly mode: number;
  /** Of the group that owns it, `null` for the daemon's own. */
  readonly gid: number | null;
}

const socketPath: Check<string> = (value, place) => {
  const file = path(value, place);
  if (file === undefined) return undefined;
  const bytes = Buffer.byteLength(file.replaceAll(INTERFACE_PLACEHOLDER, ''));
  if (bytes <= MAX_SOCKET_PATH_BYTES) return file;
  return place.fault(
    `${bytes} bytes are too many: the path of a socket has at most ${MAX_SOCKET_PATH_BYTES}`,
  );
};

const fileMode: Check<number> = (value, place) => {
  const mode = typeof value === 'string' && /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : null;
  return mode ?? place.isNot(value, 'a mode in octal digits such as "0660"');
};

const group: Check<number> = (value, place) => {
  const gid = typeof value === 'string' ? findGroup(value) : null;
  return gid ?? place.isNot(value, 'a group of this machine: see /etc/group');
};

const KEYS = {
  path: key(orEmpty(socketPath), null),
  mode: key(fileMode, DEFAULT_MODE),
  group: key(orEmpty(group), null),
};

/** `[socket]`; `null` where it is switched off. */
export const socketTable: Key<SocketConfig | null> = tableKey(KEYS, ({ path: file, mode, group: gid }) =>
  file === null ? null : { path: file, mode, gid },
);
