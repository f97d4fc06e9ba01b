import type { DashboardEvent } from './events.ts';
import { frame } from './frame/frame.ts';
import type { Settings, Size } from './frame/model.ts';
import { type Palette, toAnsi } from './frame/palette.ts';
import { type Key, press } from './keys.ts';
import { EMPTY_STATE, type State } from './state.ts';
import { freeze, reduce } from './store.ts';
import { targetsOf } from './targets.ts';
import { INITIAL_VIEW, type View } from './view.ts';

/** What the dashboard needs of the world. */
export interface DashboardPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly retryNow: () => void;
  /** @param keepScreen - leave the last frame in the terminal */
  readonly quit: (keepScreen: boolean) => void;
}

/** Messages that come within this time are one update: a daemon broadcasts all its interfaces at once. */
const COALESCE_MS = 30;
/** The eye does not read faster. */
const MIN_PAINT_INTERVAL_MS = 100;
/** The clock in the corner goes on when nothing comes. */
const IDLE_PAINT_INTERVAL_MS = 1_000;

/** Keeps state and view together and says when there is another frame to show. */
export class Dashboard {
  readonly #settings: Settings;
  readonly #palette: Palette;
  readonly #ports: DashboardPorts;
  readonly #listeners = new Set<() => void>();
  #size: Size;
  #state: State = EMPTY_STATE;
  #view: View = INITIAL_VIEW;
  #pending: DashboardEvent[] = [];
  #lines: readonly string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #due = Number.POSITIVE_INFINITY;
  #paintedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, palette: Palette, size: Size, ports: DashboardPorts) {
    this.#settings = settings;
    this.#palette = palette;
    this.#size = size;
    this.#ports = ports;
  }

  /** Draws the first frame and keeps the clock going. */
  start(): void {
    this.#paint();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
  }

  /** Takes an event; a frame with it follows soon. */
  push(event: DashboardEvent): void {
    this.#pending.push(event);
    this.#schedule(Math.max(COALESCE_MS, this.#paintedAt + MIN_PAINT_INTERVAL_MS - performance.now()));
  }

  /** Takes a key; its frame follows at once. */
  readonly press = (key: Key): void => {
    this.#takePending();
    const shown = this.#view.paused?.state ?? this.#state;
    const targets = targetsOf(shown);
    const target = targets.find(({ key: candidate }) => candidate === this.#view.iface) ?? targets[0];
    const { view, command } = press(key, this.#view, {
      interfaces: targets.map(({ key: candidate }) => candidate),
      filters: target?.iface?.stats.filters.length ?? target?.host.info?.filters.length ?? 0,
      graphBesideTable: this.#size.columns >= 100 && this.#size.rows >= 36,
    });
    this.#view = view;
    switch (command) {
      case 'quit':
        this.#ports.quit(false);
        return;
      case 'quit-keeping-screen':
        this.#ports.quit(true);
        return;
      case 'retry':
        this.#ports.retryNow();
        break;
      case 'pause':
        this.#view = { ...view, paused: { at: this.#ports.now(), state: freeze(this.#state) } };
        break;
      case 'resume':
        this.#view = { ...view, paused: null };
        break;
      case 'zero':
        this.#view = { ...view, zero: { at: this.#ports.now(), interfaces: shown.interfaces } };
        break;
      case null:
        break;
    }
    this.#paint();
  };

  resize(size: Size): void {
    this.#size = size;
    this.#paint();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The lines of the newest frame, with colours; the same array until there is another. */
  readonly lines = (): readonly string[] => this.#lines;

  #takePending(): void {
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#state = reduce(this.#state, events);
  }

  #paint(): void {
    this.#takePending();
    const model = { state: this.#state, view: this.#view, now: this.#ports.now(), settings: this.#settings };
    this.#lines = frame(model, this.#size).map((line) => toAnsi(line, this.#palette));
    this.#paintedAt = performance.now();
    this.#due = Number.POSITIVE_INFINITY;
    this.#schedule(IDLE_PAINT_INTERVAL_MS);
    for (const listener of this.#listeners) listener();
  }

  #schedule(delayMs: number): void {
    const due = performance.now() + delayMs;
    if (due >= this.#due) return;
    this.#due = due;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#paint(), delayMs);
  }
}
