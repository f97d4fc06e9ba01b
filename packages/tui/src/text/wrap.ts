import { left, truncate, widthOf } from './line.ts';

/** A text in lines of at most `width` columns, broken between words; a word that is longer is broken where it has to be. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const push = (word: string): void => {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`;
    else {
      if (line !== '') lines.push(line);
      line = word;
    }
  };
  for (const word of text.split(' ')) for (const part of parts(word, Math.max(1, width))) push(part);
  lines.push(line);
  return lines;
}

/** Lines of two columns: a name once, and what is said of it as often as it takes. */
export function described(name: string, text: string, nameWidth: number, width: number): string[] {
  return wrapped(text, width - nameWidth).map(
    (line, index) => left(index === 0 ? name : '', nameWidth) + line,
  );
}

function parts(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const list: string[] = [];
  let part = '';
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (widthOf(part + segment) > width) {
      list.push(part);
      part = '';
    }
    part += segment;
  }
  return [...list, part].map((text) => truncate(text, width));
}
