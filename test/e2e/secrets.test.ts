/** Whatever is wrong with a broker's URL, neither program tells its user and password to anybody. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parseBrokerUrl } from '@ifcast/broker';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import { parseArguments as parseDaemonArguments } from '../../packages/daemon/src/cli.ts';
import { parseConfig } from '../../packages/daemon/src/config/load-config.ts';
import { describeError } from '../../packages/daemon/src/program.ts';
import { parseArguments } from '../../packages/tui/src/command-line/parse-arguments.ts';
import { runIfcast } from '../support/ifcast.ts';
import { Ifcastd } from '../support/ifcastd.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { recordingLog } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const track = closedAfterEach();

const CAPTURE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
const WAIT = { timeout: 15_000, interval: 20 };

/** A part of a secret that no URL, message or option has by chance. */
const part = fc.stringMatching(/^[QXZ][0-9QXZ]{5}$/);
/** A password of several parts, with what URLs make something else of. */
const password = fc
  .tuple(
    part,
    fc.array(
      fc.tuple(fc.constantFrom('/', '?', '#', '@', ':', '%', ' ', '"', '\\', '&', '=', '[', '\t'), part),
      { maxLength: 3 },
    ),
  )
  .map(([first, more]) => [first, ...more.flat()].join(''));
const parts = (text: string): string[] => text.match(/[QXZ][0-9QXZ]{5}/g) ?? [];

/** A URL with a user and a password, and one thing or more wrong with it, or nothing. */
const url = fc
  .record({
    scheme: fc.constantFrom(
      'mqtt://',
      'mqtts://',
      'ws://',
      'wss://',
      'MQTT://',
      '',
      'mqtt:',
      'mqtt:/',
      'mqtt//',
      '//',
      'tcp://',
      'http://',
      'mqtt://mqtt://',
      ' mqtt://',
    ),
    user: fc.oneof(part, password),
    password,
    host: fc.constantFrom('h', '10.0.0.5', '[::1]', '[::1', 'broker.example', 'h h', '', 'h%', 'ü'),
    end: fc.constantFrom('', ':1883', ':70000', ':x', '/', '/mqtt', '/a b', '?a=b', '#a'),
  })
  .map(({ scheme, user, password, host, end }) => `${scheme}${user}:${password}@${host}${end}`);

/** What `run` says when it refuses; `''` where it does not. */
function refusal(run: () => unknown, said: (error: unknown) => string): string {
  try {
    run();
    return '';
  } catch (error) {
    return said(error);
  }
}

function secretless(check: (url: string) => string): void {
  let refused = 0;
  fc.assert(
    fc.property(url, (broker) => {
      const said = check(broker);
      if (said !== '') refused++;
      for (const secret of parts(broker)) expect(said).not.toContain(secret);
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(500);
}

const daemonSays = (error: unknown): string => {
  const { log, lines } = recordingLog();
  log.error(error instanceof Error ? error.message : '');
  return [...describeError(error, true), ...lines].join('\n');
};

describe('a malformed URL is refused without its secret', () => {
  test('in the configuration of ifcastd', () =>
    secretless((broker) => {
      const text = `[mqtt]\nurl = ${JSON.stringify(broker)}\n[home_assistant]\ndiscovery_prefix = ${JSON.stringify(broker)}`;
      return refusal(() => parseConfig(Buffer.from(text), 'f.toml', { env: {} }), daemonSays);
    }));

  test('as an option of ifcast', () =>
    secretless((broker) => {
      const surroundings = { env: {}, screen: false, keyboard: false, version: '', print: () => {} };
      // A space is where the next broker begins.
      return refusal(
        () => parseArguments(['-b', broker.replace(/\s/g, '')], surroundings),
        (error) => (error instanceof Error ? error.message : String(error)),
      );
    }));

  test('nor does one that is accepted show it', () => {
    fc.assert(
      fc.property(url, (broker) => {
        let label = '';
        try {
          ({ label } = parseBrokerUrl(broker));
        } catch {
          return;
        }
        for (const secret of parts(broker)) expect(label).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });

  test('as an option of ifcastd', () =>
    secretless((broker) => refusal(() => parseDaemonArguments(['-b', broker], '', () => {}), daemonSays)));
});

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('the programs themselves', () => {
  test('ifcastd: SIGHUP with the scheme forgotten tells nobody', async () => {
    const mosquitto = track(await Mosquitto.start());
    const config = (broker: string) => `host = "gw"\n[mqtt]\nurl = ${JSON.stringify(broker)}\n`;
    const daemon = track(new Ifcastd({ config: config(mosquitto.url), args: ['--replay', CAPTURE] }));
    const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['#'] }));
    await sub.until('health', () => sub.on('ifcast/gw/health').length > 0);
    for (const broker of ['ifcast:Geheim7@10.0.0.5', 'mqtt://u:Geheim7/x@h', 'mqtt:u:Geheim7@h']) {
      const before = daemon.log.length;
      writeFileSync(daemon.configFile, config(broker));
      daemon.child.kill('SIGHUP');
      await vi.waitFor(() => expect(daemon.log.slice(before)).toContain('stays as it was'), WAIT);
      await sub.until('that it is told', () =>
        (sub.newest('ifcast/gw/health') as { problem: string }).problem?.includes('cannot be used'),
      );
    }
    expect(daemon.log).not.toContain('Geheim7');
    for (const { payload } of sub.messages) expect(payload).not.toContain('Geheim7');
  });

  test.each([
    ['--broker', 'mqtt://u:sec/Geheim7@h'],
    ['--broker', 'mqtt:u:Geheim7@h'],
    ['--broker', 'mqtt://us%er:Geheim7@h'],
    ['mqtt://u:Geheim7@h'],
    ['--password=Geheim7'],
  ])('ifcast %s %s', async (...args) => {
    const run = await runIfcast(args);
    expect(run.code).toBe(64);
    expect(run.stdout + run.stderr).not.toContain('Geheim7');
  });
});
