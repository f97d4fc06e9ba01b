/** What a test needs of the machine: it says why it is skipped, and fails where the machine is meant to have it all. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** `root`: user id 0. `bpf`: CAP_BPF and CAP_NET_ADMIN. Anything else is a program that has to be installed, or the path of a file. */
export type Requirement = 'root' | 'bpf' | (string & {});

const CAP_NET_ADMIN = 12;
const CAP_BPF = 39;

/**
 * Whether the machine has everything that is named, for `describe.runIf(requirements('root', 'tcpdump'))`.
 *
 * @returns `false`, with the reason printed, when something is missing
 * @throws Error instead under `CI=true`: there a test that does not run is a fault
 */
export function requirements(...needed: readonly Requirement[]): boolean {
  const missing = needed.map(reasonMissing).filter((reason) => reason !== null);
  if (missing.length === 0) return true;
  const reason = `skipped: ${missing.join('; ')}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  process.stderr.write(`${reason}\n`);
  return false;
}

function reasonMissing(requirement: Requirement): string | null {
  switch (requirement) {
    case 'root':
      return process.getuid?.() === 0 ? null : 'needs root (sudo npm test)';
    case 'bpf':
      return hasCapabilities(CAP_BPF, CAP_NET_ADMIN) ? null : 'needs Linux with CAP_BPF and CAP_NET_ADMIN';
    default: {
      const kind = requirement.startsWith('/') ? 'file' : 'program';
      const there = kind === 'file' ? existsSync(requirement) : isInstalled(requirement);
      return there ? null : `needs the ${kind} ${requirement} (npm run setup -- --test)`;
    }
  }
}

function hasCapabilities(...wanted: readonly number[]): boolean {
  if (process.platform !== 'linux') return false;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return wanted.every((bit) => (BigInt(`0x${effective}`) & (1n << BigInt(bit))) !== 0n);
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}
