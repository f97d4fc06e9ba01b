import { Box, useApp, useInput, usePaste } from 'ink';
import { type ReactElement, useEffect, useRef, useSyncExternalStore } from 'react';

import { PaletteContext } from '../components/palette-context.ts';
import { Rows } from '../components/rows.tsx';
import { PasteGuard } from '../input/paste-guard.ts';
import type { Palette } from '../theme/palette.ts';
import type { Dashboard } from './dashboard.ts';
import { inkKeys } from './ink-keys.ts';

/** Hands the terminal over to the shell; resolves when it has. The function that it gives takes it back. */
export type SuspendTerminal = () => Promise<() => Promise<void>>;

interface AppProps {
  readonly dashboard: Dashboard;
  readonly palette: Palette;
  /** Is given what suspends the terminal. */
  readonly onSuspendable?: (suspend: SuspendTerminal) => void;
}

/** The dashboard: what it shows, and the keys. */
export function App({ dashboard, palette, onSuspendable }: AppProps): ReactElement {
  const { size, lines } = useSyncExternalStore(dashboard.subscribe, dashboard.shown);
  const { suspendTerminal } = useApp();
  const guard = useRef(new PasteGuard());
  useEffect(() => {
    onSuspendable?.(async () => {
      const { resume } = await suspendTerminal();
      return resume;
    });
  }, [onSuspendable, suspendTerminal]);
  useInput((input, key) => {
    if (guard.current.isPasted(input, performance.now())) return;
    for (const pressed of inkKeys(input, key)) dashboard.press(pressed);
  });
  usePaste((text) => dashboard.paste(text));
  return (
    <PaletteContext value={palette}>
      <Box width={size.columns} height={size.rows}>
        <Rows lines={lines} rows={size.rows} />
      </Box>
    </PaletteContext>
  );
}
