import type { Key as InkKey } from 'ink';

import type { Key } from '../input/key.ts';

const CONTROL = /\p{Cc}/u;

/** What Ink's `useInput` reports, as keys; several when they came at once. */
export function inkKeys(input: string, key: InkKey): Key[] {
  if (key.eventType === 'release') return [];
  if (key.ctrl) return input === 'c' ? [{ name: 'interrupt' }] : input === 'z' ? [{ name: 'suspend' }] : [];
  if (key.upArrow) return [{ name: 'up' }];
  if (key.downArrow) return [{ name: 'down' }];
  if (key.leftArrow) return [{ name: 'left' }];
  if (key.rightArrow) return [{ name: 'right' }];
  if (key.pageUp) return [{ name: 'pageUp' }];
  if (key.pageDown) return [{ name: 'pageDown' }];
  if (key.home) return [{ name: 'home' }];
  if (key.end) return [{ name: 'end' }];
  if (key.tab) return [{ name: key.shift ? 'shiftTab' : 'tab' }];
  if (key.return) return [{ name: 'enter' }];
  if (key.escape) return [{ name: 'escape' }];
  if (key.backspace || key.delete) return [{ name: 'backspace' }];
  if (key.meta) return [];
  return [...input].flatMap((character): Key[] => {
    if (character === '\r' || character === '\n') return [{ name: 'enter' }];
    if (character === '\t') return [{ name: 'tab' }];
    return CONTROL.test(character) ? [] : [{ character }];
  });
}
