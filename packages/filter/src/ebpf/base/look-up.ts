import {
  call,
  type EbpfInstruction,
  HELPER,
  jumpIf,
  loadMap,
  loadMapValue,
  R0,
  R1,
  R2,
} from '../isa/instruction.ts';
import { KEY_MAP } from './program-maps.ts';

/** Where a program leaves a packet: a label that every counting program has. */
export const OUT = 'out';

/** r0 = the first entry of an array map; r1–r5 are lost. */
export function lookUpFirst(map: string): EbpfInstruction[] {
  return [
    // On the stack the key would cost a speculation barrier where CAP_PERFMON is missing.
    loadMapValue(R2, KEY_MAP.name),
    loadMap(R1, map),
    call(HELPER.mapLookupElem),
    jumpIf(R0, 'eq', 0, OUT),
  ];
}
