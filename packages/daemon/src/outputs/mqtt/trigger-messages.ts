import type { OutgoingMessage } from '@ifcast/broker';

import type { MqttChannel } from '../home-assistant/mqtt-channel.ts';

interface Pending {
  readonly message: OutgoingMessage;
  readonly timer: NodeJS.Timeout;
}

/** Messages of triggers: kept until a broker has them, but not beyond their time. A plug must not switch minutes later. */
export class TriggerMessages {
  readonly #channel: MqttChannel;
  readonly #pending = new Set<Pending>();

  constructor(channel: MqttChannel) {
    this.#channel = channel;
  }

  /**
   * Sends a message now, or when a broker is connected again.
   *
   * @param onLost - called when no broker had it after `keepMs`
   */
  send(message: OutgoingMessage, keepMs: number, onLost: () => void): void {
    const timer = setTimeout(() => {
      this.#pending.delete(pending);
      onLost();
    }, keepMs);
    const pending: Pending = { message, timer };
    this.#pending.add(pending);
    this.#send(pending);
  }

  /** A broker is connected. */
  connected(): void {
    for (const pending of this.#pending) this.#send(pending);
  }

  /** Forgets what is pending. */
  stop(): void {
    for (const pending of this.#pending) this.#settle(pending);
  }

  #send(pending: Pending): void {
    if (!this.#channel.connected) return;
    this.#channel.publish(pending.message, () => this.#settle(pending));
    // At QoS 0 nobody answers.
    if (pending.message.qos === 0) this.#settle(pending);
  }

  #settle(pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(pending);
  }
}
