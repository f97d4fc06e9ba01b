import type { Binding, KeyTable } from './binding.ts';
import type { KeyContext } from './key.ts';
import type { View } from './view.ts';

const SCROLL: Binding = {
  keys: ['up', 'down', 'k', 'j', 'pageUp', 'pageDown', 'home', 'end', ' '],
  label: 'upDown',
  brief: 'scroll',
  help: 'scroll; also j k PgUp PgDn Home End',
  rank: 3,
  when: (_, { over }) => over.rows > over.room,
  run: scroll,
};

const QUIT: Binding = {
  keys: ['q', 'interrupt'],
  label: 'q',
  brief: 'quit',
  help: 'q, Ctrl-C: quit',
  rank: 2,
  run: () => 'quit',
};

const close = (view: View): View => ({ ...view, over: null });

/** Keys in the help. Any other key closes it. */
export const HELP_KEYS: KeyTable = {
  title: 'Help',
  bindings: [
    SCROLL,
    {
      keys: ['escape', '?', 'enter'],
      label: 'any other key',
      brief: 'closes',
      help: 'any other key closes the help',
      rank: 0,
      run: close,
    },
    QUIT,
  ],
};

/** Keys in the list of events. */
export const EVENTS_KEYS: KeyTable = {
  title: 'Events',
  bindings: [
    SCROLL,
    {
      keys: ['escape', 'E', 'enter', 'backspace'],
      label: 'Esc',
      brief: 'back',
      help: 'Esc, E, Enter: back',
      rank: 0,
      run: close,
    },
    QUIT,
  ],
};

function scroll(view: View, { over, listRows }: KeyContext, key: string): View {
  const last = Math.max(0, over.rows - over.room);
  const page = Math.max(1, Math.min(over.room, listRows));
  const top = Math.min(view.overTop, last);
  const wanted = {
    up: top - 1,
    k: top - 1,
    pageUp: top - page,
    pageDown: top + page,
    ' ': top + page,
    home: 0,
    end: last,
  }[key];
  return { ...view, overTop: Math.max(0, Math.min(last, wanted ?? top + 1)) };
}
