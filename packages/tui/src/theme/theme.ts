import type { Background } from './background.ts';
import { DARK, LIGHT, MONO, type Palette, SIXTEEN } from './palette.ts';

export interface ThemeChoice {
  readonly theme: 'auto' | 'dark' | 'light' | 'mono';
  /** No colours at all: `--no-color`, `NO_COLOR`. */
  readonly colour: boolean;
  /** The reader's own colours. */
  readonly colours: Partial<Palette>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The palette for a terminal.
 *
 * @param background - what `auto` has found out; `null` while that is not known
 */
export function paletteOf(
  { theme, colour, colours, env }: ThemeChoice,
  background: Background | null,
): Palette {
  if (!colour || theme === 'mono') return MONO;
  return { ...base(theme === 'auto' ? background : theme, has256Colours(env)), ...colours };
}

function base(background: Background | null, many: boolean): Palette {
  if (!many) return SIXTEEN;
  return background === 'light' ? LIGHT : DARK;
}

/** Whether the terminal has the 256 colours of xterm: it says so by its name, or by having more. */
export function has256Colours(env: ThemeChoice['env']): boolean {
  return (
    /256|direct|kitty|alacritty|ghostty|foot|wezterm/.test(env['TERM'] ?? '') ||
    (env['COLORTERM'] ?? '') !== ''
  );
}
