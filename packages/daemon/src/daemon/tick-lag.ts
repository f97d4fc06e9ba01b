/** The most ticks that are kept between two readings: 60 s at the shortest `delay_ms`. */
const CAPACITY = 600;

/** How late the daemon's ticks come, which is how long its event loop was held up. */
export class TickLag {
  #lags: number[] = [];

  /** @param lagMs - how much later than due a tick came, in milliseconds */
  add(lagMs: number): void {
    if (this.#lags.length < CAPACITY) this.#lags.push(lagMs);
  }

  /** The 99th percentile since the last reading, in milliseconds rounded to a tenth; 0 where there was no tick. */
  takeP99(): number {
    const sorted = this.#lags.sort((a, b) => a - b);
    this.#lags = [];
    const lag = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
    return Math.round(lag * 10) / 10;
  }
}
