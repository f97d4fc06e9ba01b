import { describe, expect, it } from 'vitest';

import { Rivalry } from './rivalry.ts';

const FIRST = { boot_id: 'b', started_at: '2026-11-21T08:00:00.000Z' };
const SECOND = { boot_id: 'a', started_at: '2026-11-21T09:00:00.000Z' };

describe('Rivalry', () => {
  it('lets the daemon go on that started first, for both of them', () => {
    const older = new Rivalry(() => 0);
    const newer = new Rivalry(() => 0);
    expect(older.met(FIRST, SECOND)).toBe(true);
    expect(newer.met(SECOND, FIRST)).toBe(true);
    expect([older.yielding, newer.yielding]).toEqual([false, true]);
    expect(older.problem('gw')).toBe(
      'another ifcastd, started 2026-11-21T09:00:00.000Z, publishes as host "gw"; this one was first and goes on: ' +
        'give each a "host" of its own',
    );
  });

  it('decides by the boot id when both started in the same millisecond', () => {
    const one = new Rivalry(() => 0);
    const other = new Rivalry(() => 0);
    one.met({ ...FIRST, boot_id: 'x' }, { ...FIRST, boot_id: 'y' });
    other.met({ ...FIRST, boot_id: 'y' }, { ...FIRST, boot_id: 'x' });
    expect([one.yielding, other.yielding]).toEqual([false, true]);
  });

  it('does not yield to a start time that is none', () => {
    const rivalry = new Rivalry(() => 0);
    rivalry.met(SECOND, { boot_id: '', started_at: 'yesterday' });
    expect(rivalry.yielding).toBe(false);
  });

  it('finds the rival silent 20 s after it was heard last, and says nothing of it once it is gone', () => {
    let now = 0;
    const rivalry = new Rivalry(() => now);
    rivalry.met(SECOND, FIRST);
    now = 19_999;
    rivalry.heard();
    now = 39_998;
    expect(rivalry.isRivalSilent()).toBe(false);
    now = 39_999;
    expect(rivalry.isRivalSilent()).toBe(true);
    rivalry.gone();
    expect([rivalry.yielding, rivalry.isRivalSilent(), rivalry.problem('gw')]).toEqual([false, false, null]);
  });

  it('is news once a rival', () => {
    const rivalry = new Rivalry(() => 0);
    expect([rivalry.met(SECOND, FIRST), rivalry.met(SECOND, FIRST)]).toEqual([true, false]);
    expect(rivalry.met(SECOND, { ...FIRST, boot_id: 'c' })).toBe(true);
  });
});
