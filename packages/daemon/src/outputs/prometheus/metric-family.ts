/** A label and its value, in the order in which they are written. */
export type Label = readonly [name: string, value: string];

/** One number. */
export interface NumberSample {
  readonly labels: readonly Label[];
  readonly value: number | bigint;
  /** When a counter started at 0. */
  readonly created?: Date;
}

/** One distribution of packet sizes. */
export interface HistogramSample {
  readonly labels: readonly Label[];
  /** Ascending inclusive upper bounds. */
  readonly upperBounds: readonly number[];
  /** Not cumulative: one more entry than upper bounds. */
  readonly sizes: readonly bigint[];
  readonly sum: bigint;
  readonly created: Date;
}

interface Named {
  /** Without the suffix that its type has: `_total` of a counter, `_info` of an info. */
  readonly name: string;
  /** A sentence for people. */
  readonly help: string;
  /** The last word of the name, where that is a unit. */
  readonly unit?: 'bytes';
}

/** All metrics of one name. */
export type MetricFamily = Named &
  (
    | { readonly type: 'counter' | 'gauge' | 'info'; readonly samples: Iterable<NumberSample> }
    | { readonly type: 'histogram'; readonly samples: Iterable<HistogramSample> }
  );
