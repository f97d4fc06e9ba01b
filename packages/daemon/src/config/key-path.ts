/** Where a value stands in a TOML document: table keys and array indices, outermost first. */
export type KeyPath = readonly (string | number)[];

/**
 * The path as people write it: `filter[2].port`. Arrays count from 0; keys that are not bare are quoted, so that two
 * paths never give the same text.
 */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((step, depth) => {
      if (typeof step === 'number') return `[${step}]`;
      const key = /^[A-Za-z0-9_-]+$/.test(step) ? step : JSON.stringify(step);
      return depth === 0 ? key : `.${key}`;
    })
    .join('');
}
