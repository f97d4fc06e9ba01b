import type { KeyTable } from './binding.ts';
import type { KeyContext } from './key.ts';
import type { View } from './view.ts';

const inReplay = (_: View, { replay }: KeyContext): boolean => replay;

/** Keys that go through a recording. */
export const REPLAY_KEYS: KeyTable = {
  title: 'A recording',
  bindings: [
    {
      keys: ['left', 'right'],
      label: 'sideways',
      brief: 'seek',
      help: '10 seconds back, forward',
      rank: 4,
      when: inReplay,
      run: (_view, _context, key) => (key === 'left' ? 'seek-back' : 'seek-forward'),
    },
    {
      keys: ['+', '-', '='],
      label: '+ -',
      brief: 'speed',
      help: 'twice, half as fast',
      rank: 5,
      when: inReplay,
      run: (_view, _context, key) => (key === '-' ? 'slower' : 'faster'),
    },
  ],
};
