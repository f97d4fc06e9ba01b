/** A clock that can be set, stopped, and made faster: the time of a recording. */
export class ReplayClock {
  readonly #monotonic: () => number;
  #at = 0;
  /** On the clock that does not jump; `null` while this one stands still. */
  #runningSince: number | null = null;
  #speed: number;

  /**
   * @param speed - 2 is twice as fast; `Infinity`: whatever is asked about has passed
   * @param monotonic - milliseconds on a clock that does not jump
   */
  constructor(speed: number, monotonic: () => number = () => performance.now()) {
    this.#speed = speed;
    this.#monotonic = monotonic;
  }

  get speed(): number {
    return this.#speed;
  }

  get isRunning(): boolean {
    return this.#runningSince !== null;
  }

  now(): number {
    if (this.#runningSince === null) return this.#at;
    if (this.#speed === Number.POSITIVE_INFINITY) return this.#speed;
    return this.#at + (this.#monotonic() - this.#runningSince) * this.#speed;
  }

  set(at: number): void {
    this.#at = at;
    if (this.#runningSince !== null) this.#runningSince = this.#monotonic();
  }

  setSpeed(speed: number, at: number = this.now()): void {
    this.set(at);
    this.#speed = speed;
  }

  run(): void {
    this.#runningSince ??= this.#monotonic();
  }

  /** @param at - the time that it shows from now on */
  halt(at: number = this.now()): void {
    this.#at = at;
    this.#runningSince = null;
  }
}
