/** A map that is copied when it is changed for the first time. */
export class CopyOnWrite<V> {
  map: ReadonlyMap<string, V>;
  #own: Map<string, V> | null = null;

  constructor(map: ReadonlyMap<string, V>) {
    this.map = map;
  }

  get size(): number {
    return this.map.size;
  }

  get(key: string): V | undefined {
    return this.map.get(key);
  }

  has(key: string): boolean {
    return this.map.has(key);
  }

  values(): Iterable<V> {
    return this.map.values();
  }

  entries(): Iterable<readonly [string, V]> {
    return this.map.entries();
  }

  set(key: string, value: V): void {
    this.#mutable().set(key, value);
  }

  delete(key: string): void {
    if (this.map.has(key)) this.#mutable().delete(key);
  }

  #mutable(): Map<string, V> {
    if (this.#own === null) {
      this.#own = new Map(this.map);
      this.map = this.#own;
    }
    return this.#own;
  }
}
