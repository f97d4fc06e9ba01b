/**
 * What must not reach a terminal or a script as it is: controls (C0, C1, DEL), line and paragraph separators, bidi
 * overrides and everything else that is invisible by itself, lone surrogates, private and unassigned code points, and
 * piles of combining marks. Each is replaced, not removed, so that two different names stay different in length.
 */
const UNSAFE =
  '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{Cn}\\p{Default_Ignorable_Code_Point}]|(?<=\\p{M}{2})\\p{M}|^\\p{M}';
/** Made when the first text needs it: that takes longer than all the rest of a short run. */
let unsafe: RegExp | null = null;

const PRINTABLE_ASCII = /^[ -~]*$/;
const MAX_LENGTH = 1024;

/** One text from the broker, made harmless: unsafe characters become `�` and what is beyond 1,024 characters is cut. */
export function sanitizeText(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  if (PRINTABLE_ASCII.test(short)) return short;
  unsafe ??= new RegExp(UNSAFE, 'gu');
  return short.replace(unsafe, '\ufffd');
}

/** A message with every text in it, at any depth, as {@link sanitizeText} returns it; itself where that changes nothing. */
export function sanitize<T>(value: T): T {
  if (typeof value === 'string') return sanitizeText(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const parts = value.map(sanitize);
    return parts.some((part, index) => part !== value[index]) ? (parts as T) : value;
  }
  const changed: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    const safe = sanitize(part);
    if (safe !== part) changed[key] = safe;
  }
  return Object.keys(changed).length > 0 ? { ...value, ...changed } : value;
}
