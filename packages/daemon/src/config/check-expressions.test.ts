import { expect, test } from 'vitest';

import { FiltersRefused } from '../compile/filter-compiler.ts';
import { locatingRefusals } from './check-expressions.ts';
import { parseConfig } from './load-config.ts';

const refusal = new FiltersRefused([{ filterId: 'arp', reason: 'no' }]);

test('a filter that is refused has its line', async () => {
  const config = parseConfig(Buffer.from('[[filter]]\nid = "arp"\nmatch = "arp"'), 'c.toml');
  await expect(locatingRefusals(config, Promise.reject(refusal))).rejects.toThrow(
    'c.toml:3:9: filter[0].match: libpcap refuses the expression of filter "arp": no (arp)',
  );
});

test('a built-in filter that is refused has its name, and no line of the file', async () => {
  const config = parseConfig(Buffer.from('delay_ms = 500'), 'c.toml');
  await expect(locatingRefusals(config, Promise.reject(refusal))).rejects.toThrow(
    'c.toml: libpcap refuses the expression of the built-in filter "arp": no (arp)',
  );
});
