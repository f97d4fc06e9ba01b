import { describe, expect, it } from 'vitest';

import { type Identity, Rivalry } from './rivalry.ts';

const FIRST = { boot_id: 'b', started_at: '2026-11-21T08:00:00.000Z' };
const SECOND = { boot_id: 'a', started_at: '2026-11-21T09:00:00.000Z' };
const LATER = Date.parse('2026-11-21T10:00:00.000Z');

/** One that has met another and heard it twice. */
function convinced(own: Identity, other: Identity, now = () => 0): Rivalry {
  const rivalry = new Rivalry(now);
  rivalry.met(own, other);
  rivalry.heard(LATER);
  rivalry.heard(LATER + 500);
  return rivalry;
}

describe('Rivalry', () => {
  it('lets the daemon go on that started first, for both of them', () => {
    const older = convinced(FIRST, SECOND);
    const newer = convinced(SECOND, FIRST);
    expect([older.yielding, newer.yielding]).toEqual([false, true]);
    expect(older.problem('gw')).toBe(
      'another ifcastd, started 2026-11-21T09:00:00.000Z, publishes as host "gw"; this one was first and goes on: ' +
        'give each a "host" of its own',
    );
  });

  it('decides by the boot id when both started in the same millisecond', () => {
    const one = convinced({ ...FIRST, boot_id: 'x' }, { ...FIRST, boot_id: 'y' });
    const other = convinced({ ...FIRST, boot_id: 'y' }, { ...FIRST, boot_id: 'x' });
    expect([one.yielding, other.yielding]).toEqual([false, true]);
  });

  it('does not yield to a start time that is none', () => {
    expect(convinced(SECOND, { boot_id: '', started_at: 'yesterday' }).yielding).toBe(false);
  });

  it('does not yield to an info alone, nor to broadcasts alone', () => {
    const rivalry = new Rivalry(() => 0);
    for (let i = 0; i < 5; i++) rivalry.heard(LATER + i);
    rivalry.met(SECOND, FIRST);
    expect(rivalry.yielding).toBe(false);
    expect(rivalry.problem('gw')).toBe(
      'an "info" of another ifcastd, started 2026-11-21T08:00:00.000Z, came for host "gw"; this one goes on: ' +
        'if there is another, give each a "host" of its own',
    );
    expect([rivalry.heard(LATER), rivalry.yielding]).toEqual([false, false]);
    expect([rivalry.heard(LATER + 1), rivalry.yielding]).toEqual([true, true]);
  });

  it('does not yield to what is played back: from before its own start, or the same again', () => {
    const rivalry = new Rivalry(() => 0);
    rivalry.met(SECOND, FIRST);
    for (let i = 0; i < 5; i++) rivalry.heard(Date.parse(SECOND.started_at) - 5000 + i);
    for (let i = 0; i < 5; i++) rivalry.heard(LATER);
    rivalry.heard(Number.NaN);
    expect(rivalry.yielding).toBe(false);
  });

  it('finds the rival silent 20 s after it was heard last, and says nothing of it once it is gone', () => {
    let now = 0;
    const rivalry = convinced(SECOND, FIRST, () => now);
    now = 19_999;
    rivalry.heard(LATER + 1000);
    now = 39_998;
    expect(rivalry.isRivalSilent()).toBe(false);
    now = 39_999;
    expect(rivalry.isRivalSilent()).toBe(true);
    rivalry.gone();
    expect([rivalry.yielding, rivalry.isRivalSilent(), rivalry.problem('gw')]).toEqual([false, false, null]);
  });

  it('is news once a rival, and none to one that stands by for another', () => {
    const rivalry = new Rivalry(() => 0);
    expect([rivalry.met(SECOND, FIRST), rivalry.met(SECOND, FIRST)]).toEqual([true, false]);
    expect(rivalry.met(SECOND, { ...FIRST, boot_id: 'c' })).toBe(true);
    expect([rivalry.heard(LATER), rivalry.heard(LATER + 1)]).toEqual([false, true]);
    expect([rivalry.met(SECOND, { ...SECOND, boot_id: 'z' }), rivalry.yielding]).toEqual([false, true]);
  });
});
