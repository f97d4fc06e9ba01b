import { describe, expect, test } from 'vitest';
import { CONNECTED, INTERFACE, infoEvent, NOW, ONLINE, stateAfter, stats } from '../fixtures.ts';
import { type AlarmRule, raisedAlarms } from './alarms.ts';
import type { DashboardEvent } from './events.ts';
import { EMPTY_STATE, type State } from './state.ts';
import { reduce } from './store.ts';
import { watch } from './watch.ts';

const RULE: AlarmRule = {
  filter: null,
  host: '+',
  iface: '+',
  when: 'above',
  quantity: 'bits_per_s',
  limit: 500e6,
  forMs: 2_000,
  color: 'bad',
  text: 'the uplink is nearly full',
  bell: true,
};

/** A state with these rules, after broadcasts with these rates, half a second apart. */
function run(
  rules: readonly AlarmRule[],
  bits: readonly (number | null)[],
  before: State = stateWith(rules),
): State {
  const from = before.interfaces.get('gw-01/eth0')?.receivedAt ?? NOW;
  return reduce(
    before,
    bits.map((bitsPerS, index) => broadcast(from + (index + 1) * 500, bitsPerS)),
  );
}

function stateWith(rules: readonly AlarmRule[]): State {
  const state = stateAfter(CONNECTED, ONLINE, infoEvent());
  return { ...state, alarms: { ...EMPTY_STATE.alarms, rules } };
}

function broadcast(at: number, bitsPerS: number | null): DashboardEvent {
  const filters = stats(at).filters.map((filter) => ({
    ...filter,
    bits_per_s: filter.id === 'all' ? bitsPerS : 1,
    packets_per_s: bitsPerS === null ? null : bitsPerS / 1e4,
  }));
  return { at, type: 'stats', host: 'gw-01', iface: 'eth0', stats: { ...stats(at), filters } };
}

function alarmEntries(state: State): string[] {
  return state.journal.entries
    .filter(({ kind }) => kind.startsWith('alarm'))
    .map(({ kind, subject, text, bell }) => `${kind} ${subject} ${text}${bell ? ' (bell)' : ''}`);
}

test('is raised when the rate has been beyond the limit for as long as asked, and told once', () => {
  const short = run([RULE], [600e6, 600e6, 600e6]);
  expect(raisedAlarms(short.alarms)).toEqual([]);
  expect(alarmEntries(short)).toEqual([]);
  const long = run([RULE], [600e6, 600e6], short);
  expect(raisedAlarms(long.alarms)).toMatchObject([
    { rule: RULE, subject: 'gw-01/eth0', interfaceKey: 'gw-01/eth0', since: NOW },
  ]);
  expect(raisedAlarms(long.alarms, 'gw-01/eth1')).toEqual([]);
  expect(alarmEntries(run([RULE], [600e6], long))).toEqual([
    'alarm gw-01/eth0 ALARM: the uplink is nearly full (bell)',
  ]);
});

test('one broadcast within the limit begins the wait again', () => {
  const state = run([RULE], [600e6, 600e6, 600e6, 400e6, 600e6, 600e6, 600e6]);
  expect(raisedAlarms(state.alarms)).toEqual([]);
  expect(state.alarms.pending.size).toBe(1);
});

test('is over when the rate is within the limit', () => {
  const state = run([RULE], [600e6, 600e6, 600e6, 600e6, 600e6, 500e6]);
  expect(state.alarms.pending.size).toBe(0);
  expect(alarmEntries(state)).toEqual([
    'alarm gw-01/eth0 ALARM: the uplink is nearly full (bell)',
    'alarm-over gw-01/eth0 the alarm is over: the uplink is nearly full',
  ]);
});

test.each<[string, Partial<AlarmRule>, boolean]>([
  ['a share of the link (10 Gb/s)', { quantity: 'link_share', limit: 0.05 }, true],
  ['a larger share', { quantity: 'link_share', limit: 0.07 }, false],
  ['packets', { quantity: 'packets_per_s', limit: 59_999 }, true],
  ['below', { when: 'below', limit: 601e6 }, true],
  ['not below', { when: 'below', limit: 600e6 }, false],
  ['a filter by its name', { filter: 'tcp port 443', when: 'below', limit: 2 }, true],
  ['a filter by its id', { filter: 'https', when: 'below', limit: 2 }, true],
  ['a filter that is not there', { filter: 'nope', when: 'below', limit: 2 }, false],
  ['this interface', { host: 'gw-01', iface: 'eth0' }, true],
  ['another host', { host: 'gw-02' }, false],
  ['another interface', { iface: 'eth1' }, false],
])('%s', (_name, change, raised) => {
  const state = run([{ ...RULE, ...change, forMs: 0 }], [600e6]);
  expect(raisedAlarms(state.alarms)).toHaveLength(raised ? 1 : 0);
});

describe('what is not known breaks no rule', () => {
  const below = { ...RULE, when: 'below', forMs: 0 } as const;
  test('a rate that has not been told', () => {
    expect(run([below], [null]).alarms.pending.size).toBe(0);
  });
  test('the share of a link without a speed', () => {
    const state = reduce(stateWith([{ ...below, quantity: 'link_share' }]), [
      infoEvent({ interfaces: [{ ...INTERFACE, link_mbit_per_s: null }] }),
      broadcast(NOW, 1),
    ]);
    expect(state.alarms.pending.size).toBe(0);
  });
  test('an interface that is stale, offline or gone', () => {
    const raised = run([below], [1]);
    expect(watch(raised, NOW + 1_000)).toBe(raised);
    const stale = watch(raised, NOW + 60_000);
    expect(stale.alarms.pending.size).toBe(0);
    expect(alarmEntries(stale).at(-1)).toBe(
      'alarm-over gw-01/eth0 the alarm is not known any more: the uplink is nearly full',
    );
    const gone = watch(reduce(raised, [infoEvent({ interfaces: [] })]), NOW + 1_000);
    expect(gone.alarms.pending.size).toBe(0);
  });
});

test('the order is that of the configuration', () => {
  const rules = ['first', 'second'].map((text) => ({ ...RULE, text, forMs: text === 'first' ? 1_000 : 0 }));
  const state = run(rules, [600e6, 600e6, 600e6]);
  expect(raisedAlarms(state.alarms).map(({ rule }) => rule.text)).toEqual(['first', 'second']);
});
