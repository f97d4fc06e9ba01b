import { useInput } from 'ink';
import { useLayoutEffect, useSyncExternalStore } from 'react';

import type { Dashboard } from '../dashboard.ts';
import { inkKeys } from './ink-keys.ts';

interface AppProps {
  readonly dashboard: Dashboard;
  /** Shows the lines of a frame. */
  readonly show: (lines: readonly string[]) => void;
}

/**
 * The dashboard as Ink knows it: its keys, and its frames in the order of React's commits.
 *
 * The frames do not go through Ink's `Text`: Ink 6.8 keeps every text that it has ever measured, so a screen whose
 * numbers change twice a second would grow by some 40 MB an hour, and takes ten times as long to put a frame together.
 */
export function App({ dashboard, show }: AppProps): null {
  const lines = useSyncExternalStore(dashboard.subscribe, dashboard.lines);
  useLayoutEffect(() => show(lines), [show, lines]);
  useInput((input, key) => {
    for (const pressed of inkKeys(input, key)) dashboard.press(pressed);
  });
  return null;
}
