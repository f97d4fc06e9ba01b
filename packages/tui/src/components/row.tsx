import { Text } from 'ink';
import { type MemoExoticComponent, memo, type ReactElement, useContext } from 'react';

import { toAsciiLine } from '../text/glyphs.ts';
import type { Line } from '../text/line.ts';
import { toAnsi } from '../theme/palette.ts';
import { DrawingContext } from './drawing-context.ts';

interface RowProps {
  /** Never wider than its place: Ink would wrap it. */
  readonly line: Line;
  /** The column of the screen that it begins in, from 0. */
  readonly column?: number;
}

/** One row of the screen: one `Text`, because a `Text` for each of its parts takes twice as long to draw. */
export const Row: MemoExoticComponent<(props: RowProps) => ReactElement> = memo(function Row({
  line,
  column = 0,
}: RowProps): ReactElement {
  const { palette, ascii } = useContext(DrawingContext);
  const shown = ascii ? toAsciiLine(line) : line;
  // An empty text has no height.
  return <Text wrap="truncate">{toAnsi(shown, palette, column) || ' '}</Text>;
});
