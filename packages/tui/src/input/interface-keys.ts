import type { KeyTable } from './binding.ts';
import type { KeyContext } from './key.ts';
import { nextGraph, nextMode, nextScale, nextSpan, type View } from './view.ts';

const several = (_: View, { interfaces }: KeyContext): boolean => interfaces.length > 1;
const counted = (_: View, { filters }: KeyContext): boolean => filters > 0;

/** Keys on the screen of one interface. */
export const INTERFACE_KEYS: KeyTable = {
  title: 'One interface',
  bindings: [
    {
      keys: ['up', 'down', 'k', 'j', 'home', 'pageUp', 'end', 'pageDown'],
      label: 'upDown',
      brief: 'filter',
      help: 'select a filter; also j k Home End PgUp PgDn',
      rank: 4,
      when: (_, { filters }) => filters > 1,
      run: selectFilter,
    },
    {
      keys: ['left', 'right', 'h', 'l', 'tab', 'shiftTab'],
      label: 'sideways',
      brief: 'iface',
      help: 'the interface before, after; also h l Tab',
      rank: 9,
      when: several,
      run: (view, context, key) => {
        const by = key === 'left' || key === 'h' || key === 'shiftTab' ? -1 : 1;
        return { ...view, interfaceKey: neighbour(view, context, by) };
      },
    },
    {
      keys: ['escape', 'backspace'],
      label: 'Esc',
      brief: 'list',
      help: 'back to the list',
      rank: 5,
      when: several,
      run: (view) => ({ ...view, screen: 'list' }),
    },
    {
      keys: ['g'],
      label: 'g',
      brief: 'graph',
      help: 'graph of bits, packets, average packet size',
      rank: 7,
      when: counted,
      run: (view, { sizesHideGraph }) => nextGraph(view, sizesHideGraph),
    },
    {
      keys: ['t'],
      label: 't',
      brief: 'time',
      help: 'time that the graph shows: a minute or more, ten, the hour',
      rank: 8,
      when: counted,
      run: nextSpan,
    },
    {
      keys: ['y'],
      label: 'y',
      brief: 'scale',
      help: 'scale of the graph: from 0 to the largest, by powers of ten, from 0 to the speed of the link',
      rank: 10,
      when: counted,
      run: (view, { linkKnown }) => nextScale(view, linkKnown),
    },
    {
      keys: ['b'],
      label: 'b',
      brief: 'sizes',
      help: 'packet sizes in place of the graph, or wider',
      rank: 7,
      when: counted,
      run: (view) => ({ ...view, pane: view.pane === 'sizes' ? 'graph' : 'sizes' }),
    },
    {
      keys: ['d'],
      label: 'd',
      brief: 'rate/change/total',
      help: 'a row a filter; the sizes of all filters with their change per second, since the broadcast before, or totals alone',
      rank: 6,
      when: counted,
      run: nextMode,
    },
  ],
};

function selectFilter(view: View, { filters }: KeyContext, key: string): View {
  const last = filters - 1;
  const index = {
    up: view.filter - 1,
    k: view.filter - 1,
    down: view.filter + 1,
    j: view.filter + 1,
    home: 0,
    pageUp: 0,
    end: last,
    pageDown: last,
  }[key];
  return { ...view, filter: Math.max(0, Math.min(last, index ?? view.filter)) };
}

function neighbour(view: View, { interfaces }: KeyContext, by: number): string | null {
  const at = view.interfaceKey === null ? 0 : Math.max(0, interfaces.indexOf(view.interfaceKey));
  return interfaces[(at + by + interfaces.length) % interfaces.length] ?? null;
}
