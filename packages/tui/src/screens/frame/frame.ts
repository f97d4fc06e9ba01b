import { toAscii } from '../../text/glyphs.ts';
import { fit, type Line, span, widthOf } from '../../text/line.ts';
import { header } from './header.ts';
import { help } from './help.ts';
import { hostList } from './host-list.ts';
import { interfaceScreen } from './interface-screen.ts';
import { keyHelp } from './key-help.ts';
import type { Model, Size } from './model.ts';
import { noticeLines, notices } from './notices.ts';
import { type Scene, sceneOf } from './scene.ts';

/** The smallest screen that is drawn on. */
export const MIN_SIZE: Size = { columns: 50, rows: 8 };
/** Header, states line and keys. */
const FRAME_ROWS = 3;

/** The whole screen: exactly `rows` lines of at most `columns` columns. Pure. */
export function frame(model: Model, size: Size): Line[] {
  const lines = isTooSmall(size) ? tooSmall(size) : screen(model, size);
  const filled = Array.from({ length: size.rows }, (_, row) => fit(lines[row] ?? [], size.columns));
  if (!model.settings.ascii) return filled;
  return filled.map((line) => line.map(({ text, style }) => span(toAscii(text, widthOf), style)));
}

/** How many rows of the list of hosts a screen has room for. */
export function listRows({ rows }: Size): number {
  return Math.max(1, rows - FRAME_ROWS - (hasAir(rows) ? 1 : 0) - 1);
}

function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_SIZE.columns || rows < MIN_SIZE.rows;
}

function tooSmall({ columns, rows }: Size): Line[] {
  const text = ['terminal too small', `(have ${columns}×${rows}, need ${MIN_SIZE.columns}×${MIN_SIZE.rows})`];
  const lines = columns >= text.join(' ').length ? [text.join(' ')] : text;
  return lines.slice(0, rows).map((line) => [span(line, 'warn')]);
}

function screen(model: Model, size: Size): Line[] {
  const { columns, rows } = size;
  const scene = sceneOf(model);
  const room = rows - FRAME_ROWS;
  const lines = [header(model, scene, columns), ...content(model, scene, size, room).slice(0, room)];
  while (lines.length < rows - 2) lines.push([]);
  // Where nothing else is to be seen, the states have the whole screen.
  const states = scene.kind === 'nothing' && !model.view.help ? [] : notices(model, scene);
  return [...lines, states, keyHelp(model, scene, columns)];
}

function content(model: Model, scene: Scene, size: Size, room: number): Line[] {
  const { view, settings } = model;
  if (view.help) return help(settings.glyphs);
  switch (scene.kind) {
    case 'nothing':
      return noticeLines(model, scene, size.columns);
    case 'list': {
      const { state, now, targets } = scene;
      const list = hostList(targets, {
        state,
        view,
        now,
        glyphs: settings.glyphs,
        columns: size.columns,
        rows: listRows(size) + 1,
      });
      return hasAir(size.rows) ? [[], ...list] : list;
    }
    case 'interface':
      return interfaceScreen(model, scene, size, room);
  }
}

/** An empty line below the header. */
function hasAir(rows: number): boolean {
  return rows >= 20;
}
