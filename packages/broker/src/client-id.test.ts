import { describe, expect, it } from 'vitest';

import { StableClientId } from './client-id.ts';
import type { ConnectionEnd } from './connection.ts';

const CLOSED: ConnectionEnd = { opened: true, error: null, reasonCode: null, stage: 'mqtt' };
const RESET: ConnectionEnd = { ...CLOSED, error: Object.assign(new Error(), { code: 'ECONNRESET' }) };
const TAKEN: ConnectionEnd = { ...CLOSED, reasonCode: 142 };
const REFUSED: ConnectionEnd = {
  opened: false,
  error: new Error('ECONNREFUSED'),
  reasonCode: null,
  stage: 'tcp',
};

describe('StableClientId', () => {
  it('changes when the broker says that the connection was taken over', () => {
    const identity = new StableClientId('ifcast-gw', '1a2b');
    expect([identity.lost(TAKEN, 60_000), identity.id]).toEqual(['taken', 'ifcast-gw-1a2b']);
    expect([identity.lost(TAKEN, 0), identity.id]).toEqual([null, 'ifcast-gw-1a2b']);
  });

  it('changes at the third short connection that the broker closes without a word', () => {
    const identity = new StableClientId('ifcast-gw', '1a2b');
    expect([identity.lost(CLOSED, 9999), identity.lost(RESET, 1), identity.id]).toEqual([
      null,
      null,
      'ifcast-gw',
    ]);
    expect([identity.lost(CLOSED, 9999), identity.id]).toEqual(['suspected', 'ifcast-gw-1a2b']);
  });

  it('goes back when the other id is no better, for good', () => {
    const identity = new StableClientId('ifcast-gw', '1a2b');
    const close = () => [identity.lost(CLOSED, 1), identity.id];
    expect([close(), close(), close()].at(-1)).toEqual(['suspected', 'ifcast-gw-1a2b']);
    expect([close(), close(), close()].at(-1)).toEqual(['unfounded', 'ifcast-gw']);
    for (let i = 0; i < 10; i++) expect(close()).toEqual([null, 'ifcast-gw']);
  });

  it('keeps the other id once a connection with it has lasted', () => {
    const identity = new StableClientId('ifcast-gw', '1a2b');
    const close = (lastedMs: number) => [identity.lost(CLOSED, lastedMs), identity.id];
    close(1);
    close(1);
    expect(close(1)).toEqual(['suspected', 'ifcast-gw-1a2b']);
    close(10_000);
    for (let i = 0; i < 10; i++) expect(close(1)).toEqual([null, 'ifcast-gw-1a2b']);
  });

  it('stays when a connection was long, or ended for a reason, or the broker was away in between', () => {
    const shutDown: ConnectionEnd = { ...CLOSED, reasonCode: 139 };
    const hung: ConnectionEnd = { ...CLOSED, error: new Error('Keepalive timeout') };
    for (const interruption of [
      (identity: StableClientId) => identity.lost(CLOSED, 10_000),
      (identity: StableClientId) => identity.lost(shutDown, 1),
      (identity: StableClientId) => identity.lost(hung, 1),
      (identity: StableClientId) => identity.failed(REFUSED),
    ]) {
      const identity = new StableClientId('ifcast-gw', '1a2b');
      for (let i = 0; i < 10; i++) {
        expect([identity.lost(CLOSED, 1), identity.lost(CLOSED, 1)]).toEqual([null, null]);
        interruption(identity);
      }
      expect(identity.id).toBe('ifcast-gw');
    }
  });

  it('goes back for good where the broker allows only the configured id', () => {
    const identity = new StableClientId('ifcast-gw', '1a2b');
    identity.lost(TAKEN, 1);
    identity.failed(REFUSED);
    expect(identity.id).toBe('ifcast-gw-1a2b');
    identity.failed({ ...REFUSED, reasonCode: 135 });
    expect([identity.id, identity.lost(TAKEN, 1), identity.id]).toEqual(['ifcast-gw', null, 'ifcast-gw']);
  });
});
