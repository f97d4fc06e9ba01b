import { expect, test } from 'vitest';

import { chooseBackend } from './choose-backend.ts';

const possible = () => ({ possible: true }) as const;
const impossible = () => ({ possible: false, code: 'noPermission', reason: 'CAP_BPF is missing' }) as const;

test('auto counts in the kernel where it may, otherwise with cap and says why', () => {
  expect(chooseBackend({ backend: 'auto', hook: 'socket' }, possible)).toEqual({
    backend: 'ebpf',
    fallbackReason: null,
  });
  expect(chooseBackend({ backend: 'auto', hook: 'socket' }, impossible)).toEqual({
    backend: 'cap',
    fallbackReason: 'not counted in the kernel: CAP_BPF is missing',
  });
});

test('what is asked for is taken without a look', () => {
  expect(chooseBackend({ backend: 'cap', hook: 'socket' }, possible).backend).toBe('cap');
  expect(chooseBackend({ backend: 'ebpf', hook: 'xdp' }, impossible).backend).toBe('ebpf');
});
