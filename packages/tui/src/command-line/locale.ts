/**
 * Whether the locale has no more than ASCII for sure: `C`, `POSIX`, or a character set that is not UTF-8. Where nothing
 * is said, as in many containers, terminals take UTF-8 all the same.
 *
 * @see locale(7)
 */
export function localeIsAscii(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  if (locale === 'C' || locale === 'POSIX') return true;
  const [, characters] = /\.([\w-]+)/.exec(locale) ?? [];
  return characters !== undefined && !/^utf-?8$/i.test(characters);
}
