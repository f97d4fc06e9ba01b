import { Text } from 'ink';
import { type MemoExoticComponent, memo, type ReactElement, useContext } from 'react';

import type { Line } from '../text/line.ts';
import { toAnsi } from '../theme/palette.ts';
import { PaletteContext } from './palette-context.ts';

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
  const palette = useContext(PaletteContext);
  // An empty text has no height.
  return <Text wrap="truncate">{toAnsi(line, palette, column) || ' '}</Text>;
});
