/** Debian's Chromium without a screen, over the DevTools protocol. Whatever a test does, it ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

type Fields = Readonly<Record<string, unknown>>;

/** A rectangle of a page, in CSS pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One browser with one page. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, { resolve(value: Fields): void; reject(error: Error): void }>();
  #session: string | undefined;
  #id = 0;
  #rest = '';

  /** @param script - runs in every page before its own */
  static async open(width: number, height: number, script: string): Promise<Browser> {
    const browser = new Browser();
    const { targetId } = await browser.#call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.#call('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(sessionId);
    await browser.#call('Page.enable');
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await browser.#call('Emulation.setDeviceMetricsOverride', metrics);
    await browser.#call('Page.addScriptToEvaluateOnNewDocument', { source: script });
    return browser;
  }

  private constructor() {
    this.#profile = mkdtempSync(join(tmpdir(), 'ifcast-chromium-'));
    const args = [...FLAGS, `--user-data-dir=${this.#profile}`];
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', 'chromium', ...args], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    (this.#child.stdio[4] as Readable).on('data', (chunk: Buffer) => this.#received(chunk.toString()));
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser has ended'));
    });
  }

  async go(url: string): Promise<void> {
    await this.#call('Page.navigate', { url });
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression holds in the page. */
  async until(what: string, expression: string, deadlineMs = 30_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`${what} did not come about`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** A picture of the page, or of a part of it. */
  async screenshot(clip?: Box): Promise<Buffer> {
    const { data } = await this.#call('Page.captureScreenshot', {
      format: 'png',
      ...(clip !== undefined && { clip: { ...clip, scale: 1 } }),
    });
    return Buffer.from(String(data), 'base64');
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await new Promise((resolve) => this.#child.once('close', resolve));
    // Its other processes end a moment later.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20 });
  }

  #call(method: string, params: Fields = {}): Promise<Fields> {
    const id = ++this.#id;
    const message = { id, method, params, ...(this.#session !== undefined && { sessionId: this.#session }) };
    const answer = new Promise<Fields>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    return answer;
  }

  #received(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as Fields;
      const waiting = this.#waiting.get(Number(id));
      if (waiting === undefined) continue;
      this.#waiting.delete(Number(id));
      if (error === undefined) waiting.resolve((result ?? {}) as Fields);
      else waiting.reject(new Error(`${JSON.stringify(error)}`));
    }
  }
}
