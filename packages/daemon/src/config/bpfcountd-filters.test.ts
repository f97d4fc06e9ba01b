import fc from 'fast-check';
import { expect, test } from 'vitest';

import { importBpfcountdFilters } from './bpfcountd-filters.ts';
import { parseConfig } from './load-config.ts';

const HERE = { hostname: 'box', env: {} };

function filtersOf(text: string) {
  return parseConfig(Buffer.from(importBpfcountdFilters(text).toml), 'x.toml', HERE).config.filters;
}

// The examples of bpfcountd's own documentation, with what people do to such files.
const FILE = [
  '# comments',
  '',
  'arp-total;arp',
  'arp-reply;arp and arp[6:2] == 2',
  'mac;ether src $MAC\r',
  '  Batman ADV ; ether proto 0x4305 ',
  'odd;tcp[13] & 2 != 0 or port 80;80',
  'no expression',
  'sixth;udp',
  'all;',
].join('\n');

test('lines become filters, and what is left out is told', () => {
  const { toml, notes } = importBpfcountdFilters(FILE);
  expect(filtersOf(FILE).map(({ id, name, expression }) => [id, name, expression])).toEqual([
    ['arp-total', 'arp-total', 'arp'],
    ['arp-reply', 'arp-reply', 'arp and arp[6:2] == 2'],
    ['mac', 'mac', 'ether src $MAC'],
    ['batman_adv', 'Batman ADV', 'ether proto 0x4305'],
    ['odd', 'odd', 'tcp[13] & 2 != 0 or port 80;80'],
  ]);
  expect(notes).toEqual([
    'line 6: the id of "Batman ADV" is now "batman_adv"',
    'line 8 is left out: it is not an id, ";" and an expression',
    'line 9 is left out: "sixth" would be filter 6, and at most 5 are counted',
    'line 10 is left out: "all" would be filter 6, and at most 5 are counted',
  ]);
  expect(toml).toContain('[[filter]]\nid = "arp-total"\nmatch = "arp"\n');
});

test('an empty expression counts every packet, and ids stay apart', () => {
  expect(filtersOf('all;\nALL;tcp\näll;udp').map(({ id, expression }) => [id, expression])).toEqual([
    ['all', ''],
    ['all_2', 'tcp'],
    ['_ll', 'udp'],
  ]);
});

test('any text makes a configuration that can be read, without control characters', () => {
  const line = fc
    .tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
    .map((words) => words.join(';'));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 7 }), (lines) => {
      const { toml, notes } = importBpfcountdFilters(lines.join('\n'));
      expect(`${toml}${notes.join('')}`).not.toMatch(/[^\P{Cc}\n]/u);
      if (toml === '') return;
      const faults = (): string[] => {
        try {
          parseConfig(Buffer.from(toml), 'x.toml', HERE);
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      };
      // What tcpdump would not take may be told; TOML that is none may not.
      expect(faults().join('\n')).not.toMatch(/^x\.toml:\d+:\d+: (?!filter)/m);
    }),
  );
});
