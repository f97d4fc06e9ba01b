import { Box } from 'ink';
import type { ReactElement } from 'react';

import type { Line } from '../text/line.ts';
import { Row } from './row.tsx';

interface RowsProps {
  readonly lines: readonly Line[];
  /** The height of the place; rows below the lines are empty. */
  readonly rows: number;
  /** The column of the screen that they begin in, from 0. */
  readonly column?: number;
  /** @default as wide as the place */
  readonly columns?: number;
}

/** Lines one below the other, in a place of a fixed height. */
export function Rows({ lines, rows, column = 0, columns }: RowsProps): ReactElement {
  return (
    <Box
      flexDirection="column"
      height={rows}
      flexShrink={0}
      {...(columns === undefined ? {} : { width: columns })}
    >
      {lines.slice(0, rows).map((line, index) => (
        // A row is what stands in this place; it has no other name.
        // biome-ignore lint/suspicious/noArrayIndexKey: rows do not move, their contents do
        <Row key={index} line={line} column={column} />
      ))}
    </Box>
  );
}
