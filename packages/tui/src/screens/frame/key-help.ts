import type { Glyphs } from '../../text/glyphs.ts';
import { type Line, lineWidth, span } from '../../text/line.ts';
import type { Model } from './model.ts';
import type { Scene } from './scene.ts';

interface KeyHint {
  readonly keys: string;
  readonly does: string;
  /** The least important go first where there is no room. */
  readonly rank: number;
}

/** The last line: what the keys do, as much of it as fits. */
export function keyHelp({ view, settings }: Model, scene: Scene, columns: number): Line {
  let hints = view.list.finding ? FINDING : hintsOf(scene, settings.glyphs);
  for (;;) {
    const line = hints.flatMap(({ keys, does }, index) => [
      span(index === 0 ? ' ' : '  '),
      span(keys, 'title'),
      span(` ${does}`, 'dim'),
    ]);
    if (lineWidth(line) <= columns || hints.length === 0) return line;
    const least = Math.max(...hints.map(({ rank }) => rank));
    hints = hints.filter(({ rank }) => rank !== least);
  }
}

const FINDING: readonly KeyHint[] = [
  { keys: 'Enter', does: 'done', rank: 1 },
  { keys: 'Esc', does: 'all', rank: 2 },
];

function hintsOf(scene: Scene, glyphs: Glyphs): readonly KeyHint[] {
  switch (scene.kind) {
    case 'nothing':
      return [
        { keys: 'r', does: 'retry now', rank: 2 },
        { keys: '?', does: 'help', rank: 1 },
        { keys: 'q', does: 'quit', rank: 0 },
      ];
    case 'list':
      return [
        { keys: glyphs.upDown, does: 'select', rank: 6 },
        { keys: glyphs.enter, does: 'open', rank: 3 },
        { keys: '/', does: 'find', rank: 4 },
        { keys: 's', does: 'sort', rank: 5 },
        { keys: 'o', does: 'keep order', rank: 8 },
        { keys: 'u', does: 'units', rank: 7 },
        { keys: 'p', does: 'pause', rank: 2 },
        { keys: '?', does: 'help', rank: 1 },
        { keys: 'q', does: 'quit', rank: 0 },
      ];
    case 'interface':
      return [
        scene.all.length > 1
          ? { keys: 'Esc', does: 'list', rank: 3 }
          : { keys: glyphs.sideways, does: 'host', rank: 9 },
        { keys: glyphs.upDown, does: 'filter', rank: 6 },
        { keys: 'd', does: 'mode', rank: 4 },
        { keys: 'u', does: 'units', rank: 5 },
        { keys: 'e', does: 'exact', rank: 8 },
        { keys: 'z', does: 'zero', rank: 7 },
        { keys: 'p', does: 'pause', rank: 2 },
        { keys: '?', does: 'help', rank: 1 },
        { keys: 'q', does: 'quit', rank: 0 },
      ];
  }
}
