/**
 * What people read: the filter's name and what of it is told, without saying a word twice. "Web" gives "Web rate", "Web
 * total", "Web packets"; "All packets" gives "All traffic rate", "All traffic total", "All packets".
 */
export function readingName(filter: string, noun: string): string {
  const [, stem] = /^(.+?) (?:packets|traffic)$/i.exec(filter) ?? [];
  if (stem === undefined) return `${filter} ${noun}`;
  return noun.startsWith('packet') ? `${stem} ${noun}` : `${stem} traffic ${noun}`;
}
