import { expect, test } from 'vitest';

import type { CaptureSource } from '../capture/capture-source.ts';
import type { CaptureStatus } from '../report/description.ts';
import { StatusNews } from './status-news.ts';

test('an event has the code of what has changed', () => {
  let status: CaptureStatus = {
    state: 'counting',
    reason: null,
    backend: 'cap',
    hook: null,
    packet: 'captured',
    linkType: 'EN10MB',
    notes: [],
    gap: null,
  };
  const source = { iface: 'eth0', status: () => status } as CaptureSource;
  const news = new StatusNews();
  const become = (state: CaptureStatus['state'], reason: string | null, ended = false) => {
    status = { ...status, state, reason, ended };
    return news.of(source)?.code;
  };
  expect(become('counting', null)).toBeNull();
  expect(become('counting', null)).toBeUndefined();
  expect(become('waiting', 'interface eth0 is down')).toBe('lost');
  expect(become('waiting', 'interface eth0 is down')).toBeUndefined();
  expect(become('waiting', 'interface eth0 is not there')).toBe('lost');
  expect(become('counting', null)).toBe('back');
  expect(become('waiting', 'the capture ended with SIGKILL', true)).toBe('lost');
  expect(become('counting', null)).toBe('restarted');
  expect(become('failed', 'eth0 cannot be opened')).toBe('lost');
  expect(become('counting', 'CAP_BPF is missing')).toBe('back');
  expect(new StatusNews().of(source)).toEqual({
    level: 'warn',
    text: 'eth0: counting, cap, captured packets: CAP_BPF is missing',
    code: 'fallback',
  });
});
