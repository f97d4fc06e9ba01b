import { topicLevel } from '@ifcast/protocol';

import type { Selection } from '../store/selection.ts';

/**
 * What `HOST` or `HOST/INTERFACE` chooses; `+` stands for all.
 *
 * @returns `null` for what is neither
 */
export function selectionOf(text: string): Selection | null {
  const [host = '', iface = '+', ...more] = text.split('/');
  if (more.length > 0 || host === '' || iface === '') return null;
  return { onlyHost: level(host), onlyInterface: level(iface) };
}

function level(name: string): string {
  return name === '+' ? name : topicLevel(name);
}
