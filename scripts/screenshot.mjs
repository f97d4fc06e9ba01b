// Makes the pictures of the README, docs/images/*.svg, from what the built dashboard really writes: it runs in a
// pseudo-terminal, with simulated daemons on an embedded broker, and the cells of the emulated screen become the picture.
// Takes a little more than a minute, the time that a sparkline shows. `node scripts/screenshot.mjs [NAME]…`
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Aedes } from 'aedes';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const HISTORY_MS = 66_000;
const SILENCE_MS = 6_000;

/** What is pictured: a size, the hosts, and the keys that lead to it. */
const PICTURES = [
  { name: 'dashboard-hosts', columns: 80, rows: 24, args: [], keys: '' },
  { name: 'dashboard', columns: 80, rows: 24, args: ['--host', 'gw-01/eth0'], keys: '' },
  { name: 'dashboard-wide', columns: 120, rows: 40, args: ['--host', 'gw-01/eth0'], keys: 'j' },
];

/** A cell of the picture, in pixels, and its font. */
const CELL = { width: 8.4, height: 18, baseline: 13.5 };
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const MARGIN = 14;

/** A dark terminal: foreground, background and the sixteen colours. */
const FOREGROUND = '#d4d7dd';
const BACKGROUND = '#15181e';
const DIM = '#8b919c';
const COLOURS = [
  '#15181e',
  '#e06c75',
  '#7fc77a',
  '#d9b45f',
  '#6ea8e8',
  '#c488d8',
  '#56b6c2',
  '#c8ccd4',
  '#5c6370',
  '#f07c85',
  '#98d994',
  '#f0cf7f',
  '#8dbdf5',
  '#d8a2e8',
  '#74cfda',
  '#ffffff',
];

const wanted = process.argv.slice(2);
const pictures = PICTURES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const { SimulatedFleet, Terminal } = await load();
const broker = await startBroker();
const fleet = await SimulatedFleet.connect(
  broker.url,
  [
    'gw-01/eth0',
    ...Array.from({ length: 13 }, (_, index) => `edge-${String(index + 1).padStart(2, '0')}/eth0`),
  ],
  500,
);
fleet.start();
const program = join(root, 'packages/tui/bin/ifcast.js');
const terminals = pictures.map(
  ({ columns, rows, args }) =>
    new Terminal(process.execPath, [program, '--broker', broker.url, ...args], { columns, rows }),
);
process.stderr.write(`watching for ${HISTORY_MS / 1000} s\n`);
await sleep(HISTORY_MS - SILENCE_MS);
// Not every host is well.
fleet.daemons.find(({ host }) => host === 'edge-03').crash();
fleet.silence('edge-05/eth0');
await sleep(SILENCE_MS);
mkdirSync(join(root, 'docs/images'), { recursive: true });
for (const [index, { name, columns, rows, keys }] of pictures.entries()) {
  const terminal = terminals[index];
  if (keys !== '') {
    terminal.send(keys);
    await sleep(700);
  }
  const file = join(root, 'docs/images', `${name}.svg`);
  writeFileSync(file, svgOf(terminal.buffer, columns, rows));
  process.stderr.write(`${file}\n`);
  await terminal.close();
}
await fleet.close();
await broker.close();

/** The test support, which is TypeScript. */
async function load() {
  const directory = mkdtempSync(join(root, 'node_modules', '.screenshot-'));
  try {
    const outfile = join(directory, 'support.mjs');
    await build({
      stdin: {
        contents: `export { SimulatedFleet } from './test/support/simulated-daemons.ts'; export { Terminal } from './test/support/terminal.ts';`,
        resolveDir: root,
      },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      alias: { '@ifcast/protocol': join(root, 'packages/protocol/src/index.ts') },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function startBroker() {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  // The same port in every picture, where it is free.
  server.once('error', () => server.listen(0, '127.0.0.1')).listen(18_830, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${server.address().port}`,
    close: async () => {
      aedes.close();
      server.close();
    },
  };
}

/**
 * @param {import('@xterm/headless').IBuffer} buffer
 * @param {number} columns
 * @param {number} rows
 */
function svgOf(buffer, columns, rows) {
  const width = columns * CELL.width + 2 * MARGIN;
  const height = rows * CELL.height + 2 * MARGIN;
  const body = [];
  for (let row = 0; row < rows; row++) {
    for (const run of runsOf(buffer.getLine(buffer.baseY + row), columns)) body.push(drawn(run, row));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" font-size="14">
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
<g transform="translate(${MARGIN} ${MARGIN})" xml:space="preserve">
${body.join('\n')}
</g>
</svg>
`;
}

/** Neighbouring cells of one look; a block element is alone, because it is drawn, not written. */
function* runsOf(line, columns) {
  let run = null;
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    const text = cell.getChars();
    if (cell.getWidth() === 0) continue;
    const look = {
      colour: cell.isDim() ? DIM : cell.isFgPalette() ? COLOURS[cell.getFgColor() % 16] : FOREGROUND,
      bold: Boolean(cell.isBold()),
    };
    const block = blockOf(text);
    const blank = text === '' || text === ' ';
    if (run !== null && !block && !run.block && run.colour === look.colour && run.bold === look.bold) {
      run.text += blank ? ' ' : text;
      run.cells += cell.getWidth();
      continue;
    }
    if (run !== null && run.text.trim() !== '') yield run;
    run = { ...look, column, cells: cell.getWidth(), text: blank ? ' ' : text, block };
  }
  if (run !== null && run.text.trim() !== '') yield run;
}

/** The part of its cell that a block element fills (Unicode, Block Elements). */
function blockOf(text) {
  const code = text.codePointAt(0) ?? 0;
  if (code >= 0x2581 && code <= 0x2588) {
    const part = (code - 0x2580) / 8;
    return { x: 0, y: 1 - part, width: 1, height: part };
  }
  if (code >= 0x2589 && code <= 0x258f) return { x: 0, y: 0.12, width: (0x2590 - code) / 8, height: 0.76 };
  return null;
}

function drawn({ text, column, cells, colour, bold, block }, row) {
  const x = column * CELL.width;
  const y = row * CELL.height;
  if (block) {
    // A hair wider, so that neighbours touch.
    const width = block.width * CELL.width + (block.width === 1 ? 0.3 : 0);
    return `<rect x="${n(x)}" y="${n(y + block.y * CELL.height)}" width="${n(width)}" height="${n(block.height * CELL.height)}" fill="${colour}"/>`;
  }
  const start = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const weight = bold ? ' font-weight="bold"' : '';
  const length = (cells - (text.length - trimmed.length)) * CELL.width;
  return `<text x="${n(x + start * CELL.width)}" y="${n(y + CELL.baseline)}" textLength="${n(length)}" lengthAdjust="spacingAndGlyphs" fill="${colour}"${weight}>${escaped(trimmed)}</text>`;
}

function n(value) {
  return Number(value.toFixed(2));
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
