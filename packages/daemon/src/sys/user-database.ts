import { readFileSync } from 'node:fs';

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
