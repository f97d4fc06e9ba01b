import type { KeyTable } from './binding.ts';
import type { KeyContext } from './key.ts';
import { firstRow } from './list-window.ts';
import { after, type ListView, nextSort, type View } from './view.ts';

/** Keys in the list of hosts. */
export const LIST_KEYS: KeyTable = {
  title: 'Hosts',
  bindings: [
    {
      keys: ['up', 'down', 'k', 'j', 'pageUp', 'pageDown', 'home', 'end'],
      label: 'upDown',
      brief: 'select',
      help: 'select; also j k PgUp PgDn Home End',
      rank: 8,
      run: (view, context, key) => selectRow(view, context, stepOf(key, context)),
    },
    {
      keys: ['enter', 'right', 'l'],
      label: 'enter',
      brief: 'open',
      help: 'open the interface',
      rank: 4,
      run: (view, context) => {
        const interfaceKey = context.listed[selectedIndex(view, context)];
        return interfaceKey === undefined ? view : { ...view, screen: 'interface', interfaceKey, filter: 0 };
      },
    },
    {
      keys: ['/'],
      label: '/',
      brief: 'find',
      help: 'find by name, state (/offline) or filter (/dns)',
      rank: 5,
      run: (view) => changeList(view, { finding: true }),
    },
    {
      keys: ['escape'],
      label: 'Esc',
      brief: 'all',
      help: 'all again: what was to be found is forgotten',
      rank: 3,
      when: ({ list }) => list.find !== '',
      run: (view) => changeList(view, { find: '' }),
    },
    {
      keys: ['s', 'S'],
      label: 's',
      brief: 'sort',
      help: 's, S: sort by the next column, by the one before',
      rank: 6,
      run: (view, _, key) => nextSort(view, key === 's' ? 1 : -1),
    },
    {
      keys: ['r'],
      label: 'r',
      brief: 'reverse',
      help: 'turn the order round',
      rank: 10,
      run: (view) => ({ ...view, reversed: !view.reversed }),
    },
    {
      keys: ['f'],
      label: 'f',
      brief: 'filter',
      help: 'numbers of the next filter instead of those of all traffic',
      rank: 7,
      when: (_, { filterNames }) => filterNames.length > 1,
      run: (view, { filterNames }) =>
        changeList(view, { filter: after<string | null>([null, ...filterNames], view.list.filter) }),
    },
    {
      keys: ['x'],
      label: 'x',
      brief: 'live only',
      help: 'leave out what is not live; again: show it',
      rank: 9,
      run: (view) => changeList(view, { liveOnly: !view.list.liveOnly, top: 0 }),
    },
    {
      keys: ['o'],
      label: 'o',
      brief: 'keep order',
      help: 'keep the order as it is; again: let it follow the rates',
      rank: 15,
      run: (view) => changeList(view, { frozen: !view.list.frozen }),
    },
  ],
};

/** Keys while the reader types what to find: every letter is a letter. */
export const FIND_KEYS: KeyTable = {
  title: 'Finding',
  bindings: [
    {
      keys: ['up', 'down', 'pageUp', 'pageDown', 'home', 'end'],
      label: 'upDown',
      brief: 'select',
      help: 'select among what is found',
      rank: 3,
      run: (view, context, key) => selectRow(view, context, stepOf(key, context)),
    },
    {
      keys: ['enter'],
      label: 'enter',
      brief: 'done',
      help: 'done',
      rank: 1,
      run: (view) => changeList(view, { finding: false }),
    },
    {
      keys: ['escape'],
      label: 'Esc',
      brief: 'all',
      help: 'find nothing: all again',
      rank: 2,
      run: (view) => changeList(view, { finding: false, find: '' }),
    },
    {
      keys: ['backspace'],
      label: 'Backspace',
      brief: null,
      help: 'take the last character back',
      rank: 9,
      run: (view) => changeList(view, { find: [...view.list.find].slice(0, -1).join(''), top: 0 }),
    },
  ],
};

/** What is typed, or pasted, into what to find. */
export function typeInFind(view: View, text: string): View {
  return changeList(view, { find: view.list.find + text, top: 0 });
}

function stepOf(key: string, { listRows }: KeyContext): number {
  switch (key) {
    case 'up':
    case 'k':
      return -1;
    case 'pageUp':
      return -listRows;
    case 'pageDown':
      return listRows;
    case 'home':
      return Number.NEGATIVE_INFINITY;
    case 'end':
      return Number.POSITIVE_INFINITY;
    default:
      return 1;
  }
}

function selectRow(view: View, context: KeyContext, by: number): View {
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
