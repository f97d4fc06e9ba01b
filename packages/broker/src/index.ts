/**
 * One client of an MQTT broker, for every program that needs one. {@link BrokerClient} keeps a connection to one of some
 * brokers: it tries them in order, speaks MQTT 5 or falls back to 3.1.1, waits longer after each round that failed, leaves
 * out messages that are too long, and says of each failure in one phrase what is wrong and what to do. It queues nothing:
 * what cannot be sent now is not sent. A {@link Connection} is one connection, from the attempt to its end;
 * {@link readRetained} is a short visit. Settings come as {@link BrokerSettings}, and {@link SettingNames} says what the
 * program calls them, so that a remedy names an option that exists. What is wrong with them is a
 * {@link BrokerError}. {@link readRegularFile} reads the files that settings name. {@link maskSecrets} is what every text goes through that leaves a program.
 */
export { type BackOffOptions, DEFAULT_BACK_OFF } from './back-off.ts';
export { BrokerClient } from './broker-client.ts';
export type { BrokerTiming, Connected, Disconnected } from './broker-client-options.ts';
export { BrokerError, type BrokerErrorCode } from './broker-error.ts';
export type { BrokerSettings, SettingNames } from './broker-settings.ts';
export { type BrokerAddress, parseBrokerUrl } from './broker-url.ts';
export { type ClientIdChange, FreshClientId, StableClientId } from './client-id.ts';
export type {
  Connection,
  IncomingMessage,
  OutgoingMessage,
  ProtocolVersion,
  SkippedMessage,
} from './connection.ts';
export { PacketGuard } from './packet-guard.ts';
export { MAX_FILE_BYTES, readRegularFile } from './regular-file.ts';
export { maskSecrets, maskSecretsIn } from './secrets.ts';
export { loadTlsFiles, type TlsFileNames } from './tls-files.ts';
export { readRetained, type VisitOptions } from './visit-broker.ts';
