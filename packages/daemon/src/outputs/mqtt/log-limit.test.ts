import { expect, it } from 'vitest';

import { createLog } from '../../base/log.ts';
import { limitLog } from './log-limit.ts';

it('lets a burst pass, then one line a minute that says how many were left out', () => {
  const lines: string[] = [];
  let now = 0;
  const log = limitLog(
    createLog('info', (line) => lines.push(line), false),
    () => now,
  );
  for (let i = 0; i < 1000; i++) log.warn(`lost ${i}`);
  expect(lines).toHaveLength(20);
  now += 59_999;
  log.warn('too early');
  expect(lines).toHaveLength(20);
  now += 1;
  log.info('connected');
  log.warn('lost again');
  expect(lines.slice(20)).toEqual(['ifcastd: info: connected (981 lines before this one left out)\n']);
  now += 3_600_000;
  for (let i = 0; i < 1000; i++) log.error(`lost ${i}`);
  expect(lines).toHaveLength(41);
});
