import { type Context, createContext } from 'react';

import { NO_COLOURS, type Palette } from '../theme/palette.ts';

/** The colours that everything is drawn in. */
export const PaletteContext: Context<Palette> = createContext<Palette>(NO_COLOURS);
