/** What happened to whom. */
export type JournalKind =
  | 'connected'
  | 'broker-lost'
  | 'online'
  | 'offline'
  | 'removed'
  | 'daemon-restarted'
  | 'totals-restarted'
  | 'stale'
  | 'live'
  | 'waiting'
  | 'failed'
  | 'counting'
  | 'gone'
  | 'packets-lost'
  | 'broadcasts-missed'
  | 'problem'
  | 'problem-over'
  | 'alarm'
  | 'alarm-over';

/** How grave a kind is: its colour, and its sign where there is no colour. */
export const JOURNAL_GRAVITY: Readonly<Record<JournalKind, 'good' | 'warn' | 'bad'>> = {
  connected: 'good',
  'broker-lost': 'bad',
  online: 'good',
  offline: 'bad',
  removed: 'warn',
  'daemon-restarted': 'warn',
  'totals-restarted': 'warn',
  stale: 'warn',
  live: 'good',
  waiting: 'warn',
  failed: 'bad',
  counting: 'good',
  gone: 'warn',
  'packets-lost': 'warn',
  'broadcasts-missed': 'warn',
  problem: 'bad',
  'problem-over': 'good',
  alarm: 'bad',
  'alarm-over': 'good',
};

/** Something that happened. */
export interface JournalEntry {
  /** Counts from 1 since the program began: what has a larger number than the last one seen is new. */
  readonly number: number;
  /** When it began, and when it happened last, milliseconds since the epoch: a loss that goes on stays one entry. */
  readonly at: number;
  readonly until: number;
  readonly kind: JournalKind;
  /** A broker, `gw-01`, or `gw-01/eth0`. */
  readonly subject: string;
  /** One sentence without its subject: `3 packets were lost`. */
  readonly text: string;
  /** How many, of what can be counted. */
  readonly amount: bigint | null;
  /** The reader asked for the terminal's bell. */
  readonly bell: boolean;
}

/**
 * The newest {@link MAX_JOURNAL_ENTRIES} entries, and how many there have been. `reduce` and `watch` write into
 * `State.journal`; a screen lists `entries` from the end in the colour of {@link JOURNAL_GRAVITY}, and rings the bell for
 * those with `bell` whose number is larger than the `total` that it saw before.
 */
export interface Journal {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  readonly total: number;
}

export const EMPTY_JOURNAL: Journal = { entries: [], total: 0 };

/** More are not kept: the memory stays as it is however much happens. */
export const MAX_JOURNAL_ENTRIES = 1000;

/** Losses of the same interface with less time than this between them are one. */
const ONE_LOSS_MS = 10_000;
/** An older entry is not looked for. */
const LOOK_BACK = 64;

/** An entry that has not been written yet. */
export interface Happening {
  readonly at: number;
  readonly kind: JournalKind;
  readonly subject: string;
  readonly text: string;
  readonly bell?: boolean;
}

/** Writes entries into a copy of a journal, which is made when there is something to write. */
export class JournalWriter {
  #journal: Journal;
  #own: JournalEntry[] | null = null;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** The journal with what has been written. */
  get journal(): Journal {
    return this.#journal;
  }

  write({ bell = false, ...happening }: Happening): void {
    this.#push({ ...happening, until: happening.at, amount: null, bell });
  }

  /**
   * Adds to the entry of the same kind and subject if that is still going on, or begins another one.
   *
   * @param sentence - of how many in all
   */
  add(
    happening: Omit<Happening, 'text' | 'bell'>,
    amount: bigint,
    sentence: (amount: bigint) => string,
  ): void {
    const { at, kind, subject } = happening;
    const entries = this.#entries();
    const index = entries.findLastIndex((entry) => entry.kind === kind && entry.subject === subject);
    const entry = entries[index];
    if (entry?.amount == null || index < entries.length - LOOK_BACK || at - entry.until > ONE_LOSS_MS) {
      this.#push({ ...happening, until: at, text: sentence(amount), amount, bell: false });
      return;
    }
    const sum = entry.amount + amount;
    entries[index] = { ...entry, until: at, text: sentence(sum), amount: sum };
  }

  #push(entry: Omit<JournalEntry, 'number'>): void {
    const entries = this.#entries();
    const total = this.#journal.total + 1;
    if (entries.length >= MAX_JOURNAL_ENTRIES) entries.shift();
    entries.push({ number: total, ...entry });
    this.#journal = { entries, total };
  }

  #entries(): JournalEntry[] {
    if (this.#own === null) {
      this.#own = [...this.#journal.entries];
      this.#journal = { ...this.#journal, entries: this.#own };
    }
    return this.#own;
  }
}

/** How long something took, in the words of an entry: `0.4 s`, `12 s`, `192 s`. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}
