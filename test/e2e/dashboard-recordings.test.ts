/** Where recordings come from and go to, and what is remembered, on a real screen. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { broadcasts, CONNECTED, INTERFACE, infoEvent, NOW, ONLINE } from '../../packages/tui/src/fixtures.ts';
import { encodeEvent } from '../../packages/tui/src/lines/json-lines.ts';
import { IFCAST, ifcastScreen } from '../support/ifcast.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { requirements } from '../support/requirements.ts';
import { SimulatedFleet } from '../support/simulated-daemons.ts';
import { Terminal } from '../support/terminal.ts';

const RIGHT = '\u001b[C';
const SIZE = { columns: 100, rows: 30 };

const directory = mkdtempSync(join(tmpdir(), 'ifcast-recordings-'));
afterAll(() => rmSync(directory, { recursive: true }));
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

function track<T extends { close(): unknown }>(thing: T): T {
  open.push(thing);
  return thing;
}

describe('a replay', () => {
  /** Three minutes of broadcasts, from 14:02:22 on, UTC. */
  const events = [
    CONNECTED,
    ONLINE,
    infoEvent(),
    ...[0, 60_500, 121_000].flatMap((after) => broadcasts(NOW + after)),
  ];
  const content = events.map((event) => `${encodeEvent(event)}\n`).join('');
  const file = join(directory, 'incident.jsonl');
  writeFileSync(file, content);
  const env = { TZ: 'UTC' };

  test.each([
    ['a file', `<'${file}'`, /PAUSED[\s\S]*│ 14:05:2/],
    ['a pipe', `< <(cat '${file}.gz')`, /PAUSED[\s\S]*(?: [3-9]\d s|\dm\d\ds) gone/],
  ])(
    'comes from standard input, which is %s, and the keys from the terminal',
    async (_name, input, shown) => {
      writeFileSync(`${file}.gz`, gzipSync(content));
      const run = `'${process.execPath}' '${IFCAST}' --replay - ${input}`;
      const surroundings = {
        ...env,
        XDG_CONFIG_HOME: '/nonexistent',
        XDG_STATE_HOME: '/dev/null',
        LC_ALL: 'C.UTF-8',
      };
      const screen = track(new Terminal('bash', ['-c', run], { ...SIZE, env: surroundings }));
      await screen.waitFor(/REPLAY of the recording standard input/);
      screen.send(`${RIGHT.repeat(3)} `);
      await screen.waitFor(shown);
      screen.send('q');
      expect(await screen.ended).toMatchObject({ exitCode: 0 });
      expect(screen.modes()).toMatchObject({ alternateScreen: false, cursorHidden: false });
    },
  );

  test('of one interface is of that alone', async () => {
    const two = infoEvent({
      interfaces: ['eth0', 'eth1'].map((name) => ({ ...INTERFACE, name, topic: name })),
    });
    const both = join(directory, 'both.jsonl');
    writeFileSync(both, `${[CONNECTED, ONLINE, two, ...broadcasts()].map(encodeEvent).join('\n')}\n`);
    const screen = track(ifcastScreen(['--replay', both, '--host', 'gw-01/eth0'], { ...SIZE, env }));
    const shown = await screen.waitFor('gw-01/eth0 ● replay');
    expect(shown).not.toContain('eth1');
    expect(shown).not.toContain('of 2');
  });

  test('what is no recording is said before there is a screen', async () => {
    const screen = track(ifcastScreen(['--replay', IFCAST], SIZE));
    expect(await screen.ended).toMatchObject({ exitCode: 65 });
    expect(screen.output).not.toContain('\u001b[?1049h');
    expect(screen.output.replace(/\s+/g, ' ')).toContain(`--replay: ${IFCAST}:1: `);
  });
});

describe.runIf(requirements('mosquitto'))('live', () => {
  async function fleet(): Promise<string> {
    const { url } = track(await Mosquitto.start());
    const simulated = track(await SimulatedFleet.connect(url, ['gw-01/eth0'], 100));
    simulated.start();
    return url;
  }

  test('REC is shown while a recording is made', async () => {
    const url = await fleet();
    const screen = track(ifcastScreen(['-b', url, '--record', join(directory, 'made.jsonl')], SIZE));
    await screen.waitFor(/live[\s\S]*REC|REC[\s\S]*live/);
    screen.send('q');
    expect(await screen.ended).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(directory, 'made.jsonl'), 'utf8')).toMatch(/^\{"schema":1,.*\}\n$/s);
  });

  test('a full disk is told, the screen goes on, and it is the exit code', async () => {
    const url = await fleet();
    const screen = track(ifcastScreen(['-b', url, '--record', '/dev/full'], SIZE));
    const shown = await screen.waitFor('the recording /dev/full ended early: the disk is full');
    expect(shown).not.toContain('REC ');
    await screen.waitFor('live');
    screen.send('q');
    expect(await screen.ended).toMatchObject({ exitCode: 74 });
    expect(screen.text()).toContain('ifcast: the recording /dev/full ended early: the disk is full (ENOSPC)');
  });

  test('units and mode are as they were left, unless they are chosen', async () => {
    const url = await fleet();
    const env = { XDG_STATE_HOME: join(directory, 'state') };
    const start = async (...args: string[]): Promise<Terminal> => {
      const screen = track(ifcastScreen(['-b', url, ...args], { ...SIZE, env }));
      await screen.waitFor(/all .*[bB]\/s/);
      return screen;
    };
    const first = await start();
    first.send('u');
    await first.waitFor(/all .*[\d.]+[kM]?B\/s/);
    first.send('q');
    await first.ended;
    const again = await start();
    expect(again.text()).toMatch(/all .*[\d.]+[kM]?B\/s/);
    again.send('q');
    await again.ended;
    const chosen = await start('--units', 'bits');
    expect(chosen.text()).toMatch(/all .*[\d.]+[kM]?b\/s/);
  });
});
