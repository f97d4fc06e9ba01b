import { expect, test } from 'vitest';

import { acceptedFormat } from './accepted-format.ts';

test.each([
  [undefined, 'text'],
  ['*/*', 'text'],
  ['text/plain;version=0.0.4', 'text'],
  // Prometheus 2.42.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;q=0.3,text/plain;q=0.5', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  [';;q=,=;', 'text'],
] as const)('%s: %s', (accept, format) => {
  expect(acceptedFormat(accept)).toBe(format);
});
