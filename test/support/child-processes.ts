import { readdirSync, readFileSync } from 'node:fs';

/**
 * The ids of the children of a process, by default this one, that run an entry of the daemon, such as `cap-worker-main`.
 *
 * @see proc_pid_stat(5)
 */
export function childProcesses(entry: string, of: number = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').split(' ')[2];
        return Number(parent) === of && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(entry);
      } catch {
        // It ended meanwhile.
        return false;
      }
    });
}
