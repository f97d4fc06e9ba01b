/**
 * A space that knows its column.
 *
 * Terminals do not agree on the width of emoji, of Devanagari and of much else. What follows such a text in its row would
 * stand where the terminal thinks that the text ends. Ink lays out cells and knows no absolute columns, so the space after
 * such a text is a private character of one column (U+E000 and up, which no text from outside can hold) that becomes a
 * cursor movement when it is written.
 */
const FIRST = 0xe000;
const MAX_COLUMN = 0x0fff;
const MARKS = /[\ue000-\uefff]/g;

/** @param column - from 0 */
export function columnMark(column: number): string {
  return column <= MAX_COLUMN ? String.fromCharCode(FIRST + column) : ' ';
}

/** The text for a terminal: every mark is a move to its column (CHA, ECMA-48 8.3.9) and a space. */
export function withColumns(text: string): string {
  return text.replace(MARKS, (mark) => `\u001b[${mark.charCodeAt(0) - FIRST + 1}G `);
}

/** The text for a reader who has no terminal: every mark is a space. */
export function withoutColumns(text: string): string {
  return text.replace(MARKS, ' ');
}
