/** Whatever bytes come on standard input, the dashboard goes on and takes the next key. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, expect, test } from 'vitest';

import { ifcastScreen } from '../support/ifcast.ts';
import { Random } from '../support/random.ts';
import type { Terminal } from '../support/terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'ifcast-input-'));
afterAll(() => rmSync(directory, { recursive: true }));
/** Nothing has to be connected for keys to be read. */
const RECORDING = join(directory, 'empty.jsonl');
writeFileSync(
  RECORDING,
  '{"schema":1,"at":"2026-11-21T14:03:22.000Z","type":"connected","broker":"mqtt://10.0.0.2"}\n',
);

let terminal: Terminal | null = null;
afterEach(async () => {
  await terminal?.close();
  terminal = null;
});

async function start(): Promise<Terminal> {
  terminal = ifcastScreen(['--replay', RECORDING], { columns: 80, rows: 24 });
  await terminal.waitFor('END of the recording');
  return terminal;
}

/** The help opens: the program is there and takes keys. What was typed before may have opened something already. */
async function takesKeys(screen: Terminal): Promise<void> {
  await expect
    .poll(
      () => {
        if (!screen.text().includes('Everywhere')) screen.send('\r?');
        return screen.text();
      },
      { interval: 400, timeout: 5_000 },
    )
    .toContain('Everywhere');
}

test.each([
  ['Ctrl-F1…F4', '\u001b[1;5P\u001b[1;5Q\u001b[1;5R\u001b[1;5S'],
  ['cursor reports', '\u001b[1;70R\u001b[24;80R'],
  ['a status report', '\u001b[0n'],
  ['mouse reports', '\u001b[M !!\u001b[<0;10;5M\u001b[<0;10;5m\u001b[35;10;5M'],
  ['focus, device attributes, a colour', '\u001b[I\u001b[O\u001b[?62;c\u001b]11;rgb:ffff/ffff/ffff\u001b\\'],
  ['keys of the kitty protocol', '\u001b[97;5u\u001b[57414u\u001b[1;1:3A\u001b[999999999u'],
  ['a paste that never ends', `\u001b[200~${'qQ'.repeat(100)}`],
])('%s', async (_, bytes) => {
  const screen = await start();
  screen.send(bytes);
  await takesKeys(screen);
});

test('100,000 random keys, sequences and reports', async () => {
  const screen = await start();
  const random = new Random(9);
  for (let sent = 0; sent < 100_000; ) {
    let piece = '';
    for (; piece.length < 500; sent++) piece += randomKey(random);
    screen.send(piece);
  }
  await takesKeys(screen);
}, 120_000);

function randomKey(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return `\u001b[${random.below(300)}${random.pick(['', ';5', ';70', ':3'])}${printable(random)}`;
    case 1:
      return `\u001b${printable(random)}`;
    case 2:
      return `\u001b[<${random.below(70)};${random.below(300)};${random.below(99)}${random.pick(['M', 'm'])}`;
    case 3:
      return random.pick(['é', '機', '👍', '\u0000', '\u0001', '\u007f', '\u009b', '\u001b', '\r', '\t']);
    default:
      return printable(random);
  }
}

/** Any printable character but those that quit. */
function printable(random: Random): string {
  const character = String.fromCharCode(0x20 + random.below(0x5f));
  return character === 'q' || character === 'Q' ? 'j' : character;
}

test.each([
  ['with bracketed paste', (text: string) => `\u001b[200~${text}\u001b[201~`],
  ['without', (text: string) => text],
])('text of 100 kB that is pasted, %s, is no key', async (_, pasted) => {
  const screen = await start();
  const before = screen.screen().slice(1);
  screen.send(pasted('The quick brown fox quits. Q? Z! '.repeat(3_000)));
  await takesKeys(screen);
  screen.send('x');
  await screen.waitFor((text) => !text.includes('Everywhere'));
  expect(screen.screen().slice(1)).toEqual(before);
});
