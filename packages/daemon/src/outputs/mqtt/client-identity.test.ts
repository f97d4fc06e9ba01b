import { describe, expect, it } from 'vitest';

import { ClientIdentity } from './client-identity.ts';
import type { SessionEnd } from './mqtt-session.ts';

const CLOSED: SessionEnd = { opened: true, error: null, reasonCode: null };
const RESET: SessionEnd = { ...CLOSED, error: Object.assign(new Error(), { code: 'ECONNRESET' }) };
const TAKEN: SessionEnd = { ...CLOSED, reasonCode: 142 };
const REFUSED: SessionEnd = { opened: false, error: new Error('ECONNREFUSED'), reasonCode: null };

describe('ClientIdentity', () => {
  it('changes when the broker says that the session was taken over', () => {
    const identity = new ClientIdentity('ifcast-gw', '1a2b');
    expect([identity.lost(TAKEN, 60_000), identity.id]).toEqual([true, 'ifcast-gw-1a2b']);
    expect([identity.lost(TAKEN, 0), identity.id]).toEqual([false, 'ifcast-gw-1a2b']);
  });

  it('changes at the third short session that the broker closes without a word', () => {
    const identity = new ClientIdentity('ifcast-gw', '1a2b');
    expect([identity.lost(CLOSED, 9999), identity.lost(RESET, 1), identity.id]).toEqual([
      false,
      false,
      'ifcast-gw',
    ]);
    expect([identity.lost(CLOSED, 9999), identity.id]).toEqual([true, 'ifcast-gw-1a2b']);
  });

  it('stays when a session was long, or ended for a reason, or the broker was away in between', () => {
    const shutDown: SessionEnd = { ...CLOSED, reasonCode: 139 };
    const hung: SessionEnd = { ...CLOSED, error: new Error('Keepalive timeout') };
    for (const interruption of [
      (identity: ClientIdentity) => identity.lost(CLOSED, 10_000),
      (identity: ClientIdentity) => identity.lost(shutDown, 1),
      (identity: ClientIdentity) => identity.lost(hung, 1),
      (identity: ClientIdentity) => identity.failed(REFUSED),
    ]) {
      const identity = new ClientIdentity('ifcast-gw', '1a2b');
      for (let i = 0; i < 10; i++) {
        expect([identity.lost(CLOSED, 1), identity.lost(CLOSED, 1)]).toEqual([false, false]);
        interruption(identity);
      }
      expect(identity.id).toBe('ifcast-gw');
    }
  });

  it('goes back for good where the broker allows only the configured id', () => {
    const identity = new ClientIdentity('ifcast-gw', '1a2b');
    identity.lost(TAKEN, 1);
    identity.failed(REFUSED);
    expect(identity.id).toBe('ifcast-gw-1a2b');
    identity.failed({ ...REFUSED, reasonCode: 135 });
    expect([identity.id, identity.lost(TAKEN, 1), identity.id]).toEqual(['ifcast-gw', false, 'ifcast-gw']);
  });
});
