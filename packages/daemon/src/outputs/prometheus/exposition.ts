import { printable } from '../../base/log.ts';
import type { HistogramSample, Label, MetricFamily, NumberSample } from './metric-family.ts';

/** How metrics are written: the text format 0.0.4 of Prometheus, or OpenMetrics 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** The media type of each format. */
export const CONTENT_TYPE: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * The text of metrics, a piece for each sample, so that many rows need not be made in one go. Families without a sample
 * are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export function* exposition(families: Iterable<MetricFamily>, format: ExpositionFormat): Generator<string> {
  for (const family of families) {
    let begun = false;
    for (const piece of samplesOf(family, format)) {
      if (!begun) yield head(family, format);
      begun = true;
      yield piece;
    }
  }
  if (format === 'openmetrics') yield '# EOF\n';
}

function* samplesOf(family: MetricFamily, format: ExpositionFormat): Generator<string> {
  if (family.type === 'histogram') {
    for (const sample of family.samples) yield histogram(family.name, sample, format);
  } else {
    const name = sampleName(family);
    for (const sample of family.samples) yield number(family.name, name, sample, format);
  }
}

function head(family: MetricFamily, format: ExpositionFormat): string {
  const { help, unit } = family;
  const open = format === 'openmetrics';
  // Text 0.0.4 has no infos, and names a family as its samples.
  const name = open ? family.name : sampleName(family);
  const type = family.type === 'info' && !open ? 'gauge' : family.type;
  return [
    `# HELP ${name} ${help}\n`,
    `# TYPE ${name} ${type}\n`,
    ...(open && unit !== undefined ? [`# UNIT ${name} ${unit}\n`] : []),
  ].join('');
}

function sampleName({ name, type }: MetricFamily): string {
  if (type === 'counter') return `${name}_total`;
  return type === 'info' ? `${name}_info` : name;
}

function number(
  family: string,
  name: string,
  { labels, value, created }: NumberSample,
  format: ExpositionFormat,
): string {
  const set = labelSet(labels);
  const line = `${name}${braced(set)} ${value}\n`;
  return created === undefined || format === 'text' ? line : `${line}${createdLine(family, set, created)}`;
}

function histogram(
  name: string,
  { labels, upperBounds, sizes, sum, created }: HistogramSample,
  format: ExpositionFormat,
): string {
  const set = labelSet(labels);
  const separator = set === '' ? '' : ',';
  let count = 0n;
  let text = '';
  sizes.forEach((packets, index) => {
    count += packets;
    const bound = upperBounds[index];
    // Prometheus 3 makes `64` of a bound into `64.0`, and two series of one.
    const le = bound === undefined ? '+Inf' : `${bound}.0`;
    text += `${name}_bucket{${set}${separator}le="${le}"} ${count}\n`;
  });
  text += `${name}_sum${braced(set)} ${sum}\n${name}_count${braced(set)} ${count}\n`;
  return format === 'text' ? text : text + createdLine(name, set, created);
}

function createdLine(family: string, set: string, created: Date): string {
  return `${family}_created${braced(set)} ${(created.getTime() / 1000).toFixed(3)}\n`;
}

function braced(set: string): string {
  return set === '' ? '' : `{${set}}`;
}

function labelSet(labels: readonly Label[]): string {
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function escaped(value: string): string {
  return printable(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
