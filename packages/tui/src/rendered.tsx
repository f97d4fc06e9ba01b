/** Frames for tests: what Ink draws of a model, as text. */
import { renderToString } from 'ink';

import { DrawingContext } from './components/drawing-context.ts';
import { Screen } from './screens/screen.tsx';
import type { Model, Size } from './shown/model.ts';
import { sceneOf } from './shown/scene.ts';
import { withoutColumns } from './text/column-mark.ts';
import { MONO } from './theme/palette.ts';

const WITHOUT_STYLE = Object.fromEntries(Object.keys(MONO).map((style) => [style, ''])) as typeof MONO;

/** The rows of a frame without styles. */
export function rendered(model: Model, size: Size): string[] {
  const frame = renderToString(
    <DrawingContext value={{ palette: WITHOUT_STYLE, ascii: model.settings.ascii }}>
      <Screen model={model} scene={sceneOf(model)} size={size} />
    </DrawingContext>,
    { columns: size.columns },
  );
  return withoutColumns(frame).split('\n');
}
