import { type Context, createContext } from 'react';

import { MONO, type Palette } from '../theme/palette.ts';

/** What every row is drawn with. */
export interface Drawing {
  readonly palette: Palette;
  /** ASCII characters alone. */
  readonly ascii: boolean;
}

export const DrawingContext: Context<Drawing> = createContext<Drawing>({ palette: MONO, ascii: false });
