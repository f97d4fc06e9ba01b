import { accessSync, constants, statSync } from 'node:fs';

/** Why the program of a command cannot be executed, with what to do; `null` where it can. */
export function whyNotExecutable(program: string): string | null {
  try {
    if (!statSync(program).isFile()) return `${program} is no program`;
    accessSync(program, constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `there is no ${program}: install it, or name the right path`;
    if (code === 'EACCES') return `${program} is not executable: chmod +x it`;
    return `${program} cannot be executed: ${message}`;
  }
}
