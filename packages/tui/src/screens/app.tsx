import { useApp, useInput, usePaste } from 'ink';
import { type ReactElement, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';

import { DrawingContext } from '../components/drawing-context.ts';
import { PasteGuard } from '../input/paste-guard.ts';
import type { Dashboard } from './dashboard.ts';
import { inkKeys } from './ink-keys.ts';
import { Screen } from './screen.tsx';

/** Hands the terminal over to the shell; resolves when it has. The function that it gives takes it back. */
export type SuspendTerminal = () => Promise<() => Promise<void>>;

interface AppProps {
  readonly dashboard: Dashboard;
  /** Is given what suspends the terminal. */
  readonly onSuspendable?: (suspend: SuspendTerminal) => void;
}

/** The dashboard: what it shows, and the keys. */
export function App({ dashboard, onSuspendable }: AppProps): ReactElement {
  const { model, scene, size, palette } = useSyncExternalStore(dashboard.subscribe, dashboard.shown);
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
  const { ascii } = model.settings;
  const drawing = useMemo(() => ({ palette, ascii }), [palette, ascii]);
  return (
    <DrawingContext value={drawing}>
      <Screen model={model} scene={scene} size={size} />
    </DrawingContext>
  );
}
