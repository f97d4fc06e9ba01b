import fc from 'fast-check';
import { expect, test } from 'vitest';

import { exposition } from './exposition.ts';
import type { MetricFamily } from './metric-family.ts';

const SINCE = new Date('2026-01-02T03:04:05.678Z');

const FAMILIES: readonly MetricFamily[] = [
  {
    name: 'x_size_bytes',
    type: 'histogram',
    unit: 'bytes',
    help: 'Sizes.',
    samples: [
      {
        labels: [['filter', 'web']],
        upperBounds: [64, 1512],
        sizes: [2n, 3n, 12_345_678_901_234_567_890n],
        sum: 99n,
        created: SINCE,
      },
      { labels: [], upperBounds: [64], sizes: [0n, 1n], sum: 70n, created: SINCE },
    ],
  },
  { name: 'x_lost', type: 'counter', help: 'Lost.', samples: [{ labels: [], value: 7n, created: SINCE }] },
  { name: 'x_up', type: 'gauge', help: 'Up.', samples: [{ labels: [['i', 'a"b\\c\nd']], value: 1 }] },
  { name: 'x_build', type: 'info', help: 'Build.', samples: [{ labels: [['version', '1']], value: 1 }] },
  { name: 'x_none', type: 'gauge', help: 'Nothing to tell.', samples: [] },
];

test('text 0.0.4', () => {
  expect([...exposition(FAMILIES, 'text')].join('')).toBe(`# HELP x_size_bytes Sizes.
# TYPE x_size_bytes histogram
x_size_bytes_bucket{filter="web",le="64.0"} 2
x_size_bytes_bucket{filter="web",le="1512.0"} 5
x_size_bytes_bucket{filter="web",le="+Inf"} 12345678901234567895
x_size_bytes_sum{filter="web"} 99
x_size_bytes_count{filter="web"} 12345678901234567895
x_size_bytes_bucket{le="64.0"} 0
x_size_bytes_bucket{le="+Inf"} 1
x_size_bytes_sum 70
x_size_bytes_count 1
# HELP x_lost_total Lost.
# TYPE x_lost_total counter
x_lost_total 7
# HELP x_up Up.
# TYPE x_up gauge
x_up{i="a\\"b\\\\c\\\\u{a}d"} 1
# HELP x_build_info Build.
# TYPE x_build_info gauge
x_build_info{version="1"} 1
`);
});

test('OpenMetrics 1.0', () => {
  expect([...exposition(FAMILIES.slice(1), 'openmetrics')].join('')).toBe(`# HELP x_lost Lost.
# TYPE x_lost counter
x_lost_total 7
x_lost_created 1767323045.678
# HELP x_up Up.
# TYPE x_up gauge
x_up{i="a\\"b\\\\c\\\\u{a}d"} 1
# HELP x_build Build.
# TYPE x_build info
x_build_info{version="1"} 1
# EOF
`);
  const histogram = [...exposition(FAMILIES.slice(0, 1), 'openmetrics')].join('');
  expect(histogram).toContain('# UNIT x_size_bytes bytes\n');
  expect(histogram).toContain('x_size_bytes_created{filter="web"} 1767323045.678\n');
});

test('no label ends its line, its quotes or its braces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const [, line] = [
        ...exposition(
          [{ name: 'x', type: 'gauge', help: 'X.', samples: [{ labels: [['l', value]], value: 1 }] }],
          'text',
        ),
      ];
      expect(line).toMatch(/^x\{l="(?:[^"\\\p{Cc}]|\\\\|\\")*"\} 1\n$/u);
    }),
  );
});
