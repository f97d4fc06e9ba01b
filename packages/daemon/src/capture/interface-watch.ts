import type { InterfaceFacts } from '../sys/network-interface.ts';

/** How often the kernel is asked, in milliseconds: well within the 2 s in which `info` has to be right. */
const PROBE_INTERVAL_MS = 250;
/** While an interface is likely to come back soon; it costs a thousandth of a processor. */
const HURRIED_INTERVAL_MS = 10;
const HURRY_MS = 2_000;

/**
 * Watches one interface name for coming, going, up, down and for a new interface that took the name. The kernel tells a
 * packet socket of a delete only once and of a re-create never, so it is asked.
 */
export class InterfaceWatch {
  readonly #name: string;
  readonly #probe: (name: string) => InterfaceFacts | null;
  readonly #onChange: (facts: InterfaceFacts | null) => void;
  #timer: NodeJS.Timeout | undefined;
  #hurry: NodeJS.Timeout | undefined;
  #last: InterfaceFacts | null = null;

  /** @param onChange - called with the new facts, `null` when there is no such interface; not called by `start` */
  constructor(
    name: string,
    probe: (name: string) => InterfaceFacts | null,
    onChange: (facts: InterfaceFacts | null) => void,
  ) {
    this.#name = name;
    this.#probe = probe;
    this.#onChange = onChange;
  }

  /** Looks more often for a while. */
  hurry(): void {
    clearInterval(this.#hurry);
    const until = performance.now() + HURRY_MS;
    this.#hurry = setInterval(() => {
      if (performance.now() > until) clearInterval(this.#hurry);
      else this.look();
    }, HURRIED_INTERVAL_MS);
  }

  /** Begins to watch and returns the facts now. */
  start(): InterfaceFacts | null {
    this.#last = this.#probe(this.#name);
    this.#timer = setInterval(() => this.look(), PROBE_INTERVAL_MS);
    return this.#last;
  }

  stop(): void {
    clearInterval(this.#timer);
    clearInterval(this.#hurry);
    this.#timer = undefined;
  }

  /** Asks at once instead of at the next interval; tells of a change as ever. */
  look(): InterfaceFacts | null {
    const facts = this.#probe(this.#name);
    const last = this.#last;
    this.#last = facts;
    if (!same(facts, last)) this.#onChange(facts);
    return facts;
  }
}

function same(a: InterfaceFacts | null, b: InterfaceFacts | null): boolean {
  if (a === null || b === null) return a === b;
  return a.ifindex === b.ifindex && a.up === b.up && a.mac === b.mac && a.hardwareType === b.hardwareType;
}
