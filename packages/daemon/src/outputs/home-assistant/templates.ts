/**
 * Templates of Home Assistant over a topic's JSON. A topic that is emptied, because its filter went, is a message too: nothing
 * is said then, for a template that fails is an error in the log.
 */

/** A value; `null` is "unknown". `expression` may use `value_json`. */
export function valueTemplate(expression: string): string {
  return `{{ (${expression}) if value_json is defined else none }}`;
}

/**
 * A number, divided; so many decimals stay that neither a bit nor a byte is lost. `null` stays `null`.
 *
 * @param less - another field, which is taken from it first
 */
export function scaledTemplate(field: string, divisor: number, less?: string): string {
  const value = `value_json.${field}`;
  if (divisor === 1 && less === undefined) return valueTemplate(value);
  const subtrahend = `value_json.${less ?? field}`;
  const difference = less === undefined ? value : `(${value} - ${subtrahend})`;
  const decimals = Math.ceil(Math.log10(divisor));
  return valueTemplate(
    `(${difference} / ${divisor}) | round(${decimals}) if ${subtrahend} is number else none`,
  );
}

/** A time, as text; Home Assistant takes an empty one for none. */
export function timeTemplate(field: string): string {
  return `{{ value_json.${field} if value_json is defined else '' }}`;
}

/** One attribute. */
export function attributeTemplate(name: string, expression: string): string {
  return `{{ {'${name}': ${expression}} | to_json if value_json is defined else '{}' }}`;
}
