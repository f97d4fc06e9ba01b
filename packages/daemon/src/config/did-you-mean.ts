/**
 * The candidate that was probably meant: one that differs by a letter or two, two swapped letters, or that the word
 * begins or ends.
 *
 * @returns `null` when none is near enough to be of help
 */
export function didYouMean(word: string, candidates: readonly string[]): string | null {
  const wanted = normal(word);
  const near = candidates
    .map((candidate) => ({ candidate, distance: nearness(wanted, normal(candidate)) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}

/** `delayMs`, `delay-ms` and `DELAY_MS` are all `delay_ms` in some other program. */
function normal(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '');
}

function nearness(a: string, b: string): number {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const contained = short.length >= 4 && (long.startsWith(short) || long.endsWith(short));
  return contained ? 1 : editDistance(a, b);
}

/** Damerau–Levenshtein distance of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? older[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(substitute, last[j]! + 1, row[j - 1]! + 1, swap));
    }
    [older, last] = [last, row];
  }
  return last[b.length]!;
}
