/** What a terminal shows behind its text. */
export type Background = 'dark' | 'light';

/** Asks for the background colour (xterm's ctlseqs, OSC 11 with `?`); terminals that do not know it answer nothing. */
export const ASK_BACKGROUND = '\u001b]11;?\u001b\\';

const ANSWER = /^11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i;

/**
 * What the answer to {@link ASK_BACKGROUND} says.
 *
 * @param answer - without its introducer and terminator
 * @returns `null` for another answer
 */
export function backgroundOf(answer: string): Background | null {
  const match = ANSWER.exec(answer);
  if (match === null) return null;
  const [red, green, blue] = match
    .slice(1)
    .map((digits) => Number.parseInt(digits, 16) / (16 ** digits.length - 1));
  // Relative luminance (WCAG 2), without its exponents: light is far from dark.
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.5 ? 'light' : 'dark';
}

/** What the environment says of it: `COLORFGBG` of rxvt, konsole and others is `foreground;background`. */
export function backgroundOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Background | null {
  const background = Number(/;(\d{1,2})$/.exec(env['COLORFGBG'] ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(background)) return null;
  return background === 7 || background === 15 ? 'light' : 'dark';
}
