import { describe, expect, it } from 'vitest';

import { BrokerList } from './broker-list.ts';

describe('BrokerList', () => {
  it('goes around, and waits longer after each whole round', () => {
    const list = new BrokerList(['mqtt://a', 'mqtt://b', 'mqtt://c'], 'auto');
    const next = () => [list.next(), list.current.address.host, list.hasUntried];
    expect([list.current.address.host, list.hasUntried]).toEqual(['a', true]);
    expect([next(), next(), next(), next(), next(), next()]).toEqual([
      [0, 'b', true],
      [0, 'c', true],
      [1, 'a', true],
      [0, 'b', false],
      [0, 'c', false],
      [2, 'a', false],
    ]);
    list.succeeded();
    expect(next()).toEqual([0, 'b', true]);
  });

  it('waits after every failure of a single one', () => {
    const list = new BrokerList(['mqtt://a'], '5');
    expect([list.next(), list.next(), list.next(), list.hasUntried]).toEqual([1, 2, 3, false]);
  });

  it('keeps what has been learnt with each broker', () => {
    const list = new BrokerList(['mqtt://a', 'mqtt://b'], 'auto');
    list.current.version.failed({
      opened: false,
      error: new Error('refused'),
      reasonCode: 132,
      stage: 'mqtt',
    });
    list.current.retains = false;
    list.next();
    expect([list.current.version.version, list.current.retains]).toEqual([5, true]);
    list.next();
    expect([list.current.version.version, list.current.retains]).toEqual([4, false]);
  });

  it('refuses an empty list', () => {
    expect(() => new BrokerList([], 'auto')).toThrow('no broker is named: give at least one');
  });
});
