import { Box, Text, useInput } from 'ink';
import { memo, type ReactElement, useSyncExternalStore } from 'react';

import type { Dashboard } from '../dashboard.ts';
import { inkKeys } from './ink-keys.ts';

interface AppProps {
  readonly dashboard: Dashboard;
}

/** The dashboard's lines, and its keys. */
export function App({ dashboard }: AppProps): ReactElement {
  const lines = useSyncExternalStore(dashboard.subscribe, dashboard.lines);
  useInput((input, key) => {
    for (const pressed of inkKeys(input, key)) dashboard.press(pressed);
  });
  return (
    <Box flexDirection="column">
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its number
        <Row key={row} line={line} />
      ))}
    </Box>
  );
}

interface RowProps {
  readonly line: string;
}

// A whole row is one text: a box for every cell costs twice the time.
const Row = memo(function Row({ line }: RowProps): ReactElement {
  // Ink gives an empty text no height.
  return <Text wrap="truncate">{line === '' ? ' ' : line}</Text>;
});
