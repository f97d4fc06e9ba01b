import type { Log } from '../../base/log.ts';

/** Lines that may be written at once. */
const BURST = 20;
/** One more is allowed after this time, in milliseconds. */
const REFILL_MS = 60_000;

/**
 * A log that something which comes and goes for days cannot flood: after a burst one line a minute, which says how many
 * were left out. Debug lines always pass.
 *
 * @param now - monotonic clock in milliseconds
 */
export function limitLog(log: Log, now: () => number = () => performance.now()): Log {
  let allowed = BURST;
  let at = now();
  let leftOut = 0;
  const limited = (write: (message: string) => void) => (message: string) => {
    const refills = Math.floor((now() - at) / REFILL_MS);
    allowed = Math.min(BURST, allowed + refills);
    at += refills * REFILL_MS;
    if (allowed === 0) {
      leftOut++;
      log.debug(message);
      return;
    }
    allowed--;
    write(leftOut === 0 ? message : `${message} (${leftOut} lines before this one left out)`);
    leftOut = 0;
  };
  return {
    error: limited((message) => log.error(message)),
    warn: limited((message) => log.warn(message)),
    info: limited((message) => log.info(message)),
    debug: (message) => log.debug(message),
  };
}
