/** A second a slot for the sparklines, ten seconds a slot for the hour. */
const RINGS = [
  { slotMs: 1_000, slots: 240 },
  { slotMs: 10_000, slots: 360 },
] as const;

/** What is remembered of a filter. */
export type Quantity = 'bits' | 'packets';

/** The mean over the time of a cell, or the largest rate that a broadcast in it told. */
export type Measure = 'mean' | 'peak';

/**
 * The rates of one filter over the last hour, in memory of fixed size (9.6 kB).
 *
 * A broadcast tells the mean rate over its interval; the slots that the interval covers take it in proportion. A slot
 * without a broadcast is unknown, which is not 0.
 */
export class History {
  readonly #rings: readonly Ring[] = RINGS.map(({ slotMs, slots }) => new Ring(slotMs, slots));

  /**
   * Takes the mean rates over the `intervalMs` that end at `at`.
   *
   * @param at - milliseconds, never earlier than the time before
   */
  add(at: number, intervalMs: number, bitsPerS: number, packetsPerS: number): void {
    for (const ring of this.#rings) ring.add(at - intervalMs, at, bitsPerS, packetsPerS);
  }

  /**
   * Rates per cell, oldest first; the last cell holds `until` and is not complete yet.
   *
   * @param cellMs - whole seconds; whole tens of seconds reach back an hour, others four minutes
   * @returns `cells` numbers, `NaN` where nothing is known
   */
  series(
    quantity: Quantity,
    until: number,
    cellMs: number,
    cells: number,
    measure: Measure = 'mean',
  ): Float64Array {
    const ring = this.#rings.findLast(({ slotMs }) => cellMs % slotMs === 0) ?? this.#rings[0]!;
    return ring.series(quantity, measure, until, cellMs, cells);
  }

  /** A history of its own with the same past. */
  clone(): History {
    const copy = new History();
    for (const [index, ring] of this.#rings.entries()) copy.#rings[index]!.take(ring);
    return copy;
  }
}

/** Bits and packets, of each the mean and the peak. */
const SERIES = 4;

class Ring {
  readonly slotMs: number;
  readonly #slots: number;
  /** One array for all: many small ones take more memory than what they hold. */
  readonly #values: Float32Array;
  /** Number of the newest slot since the epoch; the only one that still changes. */
  #newest = Number.NEGATIVE_INFINITY;
  #bitsSum = 0;
  #packetsSum = 0;
  #coveredMs = 0;
  #end = Number.NEGATIVE_INFINITY;

  constructor(slotMs: number, slots: number) {
    this.slotMs = slotMs;
    this.#slots = slots;
    this.#values = new Float32Array(SERIES * slots).fill(Number.NaN);
  }

  add(start: number, end: number, bits: number, packets: number): void {
    const capacityMs = this.slotMs * this.#slots;
    // What is told twice, or lies further back than the ring, would only be overwritten.
    let from = Math.max(start, this.#end, end - capacityMs + this.slotMs);
    // A clock that stands still, or a burst after a stall: the newest slot takes it with the smallest weight.
    if (from >= end) from = end - 1;
    for (let at = from; at < end; ) {
      const slot = Math.floor(at / this.slotMs);
      if (slot > this.#newest) this.#open(slot);
      const until = Math.min(end, (slot + 1) * this.slotMs);
      this.#bitsSum += bits * (until - at);
      this.#packetsSum += packets * (until - at);
      this.#coveredMs += until - at;
      const index = this.#index(this.#newest);
      this.#values[this.#start('bits', 'mean') + index] = this.#bitsSum / this.#coveredMs;
      this.#values[this.#start('packets', 'mean') + index] = this.#packetsSum / this.#coveredMs;
      raise(this.#values, this.#start('bits', 'peak') + index, bits);
      raise(this.#values, this.#start('packets', 'peak') + index, packets);
      at = until;
    }
    this.#end = Math.max(this.#end, end);
  }

  series(quantity: Quantity, measure: Measure, until: number, cellMs: number, cells: number): Float64Array {
    const values = this.#values;
    const start = this.#start(quantity, measure);
    const slotsPerCell = Math.max(1, Math.round(cellMs / this.slotMs));
    const lastCell = Math.floor(until / this.slotMs / slotsPerCell);
    const oldest = this.#newest - this.#slots + 1;
    const series = new Float64Array(cells);
    for (let cell = 0; cell < cells; cell++) {
      const first = (lastCell - cells + 1 + cell) * slotsPerCell;
      let sum = 0;
      let largest = 0;
      let known = 0;
      for (let slot = first; slot < first + slotsPerCell; slot++) {
        if (slot < oldest || slot > this.#newest) continue;
        const value = values[start + this.#index(slot)]!;
        if (Number.isNaN(value)) continue;
        sum += value;
        largest = Math.max(largest, value);
        known++;
      }
      series[cell] = known === 0 ? Number.NaN : measure === 'mean' ? sum / known : largest;
    }
    return series;
  }

  take(other: Ring): void {
    this.#values.set(other.#values);
    this.#newest = other.#newest;
    this.#bitsSum = other.#bitsSum;
    this.#packetsSum = other.#packetsSum;
    this.#coveredMs = other.#coveredMs;
    this.#end = other.#end;
  }

  #open(slot: number): void {
    const skipped = Math.min(slot - this.#newest - 1, this.#slots);
    // The new one too: what it held is as old as the ring is long.
    for (let back = 0; back <= skipped; back++) {
      const index = this.#index(slot - back);
      for (let series = 0; series < SERIES; series++) this.#values[series * this.#slots + index] = Number.NaN;
    }
    this.#newest = slot;
    this.#bitsSum = 0;
    this.#packetsSum = 0;
    this.#coveredMs = 0;
  }

  #index(slot: number): number {
    const index = slot % this.#slots;
    return index < 0 ? index + this.#slots : index;
  }

  /** Where the slots of a series begin. */
  #start(quantity: Quantity, measure: Measure): number {
    return ((quantity === 'bits' ? 0 : 2) + (measure === 'mean' ? 0 : 1)) * this.#slots;
  }
}

function raise(values: Float32Array, index: number, value: number): void {
  const before = values[index]!;
  if (!(before >= value)) values[index] = value;
}
