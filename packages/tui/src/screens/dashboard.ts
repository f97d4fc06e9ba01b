import { sanitizeText } from '../connection/sanitize.ts';
import type { Key } from '../input/key.ts';
import { press } from '../input/keys.ts';
import { typeInFind } from '../input/list-keys.ts';
import { INITIAL_VIEW, type View } from '../input/view.ts';
import type { Model, Settings, Size } from '../shown/model.ts';
import { type Scene, sceneOf } from '../shown/scene.ts';
import type { ReplayControl } from '../store/event-source.ts';
import type { DashboardEvent } from '../store/events.ts';
import { zeroPeaks } from '../store/peaks.ts';
import { Ranking } from '../store/ranking.ts';
import { EMPTY_STATE, type State } from '../store/state.ts';
import { freeze, reduce, rewound } from '../store/store.ts';
import { watch } from '../store/watch.ts';
import { MONO, type Palette } from '../theme/palette.ts';
import { keyContext } from './key-context.ts';

/** What the dashboard needs of the world. */
export interface DashboardPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly retryNow: () => void;
  /** Goes through the recording; `null`: this is happening now. */
  readonly replay: ReplayControl | null;
  /** Stops the program, as Ctrl-Z does, until the shell lets it go on. */
  readonly suspend: () => void;
  readonly bell: () => void;
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
/** The clock in the corner goes on when nothing comes; what only time tells is looked at as often. */
const IDLE_PAINT_INTERVAL_MS = 1_000;
const SEEK_MS = 10_000;

/** A frame: what is shown, in what size and colours. */
export interface Shown {
  readonly model: Model;
  readonly scene: Scene;
  readonly size: Size;
  readonly palette: Palette;
}

/** Keeps state and view together and says when there is another frame to show. */
export class Dashboard {
  readonly #settings: Settings;
  readonly #ports: DashboardPorts;
  readonly #listeners = new Set<() => void>();
  readonly #ranking = new Ranking();
  #size: Size;
  #palette: Palette = MONO;
  #state: State;
  #view: View;
  #pending: DashboardEvent[] = [];
  #shown: Shown;
  #timer: NodeJS.Timeout | null = null;
  #due = Number.POSITIVE_INFINITY;
  #paintedAt = Number.NEGATIVE_INFINITY;
  #watchedAt = Number.NEGATIVE_INFINITY;
  /** How many entries of the journal have been looked at for the bell. */
  #heard = 0;

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
    const model = { state, view, order: [], now: 0, replay: null, settings };
    this.#shown = { model, scene: { kind: 'nothing', state, now: 0 }, size, palette: MONO };
  }

  /** What the reader has chosen to see. */
  get view(): View {
    return this.#view;
  }

  /** Draws the first frame and keeps the clock going. */
  start(palette: Palette): void {
    this.#palette = palette;
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
    const least = MIN_PAINT_INTERVAL_MS[this.#shown.scene.kind];
    this.#schedule(Math.max(COALESCE_MS, this.#paintedAt + least - performance.now()));
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
    this.#heard = 0;
    this.#paint();
  }

  /** Takes a key; its frame follows at once. */
  readonly press = (key: Key): void => {
    this.#takePending();
    const model = this.#model();
    const scene = sceneOf(model);
    const { view, command } = press(key, this.#view, keyContext(model, scene, this.#size));
    this.#view = view;
    const { replay } = this.#ports;
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
      case 'resume':
        this.#togglePause(command === 'pause');
        break;
      case 'zero':
        this.#view = { ...view, zero: { at: this.#ports.now(), interfaces: scene.state.interfaces } };
        this.#state = zeroPeaks(this.#state);
        break;
      case 'seek-forward':
        replay?.seek(SEEK_MS);
        break;
      case 'seek-back':
        replay?.seek(-SEEK_MS);
        break;
      case 'faster':
        replay?.faster();
        break;
      case 'slower':
        replay?.slower();
        break;
      case null:
        break;
    }
    this.#paint();
  };

  /** Takes pasted text, which is no key: it is what to find, where that is asked for. */
  paste(text: string): void {
    if (!this.#view.list.finding) return;
    const line = sanitizeText(text.split(/[\r\n]/, 1)[0] ?? '').slice(0, MAX_PASTED);
    this.#view = typeInFind(this.#view, line);
    this.#paint();
  }

  resize(size: Size): void {
    this.#size = size;
    this.#paint();
  }

  /** Draws in other colours. */
  recolour(palette: Palette): void {
    this.#palette = palette;
    this.#paint();
  }

  /** Shows the newest frame, which the terminal could not take before. */
  repaint(): void {
    this.#paint();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The newest frame; the same object until there is another. */
  readonly shown = (): Shown => this.#shown;

  #togglePause(pause: boolean): void {
    const { replay, now } = this.#ports;
    if (replay === null) {
      this.#view = { ...this.#view, paused: pause ? { at: now(), state: freeze(this.#state) } : null };
    } else if (replay.position().paused) replay.resume();
    else replay.pause();
  }

  #model(): Model {
    const now = this.#ports.now();
    const { sort, reversed, list, paused } = this.#view;
    const state = paused?.state ?? this.#state;
    const by = { sort, reversed, filter: list.filter };
    const order = this.#ranking.order(state, by, list.frozen || paused !== null, now);
    const replay = this.#ports.replay?.position() ?? null;
    return { state: this.#state, view: this.#view, order, now, replay, settings: this.#settings };
  }

  #takePending(): void {
    if (this.#pending.length > 0) {
      const events = this.#pending;
      this.#pending = [];
      this.#state = reduce(this.#state, events);
    }
    const now = this.#ports.now();
    if (Math.abs(now - this.#watchedAt) < IDLE_PAINT_INTERVAL_MS) return;
    this.#watchedAt = now;
    this.#state = watch(this.#state, now);
  }

  #paint(): void {
    this.#takePending();
    this.#ring();
    this.#paintedAt = performance.now();
    this.#due = Number.POSITIVE_INFINITY;
    this.#schedule(IDLE_PAINT_INTERVAL_MS);
    if (!this.#ports.canShow()) return;
    const model = this.#model();
    this.#shown = { model, scene: sceneOf(model), size: this.#size, palette: this.#palette };
    for (const listener of this.#listeners) listener();
  }

  /** Rings once for all that has happened since the last time. */
  #ring(): void {
    const { entries, total } = this.#state.journal;
    if (total === this.#heard) return;
    const fresh = entries.slice(Math.max(0, entries.length - (total - this.#heard)));
    this.#heard = total;
    if (fresh.some(({ bell }) => bell)) this.#ports.bell();
  }

  #schedule(delayMs: number): void {
    const due = performance.now() + delayMs;
    if (due >= this.#due) return;
    this.#due = due;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#paint(), delayMs);
  }
}
