import { SAMPLE } from '../config/sample.ts';
import type { CommandOutput } from './count.ts';

/** `ifcastd init`: prints a configuration to begin with. */
export function runInit(output: CommandOutput): void {
  output.out(SAMPLE.trimEnd());
}
