import type { OutgoingMessage, ProtocolVersion } from '@ifcast/broker';

/** What the parts of a publisher may do with the connection. */
export interface MqttChannel {
  readonly connected: boolean;
  /** Of the broker that is connected. */
  readonly version: ProtocolVersion;
  publish(message: OutgoingMessage, onAck?: () => void): void;
  /** @param quiet - a refusal is nothing that people have to know */
  subscribe(filter: string, quiet?: boolean): void;
  unsubscribe(filter: string): void;
}
