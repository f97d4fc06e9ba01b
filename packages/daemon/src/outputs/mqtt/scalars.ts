import type { FilterState } from '@ifcast/protocol';

/** The fields of a filter's state that are also published as bare numbers with `mqtt.scalars`. */
export const SCALAR_FIELDS: readonly ScalarField[] = [
  'packets_total',
  'bytes_total',
  'packets_per_s',
  'bits_per_s',
  'bits_per_s_max',
];

type ScalarField = 'packets_total' | 'bytes_total' | 'packets_per_s' | 'bits_per_s' | 'bits_per_s_max';

/** Name and value of each; what is `null` is left out, for there is no number to say. */
export function scalarsOf(state: FilterState): [field: string, value: number | bigint][] {
  return SCALAR_FIELDS.flatMap((field) => {
    const value = state[field];
    return value === null ? [] : [[field, value]];
  });
}
