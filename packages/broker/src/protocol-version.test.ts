import { describe, expect, it } from 'vitest';

import type { ConnectionEnd } from './connection.ts';
import { VersionChoice } from './protocol-version.ts';

const CLOSED: ConnectionEnd = {
  opened: false,
  error: null,
  reasonCode: null,
  stage: 'mqtt',
};
const refused = (reasonCode: number): ConnectionEnd => ({
  opened: false,
  error: new Error('refused'),
  reasonCode,
  stage: 'mqtt',
});

describe('VersionChoice', () => {
  it.each([132, 1])('goes down to 3.1.1 at reason code %d', (code) => {
    const choice = new VersionChoice('auto');
    expect(choice.version).toBe(5);
    expect(choice.failed(refused(code))).toBe(true);
    expect(choice.version).toBe(4);
  });

  it('asks a broker that refuses both versions at once only the first time', () => {
    const choice = new VersionChoice('auto');
    const refuse = () => [choice.failed(refused(132)), choice.version];
    expect([refuse(), refuse(), refuse()]).toEqual([
      [true, 4],
      [false, 5],
      [false, 4],
    ]);
    choice.worked();
    expect(refuse()).toEqual([true, 5]);
  });

  it('goes down at the second close without an answer, and back if that does not help', () => {
    const choice = new VersionChoice('auto');
    const close = () => [choice.failed(CLOSED), choice.version, choice.undecided];
    expect([close(), close(), close(), close(), close()]).toEqual([
      [false, 5, true],
      [false, 4, true],
      [false, 4, false],
      [false, 5, false],
      [false, 5, false],
    ]);
    choice.worked();
    expect([choice.undecided, close()]).toEqual([false, [false, 5, true]]);
  });

  it('remembers what worked over other failures', () => {
    const choice = new VersionChoice('auto');
    choice.failed(refused(132));
    choice.worked();
    for (const end of [refused(5), refused(136), { ...CLOSED, error: new Error('ECONNREFUSED') }, CLOSED]) {
      expect(choice.failed(end)).toBe(false);
    }
    expect(choice.version).toBe(4);
  });

  it.each([
    ['5', 5],
    ['3.1.1', 4],
  ] as const)('stays with %s when that is set', (setting, version) => {
    const choice = new VersionChoice(setting);
    for (const end of [refused(132), refused(1), CLOSED, CLOSED, CLOSED])
      expect(choice.failed(end)).toBe(false);
    expect(choice.version).toBe(version);
  });
});
