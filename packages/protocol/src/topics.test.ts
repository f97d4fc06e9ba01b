import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ProtocolError } from './protocol-error.ts';
import { assertTopicBase, parseTopic, type TopicAddress, topicLevel, topicOf } from './topics.ts';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const address: fc.Arbitrary<TopicAddress> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('status' as const, 'info' as const, 'health' as const, 'event' as const),
    host: name,
  }),
  fc.record({ kind: fc.constant('stats' as const), host: name, iface: name }),
  fc.record({ kind: fc.constant('filter' as const), host: name, iface: name, filter: name }),
  fc.record({ kind: fc.constant('scalar' as const), host: name, iface: name, filter: name, field: name }),
);

/** The address with its names as they are in the topic. */
function inLevels(value: TopicAddress): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === 'kind' ? part : topicLevel(part)]),
  );
}

describe('topicLevel', () => {
  test.each([
    ['eth0', 'eth0'],
    ['eth0.100', 'eth0_100'],
    ['a#+', 'a__'],
    ['gw-01_x', 'gw-01_x'],
    ['ü/😀', '___'],
    ['\u0000\u001b', '__'],
  ])('%j becomes %s', (raw, level) => expect(topicLevel(raw)).toBe(level));
});

describe('topicOf and parseTopic', () => {
  test.each<[string, TopicAddress]>([
    ['ifcast/gw-01/status', { kind: 'status', host: 'gw-01' }],
    ['ifcast/gw-01/info', { kind: 'info', host: 'gw-01' }],
    ['ifcast/gw-01/health', { kind: 'health', host: 'gw-01' }],
    ['ifcast/gw-01/event', { kind: 'event', host: 'gw-01' }],
    ['ifcast/gw-01/eth0_100/stats', { kind: 'stats', host: 'gw-01', iface: 'eth0_100' }],
    ['ifcast/gw-01/eth0/filter/web', { kind: 'filter', host: 'gw-01', iface: 'eth0', filter: 'web' }],
    [
      'ifcast/gw-01/eth0/filter/web/bits_per_s',
      { kind: 'scalar', host: 'gw-01', iface: 'eth0', filter: 'web', field: 'bits_per_s' },
    ],
  ])('%s', (topic, parsed) => {
    expect(topicOf('ifcast', parsed)).toBe(topic);
    expect(parseTopic('ifcast', topic)).toEqual(parsed);
  });

  test('whatever the names, the topic has no wildcard or control character and parses back', () => {
    fc.assert(
      fc.property(address, (value) => {
        const topic = topicOf('home/ifcast', value);
        expect(topic).toMatch(/^[A-Za-z0-9_/-]+$/);
        expect(parseTopic('home/ifcast', topic)).toEqual(inLevels(value));
      }),
    );
  });

  test('an interface may be called info, status or filter', () => {
    for (const iface of ['info', 'status', 'health', 'event', 'filter', 'stats']) {
      const value: TopicAddress = { kind: 'stats', host: 'h', iface };
      expect(parseTopic('ifcast', topicOf('ifcast', value))).toEqual(value);
    }
  });

  test.each([
    '',
    'ifcast',
    'ifcast/',
    'ifcast/gw-01',
    'ifcast/gw-01/other',
    'ifcast//status',
    'ifcast/gw-01/eth0',
    'ifcast/gw-01/eth0/stats/more',
    'ifcast/gw-01/eth0/filter',
    'ifcast/gw-01/eth0/filter/web/rate/more',
    'ifcast/gw-01/eth0.100/stats',
    'ifcast/gw\u001b[2J/status',
    'ifcast2/gw-01/status',
    'other/gw-01/status',
  ])('%j is none of ours', (topic) => expect(parseTopic('ifcast', topic)).toBeNull());
});

describe('assertTopicBase', () => {
  test.each(['ifcast', 'home/ifcast', 'a.b-c_d/E1'])('%s is accepted', (base) =>
    expect(() => assertTopicBase(base)).not.toThrow(),
  );
  test.each([
    '',
    '/',
    '/ifcast',
    'ifcast/',
    'a//b',
    'a/#',
    '+',
    '$SYS',
    'a b',
    'a\u0000',
    'ü',
    'x'.repeat(201),
  ])('%j is refused with a remedy', (base) => {
    expect(() => assertTopicBase(base)).toThrow(ProtocolError);
    expect(() => assertTopicBase(base)).toThrow('use levels of');
  });
});
