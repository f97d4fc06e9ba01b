/** Runs the commands that README.md shows, as root and as a user without privileges, the way a reader would type them. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Mosquitto } from '../support/mosquitto.ts';
import { until } from '../support/publishing.ts';
import { requirements } from '../support/requirements.ts';
import { NOBODY, SharedProgram } from '../support/shared-program.ts';
import { Terminal } from '../support/terminal.ts';
import { closedAfterEach } from '../support/track.ts';

const README = readFileSync('README.md', 'utf8');
/** Every line of a block of shell, without what it says of itself. */
const COMMANDS = [...README.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => block!.split('\n'))
  .map((line) => line.replace(/\s+# .*/, '').trim())
  .filter((line) => line !== '');
/** These are run by scripts/test-debian.mjs and scripts/test-packages.mjs. */
const ELSEWHERE = [/^npm (start|test)$/, /^npm install -g /, /^apt install /, /^export PATH=/];

const USERS = [
  ['root', []],
  ['another user', ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']],
] as const;

const track = closedAfterEach();

/** The command that begins so; fails where README.md has it no more. */
function command(start: string): string {
  const found = COMMANDS.find((line) => line.startsWith(start));
  if (found === undefined) throw new Error(`README.md has no command ${start}`);
  return found;
}

const RUN_HERE = [
  'ifcastd init',
  'ifcastd check',
  'ifcastd -c',
  'ifcastd count',
  'ifcast --broker',
  'ifcast --plain',
  'ifcast --json',
  'mosquitto_sub -v',
  "mosquitto_sub -t 'ifcast/+/status'",
  "mosquitto_sub -t 'ifcast/+/eth0/stats'",
];

test('every command of README.md is run by a test', () => {
  const left = COMMANDS.filter((line) => !ELSEWHERE.some((pattern) => pattern.test(line)));
  expect(left.filter((line) => !RUN_HERE.some((start) => line.startsWith(start)))).toEqual([]);
});

test('the packages that the pages name have the version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const pages = README + readFileSync('docs/systemd.md', 'utf8');
  const names = [...pages.matchAll(/\.\/ifcast[-_](\d+\.\d+\.\d+)/g)].map(([, named]) => named);
  expect(names).toEqual([version, version, version]);
});

describe.runIf(requirements('root', 'bpf', 'setpriv', 'mosquitto', 'mosquitto_sub'))(
  'as README.md says',
  () => {
    let program: SharedProgram;
    let broker: Mosquitto;
    beforeAll(async () => {
      program = new SharedProgram();
      broker = await Mosquitto.start();
    });
    afterAll(async () => {
      await broker.close();
      program.remove();
    });

    /** The reader's own broker and interface in place of those of the page. */
    function here(line: string): string {
      const { port } = new URL(broker.url);
      const own = line
        .replace('mqtt://192.0.2.10', broker.url)
        .replaceAll('eth0', 'lo')
        .replace(/^ifcast (?!--broker)/, `ifcast --broker ${broker.url} `)
        .replace(/^mosquitto_sub/, `mosquitto_sub -p ${port} -C 1 -W 20`);
      return own;
    }

    describe.each(USERS)('%s', (_user, as) => {
      let directory: string;
      beforeAll(() => {
        directory = mkdtempSync(join(tmpdir(), 'ifcast-readme-'));
        chmodSync(directory, 0o777);
        copyFileSync('config/examples/sample.pcap', join(directory, 'capture.pcapng'));
        chmodSync(join(directory, 'capture.pcapng'), 0o644);
      });
      afterAll(() => rmSync(directory, { recursive: true }));

      const words = (line: string): [string, ...string[]] =>
        [...as, 'sh', '-c', line] as [string, ...string[]];
      const surroundings = () => ({
        cwd: directory,
        env: { ...process.env, PATH: `${program.commands}:${process.env['PATH']}`, HOME: directory },
      });
      function shell(line: string): { status: number | null; stdout: string; stderr: string } {
        const [file, ...args] = words(here(line));
        return spawnSync(file, args, { ...surroundings(), encoding: 'utf8', timeout: 30_000 });
      }
      function succeeds(line: string): string {
        const { status, stdout, stderr } = shell(line);
        expect({ line, status, stderr }).toMatchObject({ status: 0 });
        return stdout;
      }

      test('a configuration is made, checked and used', () => {
        succeeds(command('ifcastd init'));
        expect(succeeds(command('ifcastd check'))).toContain('port 53');
        expect(succeeds(command('ifcastd count'))).toMatch(/web.*\n.*dns/);
      });

      test('it counts, or says which privilege is missing; the broker tells all', async () => {
        succeeds(command('ifcastd init'));
        if (as.length > 0) {
          const { status, stderr } = shell(command('ifcastd -c'));
          expect(status).toBe(77);
          expect(stderr).toMatch(/CAP_\w+.* missing.*run as root or grant/);
        }
        // Whoever watches need not be who counts.
        const daemon = spawn('sh', ['-c', `exec ${here(command('ifcastd -c'))}`], {
          ...surroundings(),
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        track({ close: async () => void daemon.kill('SIGTERM') });
        let log = '';
        daemon.stderr.on('data', (chunk) => {
          log += String(chunk);
        });
        await until('counting', () => log.includes('connected to'), 20_000);

        const [file, ...args] = words(here(command('ifcast --broker')));
        const { cwd, env } = surroundings();
        const screen = track(
          new Terminal('env', ['-C', cwd, file, ...args], {
            columns: 100,
            rows: 30,
            env: { ...env, XDG_CONFIG_HOME: cwd },
          }),
        );
        await screen.waitFor('● live');
        expect(JSON.parse(succeeds(command('ifcast --json')))).toMatchObject({ iface: 'lo' });
        expect(succeeds(`${command('ifcast --plain')} --once`)).toMatch(/^TIME\t/);
        expect(succeeds(command('mosquitto_sub -v'))).toContain('ifcast/');
        expect(succeeds(command("mosquitto_sub -t 'ifcast/+/status'"))).toContain('online');
        const stats = command("mosquitto_sub -t 'ifcast/+/eth0/stats'");
        const withoutJq =
          spawnSync('jq', ['--version']).error === undefined ? stats : stats.replace(/ \| jq.*/, '');
        expect(succeeds(withoutJq)).toContain('"all"');
      });
    });
  },
);
