/** So many different characters in one piece are typed by nobody. */
const MAX_TYPED = 12;
/** What follows a paste within this time is its rest. */
const REST_MS = 100;

/**
 * Tells keys from pasted text in terminals that do not say what is pasted (bracketed paste): text that is pasted is no
 * key. A key that is held down comes in pieces as long, but is one character.
 */
export class PasteGuard {
  #pastedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param text - what came in one piece
   * @param now - milliseconds, of any clock
   */
  isPasted(text: string, now: number): boolean {
    const characters = [...text];
    const burst = characters.length > MAX_TYPED && new Set(characters).size > 2;
    if (!burst && now - this.#pastedAt > REST_MS) return false;
    this.#pastedAt = now;
    return true;
  }
}
