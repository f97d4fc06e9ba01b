/** The first row that is seen: the one that was, moved only as far as needed to see the selected one. */
export function firstRow(top: number, selected: number, count: number, height: number): number {
  const seen = Math.min(Math.max(top, selected - height + 1), selected);
  return Math.max(0, Math.min(seen, count - height));
}
