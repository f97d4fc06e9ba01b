import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { Mosquitto } from '../support/mosquitto.ts';
import { MosquittoSub } from '../support/mosquitto-sub.ts';
import { requirements } from '../support/requirements.ts';
import { closedAfterEach } from '../support/track.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/daemon/bin/ifcastd.js', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../config/examples/sample.pcap', import.meta.url));
const track = closedAfterEach();

/** A pipe as a shell makes it, with a reader that has not read yet. */
class Pipe {
  readonly writer: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'log-faults-'));
  #reader: number | null;

  constructor() {
    const path = join(this.#directory, 'pipe');
    execFileSync('mkfifo', [path]);
    this.#reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
    // Another open of the same pipe that does not wait, to fill it with.
    const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const block = Buffer.alloc(4096, '.');
    try {
      for (;;) writeSync(filler, block);
    } catch {
      closeSync(filler);
    }
  }

  /** What is in it. */
  read(): string {
    const buffer = Buffer.alloc(1 << 20);
    try {
      return this.#reader === null ? '' : buffer.subarray(0, readSync(this.#reader, buffer)).toString();
    } catch {
      return '';
    }
  }

  closeReader(): void {
    if (this.#reader !== null) closeSync(this.#reader);
    this.#reader = null;
  }

  close(): void {
    this.closeReader();
    closeSync(this.writer);
    rmSync(this.#directory, { recursive: true });
  }
}

/** The daemon with this as its standard error, playing a capture file, and who hears it. */
async function daemon(stderr: number) {
  const mosquitto = track(await Mosquitto.start());
  const sub = track(await MosquittoSub.start({ port: mosquitto.port, topics: ['ifcast/gw/#'] }));
  const directory = mkdtempSync(join(tmpdir(), 'log-faults-'));
  const config = join(directory, 'ifcast.toml');
  writeFileSync(config, `host = "gw"\ndelay_ms = 100\n[mqtt]\nurl = "${mosquitto.url}"\n`);
  const args = [PROGRAM, '-c', config, '--replay', SAMPLE, '--debug'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', stderr] });
  track({
    close: () => {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    },
  });
  const stats = (): number => sub.messages.filter(({ topic }) => topic.endsWith('/stats')).length;
  const goesOn = async (): Promise<void> => {
    const before = stats();
    await sub.until('five more broadcasts', () => stats() >= before + 5);
    expect(child.exitCode ?? child.signalCode).toBeNull();
  };
  const end = async (): Promise<void> => {
    const exited = once(child, 'exit');
    const started = Date.now();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(Date.now() - started).toBeLessThan(3_000);
  };
  return { child, goesOn, end };
}

describe.runIf(requirements('mosquitto', 'mosquitto_sub'))('a log that cannot be written', () => {
  test('on a full disk ends nothing', async () => {
    const full = openSync('/dev/full', 'w');
    const { goesOn, end } = await daemon(full);
    closeSync(full);
    await goesOn();
    await end();
  });

  test('to a reader that does not read holds nothing up, and what was lost is told later', async () => {
    const pipe = track(new Pipe());
    const { child, goesOn, end } = await daemon(pipe.writer);
    await goesOn();
    expect(pipe.read()).toMatch(/^\.+$/);
    child.kill('SIGHUP');
    let said = '';
    await expect.poll(() => (said += pipe.read()), { timeout: 10_000 }).toContain('has been read again');
    expect(said).toMatch(/^\S+Z ifcastd: warn: \d+ lines? lost: the log could not be written\n/);
    await end();
  });

  test('to a reader that does not read does not keep it from ending', async () => {
    const { goesOn, end } = await daemon(track(new Pipe()).writer);
    await goesOn();
    await end();
  });

  test('to a reader that has gone ends nothing', async () => {
    const pipe = track(new Pipe());
    const { child, goesOn, end } = await daemon(pipe.writer);
    await goesOn();
    pipe.closeReader();
    child.kill('SIGHUP');
    await goesOn();
    await end();
  });
});

test.each([['check'], ['init'], ['count', '-r', SAMPLE]])(
  '%s says that what it prints cannot be written',
  async (...args) => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said]).toEqual([
      74,
      expect.stringMatching(/^ifcastd: standard output cannot be written: .*ENOSPC/),
    ]);
  },
);
