import { readFileSync } from 'node:fs';

import type { UserIds } from './give-up-privileges.ts';

/**
 * The ids of a user.
 *
 * @param name - a name of /etc/passwd, or a number
 * @returns `null` where there is no such user
 * @see passwd(5), group(5)
 */
export function findUser(name: string): UserIds | null {
  const entry = entries('/etc/passwd').find(([login, , uid]) => login === name || uid === name);
  if (entry === undefined) return null;
  const [login = '', , uid, gid] = entry;
  const groups = entries('/etc/group')
    .filter(([, , , members = '']) => members.split(',').includes(login))
    .map(([, , id]) => Number(id));
  return { uid: Number(uid), gid: Number(gid), groups };
}

/**
 * The id of a group.
 *
 * @param name - a name of /etc/group, or a number
 * @returns `null` where there is no such group
 */
export function findGroup(name: string): number | null {
  if (/^\d+$/.test(name)) return Number(name);
  const entry = entries('/etc/group').find(([group]) => group === name);
  return entry === undefined ? null : Number(entry[2]);
}

function entries(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
