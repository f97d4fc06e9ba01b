import { afterEach } from 'vitest';

/**
 * Closes what a test has opened when it ends, the newest first.
 *
 * @returns takes what is to be closed, and gives it back
 */
export function closedAfterEach(): <T extends { close(): unknown }>(thing: T) => T {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });
  return (thing) => {
    open.push(thing);
    return thing;
  };
}
