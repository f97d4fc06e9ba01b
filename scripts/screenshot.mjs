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

const ONE = ['--host', 'gw-01/eth0'];
const SIZES = [
  [40, 10],
  [60, 15],
  [80, 24],
  [100, 30],
  [200, 60],
];

/** What is pictured: a size, a theme, the hosts, and the keys that lead to it. */
const PICTURES = [
  { name: 'dashboard-hosts', columns: 80, rows: 24, theme: 'dark', args: [], keys: '' },
  { name: 'dashboard-table', columns: 80, rows: 24, theme: 'dark', args: ONE, keys: 'd' },
  ...SIZES.flatMap(([columns, rows]) =>
    ['dark', 'light'].map((theme) => ({
      name: `dashboard-${columns}x${rows}-${theme}`,
      columns,
      rows,
      theme,
      args: ONE,
      keys: '',
    })),
  ),
];

/** A cell of the picture, in pixels, and its font. */
const CELL = { width: 8, height: 17, baseline: 13 };
const FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
const MARGIN = 12;

/** What a terminal of each theme shows text in and on. */
const GROUNDS = {
  dark: { foreground: '#d4d7dd', background: '#15181e' },
  light: { foreground: '#24292f', background: '#ffffff' },
};

/** The cube and the greys of xterm's 256 colours; the dashboard's themes use no others. */
function colourOf(index) {
  const hex = (value) => value.toString(16).padStart(2, '0');
  if (index >= 232) return `#${hex(8 + 10 * (index - 232)).repeat(3)}`;
  const level = (digit) => hex(digit === 0 ? 0 : 55 + 40 * digit);
  const cube = index - 16;
  return `#${level(Math.floor(cube / 36))}${level(Math.floor(cube / 6) % 6)}${level(cube % 6)}`;
}

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
  ({ columns, rows, theme, args }) =>
    new Terminal(process.execPath, [program, '--broker', broker.url, '--theme', theme, ...args], {
      columns,
      rows,
      // How a screen was left before shall not be in the picture.
      env: { XDG_CONFIG_HOME: '/nonexistent', XDG_STATE_HOME: '/nonexistent' },
    }),
);
process.stderr.write(`watching for ${HISTORY_MS / 1000} s\n`);
await sleep(HISTORY_MS - SILENCE_MS);
// Not every host is well.
fleet.daemons.find(({ host }) => host === 'edge-03').crash();
fleet.silence('edge-05/eth0');
await sleep(SILENCE_MS);
mkdirSync(join(root, 'docs/images'), { recursive: true });
for (const [index, { name, columns, rows, theme, keys }] of pictures.entries()) {
  const terminal = terminals[index];
  if (keys !== '') {
    terminal.send(keys);
    await sleep(700);
  }
  const file = join(root, 'docs/images', `${name}.svg`);
  writeFileSync(file, svgOf(terminal.buffer, columns, rows, GROUNDS[theme]));
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
 * The cells as texts, a run each, and the block elements as one path for each colour.
 *
 * @param {import('@xterm/headless').IBuffer} buffer
 * @param {number} columns
 * @param {number} rows
 * @param {{ foreground: string, background: string }} grounds
 */
function svgOf(buffer, columns, rows, { foreground, background }) {
  const width = columns * CELL.width + 2 * MARGIN;
  const height = rows * CELL.height + 2 * MARGIN;
  const texts = [];
  const paths = new Map();
  for (let row = 0; row < rows; row++) {
    for (const run of runsOf(buffer.getLine(buffer.baseY + row), columns, foreground)) {
      if (run.block === null) texts.push(...textsOf(run, row, foreground));
      else paths.set(run.colour, (paths.get(run.colour) ?? '') + pathOf(run, row));
    }
  }
  const drawn = [...paths].map(([colour, path]) => `<path fill="${colour}" d="${path}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT}" font-size="13" fill="${foreground}">
<rect width="${width}" height="${height}" rx="8" fill="${background}"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${[...drawn, ...texts].join('\n')}
</g>
</svg>
`;
}

/** Neighbouring cells of one look; block elements of one form are one. */
function* runsOf(line, columns, foreground) {
  let run = null;
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    if (cell.getWidth() === 0) continue;
    const text = cell.getChars() || ' ';
    const look = {
      colour: cell.isFgPalette() ? colourOf(cell.getFgColor()) : foreground,
      bold: Boolean(cell.isBold()),
      block: blockOf(text),
    };
    const same = run !== null && run.colour === look.colour && run.bold === look.bold;
    if (same && JSON.stringify(run.block) === JSON.stringify(look.block)) {
      run.text += text;
      run.cells += cell.getWidth();
      continue;
    }
    // A space has no look of its own.
    if (text === ' ' && run !== null && run.block === null) {
      run.text += ' ';
      run.cells += 1;
      continue;
    }
    if (run !== null && run.text.trim() !== '') yield run;
    run = { ...look, column, cells: cell.getWidth(), text };
  }
  if (run !== null && run.text.trim() !== '') yield run;
}

/** The part of its cell that a block element fills (Unicode, Block Elements). */
function blockOf(text) {
  const code = text.codePointAt(0) ?? 0;
  const eighths = code - 0x2580;
  if (eighths >= 1 && eighths <= 8) return { top: 1 - eighths / 8, width: 1, height: eighths / 8 };
  if (eighths >= 9 && eighths <= 15) return { top: 0.12, width: (16 - eighths) / 8, height: 0.76 };
  return null;
}

function pathOf({ column, cells, block }, row) {
  const x = n(column * CELL.width);
  const y = n((row + block.top) * CELL.height);
  const width = n((cells - 1 + block.width) * CELL.width);
  const height = n(block.height * CELL.height);
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}

/** Words far from each other are texts of their own: viewers make one space of several. */
function textsOf({ text, cells, column, colour, bold }, row, foreground) {
  const y = n(row * CELL.height + CELL.baseline);
  const style = (colour === foreground ? '' : ` fill="${colour}"`) + (bold ? ' font-weight="bold"' : '');
  // Only names can be wider than they are long, and they are runs of their own.
  const wider = cells - text.length;
  return [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: words, index }) => {
    const x = n((column + index) * CELL.width);
    const length = n((words.length + wider) * CELL.width);
    return `<text x="${x}" y="${y}" textLength="${length}"${style}>${escaped(words)}</text>`;
  });
}

function n(value) {
  return Number(value.toFixed(1));
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
