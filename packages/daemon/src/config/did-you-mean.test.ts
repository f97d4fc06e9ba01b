import { expect, test } from 'vitest';

import { didYouMean } from './did-you-mean.ts';

const KEYS = ['delay_ms', 'state_interval_s', 'host', 'hook', 'interface', 'url', 'password_file'];

test.each([
  ['dealy_ms', 'delay_ms'],
  ['delay', 'delay_ms'],
  ['delay-ms', 'delay_ms'],
  ['DelayMs', 'delay_ms'],
  ['interfaces', 'interface'],
  ['password', 'password_file'],
  ['state_interval', 'state_interval_s'],
  ['hots', 'host'],
  ['hok', 'hook'],
  ['uri', 'url'],
])('%s was meant as %s', (word, meant) => {
  expect(didYouMean(word, KEYS)).toBe(meant);
});

test.each(['', 'x', 'colour', 'broker', 'x'.repeat(100)])('%s was not meant as anything', (word) => {
  expect(didYouMean(word, KEYS)).toBeNull();
});
