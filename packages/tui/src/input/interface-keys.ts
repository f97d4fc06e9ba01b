import type { KeyContext } from './key.ts';
import { nextChange, nextGraph, nextSpan, type View } from './view.ts';

/**
 * What a key does on the screen of one interface.
 *
 * @param name - the character, or the name of another key
 */
export function pressInInterface(name: string, view: View, context: KeyContext): View {
  switch (name) {
    case 'up':
    case 'k':
      return selectFilter(view, context, view.filter - 1);
    case 'down':
    case 'j':
      return selectFilter(view, context, view.filter + 1);
    case 'home':
    case 'pageUp':
      return selectFilter(view, context, 0);
    case 'end':
    case 'pageDown':
      return selectFilter(view, context, context.filters);
    case 'left':
    case 'shiftTab':
    case 'h':
      return { ...view, interfaceKey: neighbour(view, context, -1) };
    case 'right':
    case 'tab':
    case 'l':
      return { ...view, interfaceKey: neighbour(view, context, 1) };
    case 'escape':
    case 'backspace':
      if (view.body !== 'table') return { ...view, body: 'table' };
      return context.interfaces.length > 1 ? { ...view, screen: 'list' } : view;
    case 'd':
      return nextChange(view);
    case 'b':
      return { ...view, body: view.body === 'sizes' ? 'table' : 'sizes' };
    case 'g':
      return nextGraph(view, context.graphBesideTable);
    case 't':
      return nextSpan(view);
    default:
      return view;
  }
}

function selectFilter(view: View, { filters }: KeyContext, index: number): View {
  return { ...view, filter: Math.max(0, Math.min(filters - 1, index)) };
}

function neighbour(view: View, { interfaces }: KeyContext, by: number): string | null {
  const at = view.interfaceKey === null ? 0 : Math.max(0, interfaces.indexOf(view.interfaceKey));
  return interfaces[(at + by + interfaces.length) % interfaces.length] ?? null;
}
