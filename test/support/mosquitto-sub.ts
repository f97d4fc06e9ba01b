/** mosquitto_sub as the independent subscriber: what it says about a message is not our own reading of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

import type { VethEnd } from './netns.ts';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One message as mosquitto_sub's `%j` prints it. */
export interface SeenMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: number;
  /** MQTT 5 only, such as `content-type`, `message-expiry-interval`. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface MosquittoSubOptions {
  readonly port: number;
  readonly topics: readonly string[];
  /** Default 5: with the flags as they were published, not as they are delivered. */
  readonly version?: '5' | '3.1.1';
  /** The network namespace that it runs in; default: this one. */
  readonly end?: VethEnd;
  /** More arguments, such as `-u`. */
  readonly args?: readonly string[];
}

/** A running mosquitto_sub and everything it has received. */
export class MosquittoSub {
  readonly messages: SeenMessage[] = [];
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #errors = '';

  /** Subscribes and waits until the broker has answered. */
  static async start(options: MosquittoSubOptions): Promise<MosquittoSub> {
    const sub = new MosquittoSub(options);
    await sub.until('the subscription', () => sub.#errors.includes('Subscribed '));
    return sub;
  }

  private constructor({ port, topics, version = '5', end, args = [] }: MosquittoSubOptions) {
    const start = end === undefined ? spawn : end.spawn.bind(end);
    const child = start(
      // It says that it has subscribed on an output that it does not flush.
      'stdbuf',
      [
        ...['-oL', 'mosquitto_sub'],
        ...['-h', '127.0.0.1', '-p', `${port}`, '-q', '1', '-F', '%j', '-d'],
        ...(version === '5' ? ['-V', 'mqttv5', '--retain-as-published'] : ['-V', 'mqttv311']),
        ...topics.flatMap((topic) => ['-t', topic]),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#lines = createInterface({ input: child.stdout! }).on('line', (line) => {
      // With -d it says what it does on the same output.
      if (!line.startsWith('{')) {
        this.#errors += `${line}\n`;
        return;
      }
      const message = JSON.parse(line) as SeenMessage;
      // It prints an empty payload as null.
      this.messages.push({ ...message, payload: message.payload ?? '' });
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
  }

  /** The messages of one topic, oldest first. */
  on(topic: string): SeenMessage[] {
    return this.messages.filter((message) => message.topic === topic);
  }

  /** The newest payload of a topic, as JSON. */
  newest(topic: string): unknown {
    const message = this.on(topic).at(-1);
    return message === undefined ? undefined : JSON.parse(message.payload);
  }

  /** Waits for a condition. @throws Error after `deadlineMs`, with what has been received */
  async until(what: string, condition: () => boolean, deadlineMs = 10_000): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!condition()) {
      if (Date.now() > deadline) {
        const seen = this.messages
          .map(({ topic, payload }) => `${topic} ${payload.slice(0, 200)}`)
          .join('\n');
        throw new Error(`${what} did not come within ${deadlineMs} ms; received:\n${seen}\n${this.#errors}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    // Its last line may be cut off.
    this.#lines.removeAllListeners('line');
    this.#child.kill('SIGKILL');
  }
}
