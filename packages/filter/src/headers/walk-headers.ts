import {
  FIRST_STEP,
  type FirstHeader,
  HEADER_FIELDS,
  HEADER_STEPS,
  type HeaderField,
  type HeaderStep,
  type HeaderValue,
  NEXT_TABLES,
  stepsFrom,
} from './header-walk.ts';

/** What a walk found: see `HEADER_FIELDS`. */
export type Headers = Record<HeaderField, number>;

const STEP_NAMES = stepsFrom(Object.values(FIRST_STEP));

/** Headers of which nothing is known yet, to be filled again for each packet. */
export function noHeaders(): Headers {
  return Object.fromEntries(HEADER_FIELDS.map((field) => [field, -1])) as Headers;
}

/**
 * Finds the headers of a packet. Never throws, whatever the bytes.
 *
 * @param packet - as captured: what is not there ends the walk
 * @param into - takes the result, whatever it held
 */
export function walkHeaders(packet: Uint8Array, first: FirstHeader, into: Headers): void {
  run ??= new Function('packet', 'step', 'into', sourceOfWalk()) as Run;
  run(packet, STEP_NAMES.indexOf(FIRST_STEP[first]), into);
}

type Run = (packet: Uint8Array, step: number, into: Headers) => void;

/** Made at the first call: importing does nothing. */
let run: Run | undefined;

/** One `case` for each step, as `predicateOf` has one for each jump target. */
function sourceOfWalk(): string {
  return [
    'const length = packet.length;',
    ...HEADER_FIELDS.map((field) => `into.${field} = -1;`),
    'let at = 0, type = 0, allowed = 0;',
    'walk: for (;;) switch (step) {',
    ...STEP_NAMES.map((name, index) => `case ${index}: {\n${sourceOfStep(HEADER_STEPS[name])}\n}`),
    '}',
    'into.end = at;',
  ].join('\n');
}

function sourceOfStep(step: HeaderStep): string {
  const lines = [`if (at + ${step.needs} > length) break walk;`];
  if (step.counted) lines.push('if (allowed-- === 0) break walk;');
  if (step.allows !== undefined) lines.push(`allowed = ${step.allows};`);
  if (step.offsetTo !== undefined) lines.push(`into.${step.offsetTo} = at;`);
  for (const [field, value] of Object.entries(step.keeps ?? {})) {
    lines.push(`${step.counted ? `if (into.${field} === -1) ` : ''}into.${field} = ${sourceOfValue(value)};`);
  }
  const { next } = step;
  if (next !== undefined) lines.push(`type = ${sourceOfValue(next.type)};`);
  const table = next === undefined ? undefined : NEXT_TABLES[next.table];
  if (table?.typeTo !== undefined) lines.push(`into.${table.typeTo} = type;`);
  if (step.endsIf !== undefined) lines.push(`const ends = ${sourceOfValue(step.endsIf)} !== 0;`);
  const length = typeof step.length === 'number' ? String(step.length) : sourceOfValue(step.length);
  lines.push(`at += ${length};`);
  if (step.endsIf !== undefined) lines.push('if (ends) break walk;');
  if (table === undefined) return [...lines, 'break walk;'].join('\n');
  return [
    ...lines,
    'switch (type) {',
    ...table.steps.map(([type, name]) => `case ${type}: step = ${STEP_NAMES.indexOf(name)}; continue walk;`),
    '}',
    table.otherwise === undefined
      ? 'break walk;'
      : `step = ${STEP_NAMES.indexOf(table.otherwise)}; continue walk;`,
  ].join('\n');
}

function sourceOfValue({ at, size, right = 0, mask, plus = 0, left = 0 }: HeaderValue): string {
  const bytes = size === 1 ? `packet[at + ${at}]` : `(packet[at + ${at}] << 8 | packet[at + ${at + 1}])`;
  const shifted = right === 0 ? bytes : `(${bytes} >> ${right})`;
  const masked = mask === undefined ? shifted : `(${shifted} & ${mask})`;
  const added = plus === 0 ? masked : `(${masked} + ${plus})`;
  return left === 0 ? added : `(${added} << ${left})`;
}
