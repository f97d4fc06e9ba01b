import type { Key, KeyContext } from './key.ts';
import { firstRow } from './list-window.ts';
import { type ListView, nextSort, type View } from './view.ts';

/**
 * What a key does in the list of hosts.
 *
 * @param name - the character, or the name of another key
 */
export function pressInList(name: string, view: View, context: KeyContext): View {
  switch (name) {
    case 'up':
    case 'k':
      return select(view, context, -1);
    case 'down':
    case 'j':
      return select(view, context, 1);
    case 'pageUp':
      return select(view, context, -context.listRows);
    case 'pageDown':
      return select(view, context, context.listRows);
    case 'home':
      return select(view, context, Number.NEGATIVE_INFINITY);
    case 'end':
      return select(view, context, Number.POSITIVE_INFINITY);
    case 'enter':
    case 'right':
    case 'l': {
      const interfaceKey = context.listed[selectedIndex(view, context)];
      return interfaceKey === undefined
        ? view
        : { ...view, screen: 'interface', interfaceKey, filter: 0, body: 'table' };
    }
    case '/':
      return changeList(view, { finding: true });
    case 'escape':
      return changeList(view, { find: '' });
    case 's':
      return nextSort(view);
    case 'r':
      return changeList(view, { reversed: !view.list.reversed });
    case 'o':
      return changeList(view, { frozen: !view.list.frozen });
    default:
      return view;
  }
}

/** What a key does while the reader types what to find. */
export function pressInFind(key: Key, view: View): View {
  const { find } = view.list;
  if ('character' in key) return changeList(view, { find: find + key.character, top: 0 });
  switch (key.name) {
    case 'enter':
      return changeList(view, { finding: false });
    case 'escape':
      return changeList(view, { finding: false, find: '' });
    case 'backspace':
      return changeList(view, { find: [...find].slice(0, -1).join('') });
    default:
      return view;
  }
}

function select(view: View, context: KeyContext, by: number): View {
  const { listed, listRows } = context;
  const index = Math.max(0, Math.min(listed.length - 1, selectedIndex(view, context) + by));
  const interfaceKey = listed[index] ?? view.interfaceKey;
  return {
    ...changeList(view, { top: firstRow(view.list.top, index, listed.length, listRows) }),
    interfaceKey,
  };
}

function selectedIndex(view: View, { listed }: KeyContext): number {
  return view.interfaceKey === null ? 0 : Math.max(0, listed.indexOf(view.interfaceKey));
}

function changeList(view: View, change: Partial<ListView>): View {
  return { ...view, list: { ...view.list, ...change } };
}
