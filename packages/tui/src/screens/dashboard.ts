import { sanitizeText } from '../connection/sanitize.ts';
import type { Key } from '../input/key.ts';
import { press } from '../input/keys.ts';
import { INITIAL_VIEW, type View } from '../input/view.ts';
import type { DashboardEvent } from '../store/events.ts';
import { Ranking } from '../store/ranking.ts';
import { EMPTY_STATE, type State } from '../store/state.ts';
import { freeze, reduce, rewound } from '../store/store.ts';
import type { Line } from '../text/line.ts';
import { frame, listRows } from './frame/frame.ts';
import { hasPanes } from './frame/interface-screen.ts';
import type { Model, Settings, Size } from './frame/model.ts';
import { type Scene, sceneOf } from './frame/scene.ts';

/** What the dashboard needs of the world. */
export interface DashboardPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly retryNow: () => void;
  /** Stops the program, as Ctrl-Z does, until the shell lets it go on. */
  readonly suspend: () => void;
  /** Whether the terminal takes another frame now; when it does again, call {@link Dashboard.repaint}. */
  readonly canShow: () => boolean;
  /** @param keepScreen - leave the last frame in the terminal */
  readonly quit: (keepScreen: boolean) => void;
}

/** Messages that come within this time are one update: a daemon broadcasts all its interfaces at once. */
const COALESCE_MS = 30;
/** The eye does not read faster; a long list that changes everywhere is calm at twice a second. */
const MIN_PAINT_INTERVAL_MS = { nothing: 100, interface: 100, list: 500 } as const;
/** More events at once would keep a key waiting. */
const MAX_PENDING = 100;
/** A name is no longer. */
const MAX_PASTED = 100;
/** The clock in the corner goes on when nothing comes. */
const IDLE_PAINT_INTERVAL_MS = 1_000;

/** A frame: its lines, and the size that they are for. */
export interface Shown {
  readonly size: Size;
  readonly lines: readonly Line[];
}

/** Keeps state and view together and says when there is another frame to show. */
export class Dashboard {
  readonly #settings: Settings;
  readonly #ports: DashboardPorts;
  readonly #listeners = new Set<() => void>();
  readonly #ranking = new Ranking();
  #size: Size;
  #state: State;
  #view: View;
  #pending: DashboardEvent[] = [];
  #shown: Shown;
  #timer: NodeJS.Timeout | null = null;
  #seen: Scene['kind'] = 'nothing';
  #due = Number.POSITIVE_INFINITY;
  #paintedAt = Number.NEGATIVE_INFINITY;

  constructor(
    settings: Settings,
    size: Size,
    ports: DashboardPorts,
    state: State = EMPTY_STATE,
    view: View = INITIAL_VIEW,
  ) {
    this.#settings = settings;
    this.#size = size;
    this.#ports = ports;
    this.#state = state;
    this.#view = view;
    this.#shown = { size, lines: [] };
  }

  /** Says that the recording is over. */
  endReplay(): void {
    this.#takePending();
    const { replay } = this.#state;
    if (replay !== null) this.#state = { ...this.#state, replay: { ...replay, ended: true } };
    this.#paint();
  }

  /** Forgets everything: what follows is earlier in the recording. */
  rewind(): void {
    this.#pending = [];
    this.#state = rewound(this.#state);
    this.#paint();
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
    if (this.#pending.length >= MAX_PENDING) this.#takePending();
    this.#schedule(
      Math.max(COALESCE_MS, this.#paintedAt + MIN_PAINT_INTERVAL_MS[this.#seen] - performance.now()),
    );
  }

  /** Takes a key; its frame follows at once. */
  readonly press = (key: Key): void => {
    this.#takePending();
    const scene = sceneOf(this.#model());
    const { view, command } = press(key, this.#view, {
      scene: scene.kind,
      interfaces: scene.kind === 'nothing' ? [] : scene.all.map(({ key: candidate }) => candidate),
      listed: scene.kind === 'list' ? scene.targets.map(({ key: candidate }) => candidate) : [],
      listRows: listRows(this.#size),
      filters: scene.kind === 'interface' ? scene.rows.length : 0,
      graphBesideTable: hasPanes(this.#size),
      connected: this.#state.connection.phase === 'connected',
    });
    this.#view = view;
    switch (command) {
      case 'quit':
        this.#ports.quit(false);
        return;
      case 'quit-keeping-screen':
        this.#ports.quit(true);
        return;
      case 'suspend':
        this.#ports.suspend();
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
        this.#view = { ...view, zero: { at: this.#ports.now(), interfaces: scene.state.interfaces } };
        break;
      case null:
        break;
    }
    this.#paint();
  };

  /** Takes pasted text, which is no key: it is what to find, where that is asked for. */
  paste(text: string): void {
    const { list } = this.#view;
    if (!list.finding) return;
    const find = list.find + sanitizeText(text.split(/[\r\n]/, 1)[0] ?? '').slice(0, MAX_PASTED);
    this.#view = { ...this.#view, list: { ...list, find, top: 0 } };
    this.#paint();
  }

  resize(size: Size): void {
    this.#size = size;
    this.#paint();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The newest frame; the same object until there is another. */
  readonly shown = (): Shown => this.#shown;

  /** Shows the newest frame, which the terminal could not take before. */
  repaint(): void {
    this.#paint();
  }

  #model(): Model {
    const now = this.#ports.now();
    const { sort, reversed, frozen } = this.#view.list;
    const state = this.#view.paused?.state ?? this.#state;
    const order = this.#ranking.order(state, sort, reversed, frozen || this.#view.paused !== null, now);
    return { state: this.#state, view: this.#view, order, now, settings: this.#settings };
  }

  #takePending(): void {
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#state = reduce(this.#state, events);
  }

  #paint(): void {
    this.#takePending();
    const model = this.#model();
    this.#seen = sceneOf(model).kind;
    this.#paintedAt = performance.now();
    this.#due = Number.POSITIVE_INFINITY;
    this.#schedule(IDLE_PAINT_INTERVAL_MS);
    if (!this.#ports.canShow()) return;
    this.#shown = { size: this.#size, lines: frame(model, this.#size) };
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
