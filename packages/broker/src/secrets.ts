/** Stands for what is left out. */
const MASK = '…';
const SCHEME = '(?:mqtts?|wss?|tcp|ssl|https?)';
/** Of a URL that may be shown: host, port, path. */
const AUTHORITY_AND_PATH = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?(?:\/[\w./-]*)?$/i;
/** As JSON writes it. */
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g;
const WORD = /[^\s"]+/g;
const QUERY = new RegExp(`\\b(${SCHEME}://[^\\s"?#]*)[?#][^\\s"]*`, 'gi');
const NAMED = /\b(password|passwd|secret|token)=[^\s"&]+/gi;
/** A colon behind the host, and no port: a login whose host is missing, or elsewhere. */
const NO_PORT = new RegExp(`\\b(${SCHEME}://)[^\\s"/@[\\]:]*:(?!\\d+(?:[/\\s",;:.)]|$))[^\\s"]+`, 'gi');

/**
 * A text without the secrets that may be in it: the user and password of a URL, well-formed or not, its query, and what is
 * called a password or token. Whatever leaves a program for a log, a topic, a screen or an error goes through it.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(QUOTED, (quoted) => (hasLogin(quoted) ? `"${maskUrl(quoted.slice(1, -1))}"` : quoted))
    .replace(WORD, maskWord)
    .replace(QUERY, `$1?${MASK}`)
    .replace(NAMED, `$1=${MASK}`)
    .replace(NO_PORT, `$1${MASK}`);
}

/** Every text in a value, at any depth, as {@link maskSecrets} gives it. */
export function maskSecretsIn<T>(value: T): T {
  if (typeof value === 'string') return maskSecrets(value) as T;
  if (Array.isArray(value)) return value.map(maskSecretsIn) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, maskSecretsIn(part)])) as T;
}

/**
 * What is left of a broker URL, well-formed or not, when nothing of it may be secret: the scheme, and host, port and path
 * where it is certain that they are.
 */
export function maskUrl(url: string): string {
  const scheme = new RegExp(`^\\s*(${SCHEME}://)`, 'i').exec(url)?.[1] ?? '';
  const rest = url.trim().slice(scheme.length);
  const at = rest.lastIndexOf('@');
  const query = rest.search(/[?#]/);
  // What is before a "?" may be a host with a query, or half a login.
  const tail = query === -1 || (at !== -1 && at < query) ? rest.slice(at + 1).replace(/[?#].*$/s, '') : '';
  const login = at === -1 ? '' : `${MASK}@`;
  if (rest === '') return scheme;
  return AUTHORITY_AND_PATH.test(tail) ? `${scheme}${login}${tail}` : `${scheme}${MASK}`;
}

function hasLogin(text: string): boolean {
  return /(?::|\/\/).*@/s.test(text);
}

function maskWord(word: string): string {
  if (!hasLogin(word)) return word;
  const kept = new RegExp(`^(?:.*?\\b${SCHEME}://|--?[\\w-]+=)`, 'i').exec(word)?.[0] ?? '';
  return `${kept}${MASK}${word.slice(word.lastIndexOf('@'))}`;
}
