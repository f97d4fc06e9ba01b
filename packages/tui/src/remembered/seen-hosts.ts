import { join } from 'node:path';

import type { DashboardEvent } from '../store/events.ts';
import { keep, readKept } from './kept-file.ts';

/** The names that were seen last, for the shells to complete. */
const MAX_NAMES = 500;
/** Shells expand words that they complete, and part them at some signs: no name that means anything to one is kept. */
const HARMLESS = /^[A-Za-z0-9][\w.-]*(?:\/[\w.-]+)?$/;

/**
 * Keeps the names of hosts and interfaces that were seen, a line each and newest first, in `hosts` of the state directory:
 * the shells complete `--host` from it.
 */
export class SeenHosts {
  readonly #path: string;
  readonly #names = new Set<string>();

  constructor(directory: string) {
    this.#path = join(directory, 'hosts');
  }

  see(event: DashboardEvent): void {
    if (event.type !== 'info' || this.#names.size >= MAX_NAMES) return;
    const { host, interfaces } = event.info;
    for (const name of [host, ...interfaces.map((iface) => `${host}/${iface.name}`)]) {
      if (HARMLESS.test(name)) this.#names.add(name);
    }
  }

  /** Writes the names to the file if there is one that it lacks. */
  save(): void {
    const known = (readKept(this.#path) ?? '').split('\n').filter((name) => HARMLESS.test(name));
    const lacking = [...this.#names].filter((name) => !known.includes(name));
    if (lacking.length === 0) return;
    keep(this.#path, `${[...lacking, ...known].slice(0, MAX_NAMES).join('\n')}\n`);
  }
}
