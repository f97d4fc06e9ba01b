import { setImmediate as nextTurn } from 'node:timers/promises';

/** Text is made for so long before others have their turn. */
const SLICE_MS = 5;

/** Some text, and whether it is the last. */
export interface Slice {
  readonly text: string;
  readonly last: boolean;
}

/** As many pieces as are made in one slice of time. */
export function nextSlice(pieces: Iterator<string>): Slice {
  const end = performance.now() + SLICE_MS;
  let text = '';
  do {
    const { done, value } = pieces.next();
    if (done) return { text, last: true };
    text += value;
  } while (performance.now() < end);
  return { text, last: false };
}

/** `first` and all that follows it, each slice in a turn of the event loop of its own. */
export async function* slices(first: Slice, pieces: Iterator<string>): AsyncGenerator<string> {
  for (let slice = first; ; slice = nextSlice(pieces)) {
    yield slice.text;
    if (slice.last) return;
    await nextTurn();
  }
}
