import type { ExpositionFormat } from './exposition.ts';

/**
 * The format that a scraper likes best: OpenMetrics where it says so by name, otherwise text.
 *
 * @param accept - the header `Accept`, `undefined` where there is none
 * @see RFC 9110, section 12.5.1
 */
export function acceptedFormat(accept: string | undefined): ExpositionFormat {
  let text = 0;
  let open = 0;
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    const value = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    const weight = Number(value('q') ?? 1);
    if (type === 'application/openmetrics-text' && (value('version') ?? '1.0.0') === '1.0.0')
      open = Math.max(open, weight);
    if (type === 'text/plain') text = Math.max(text, weight);
  }
  return open > 0 && open >= text ? 'openmetrics' : 'text';
}
