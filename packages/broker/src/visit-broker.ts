import { BrokerError } from './broker-error.ts';
import type { BrokerSettings, SettingNames } from './broker-settings.ts';
import { parseBrokerUrl } from './broker-url.ts';
import { Connection, type ConnectionEnd, type IncomingMessage, type ProtocolVersion } from './connection.ts';
import { describeEnd } from './describe-end.ts';
import { loadTlsFiles } from './tls-files.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** Retained messages are taken for complete when none has come for so long, in milliseconds … */
const SETTLE_MS = 500;
/** … and at the latest after this time. */
const READ_MS = 10_000;
/** The longest wait for the answer to a message, in milliseconds. */
const ANSWER_MS = 2000;

/** A short stay at a broker, beside a client that may be connected. */
export interface BrokerVisit {
  readonly connection: Connection;
  /** The broker's URL for people. */
  readonly broker: string;
  readonly version: ProtocolVersion;
}

/** What a visitor connects to and as whom. */
export interface VisitOptions {
  readonly settings: BrokerSettings;
  readonly called: SettingNames;
  readonly clientId: string;
}

/**
 * Connects to the first broker that accepts, with MQTT 5 or else 3.1.1, without a last will. Whoever calls ends the
 * connection.
 *
 * @throws {@link BrokerError} `unreachable` with what each broker said; `url`, `file`, `tls`
 */
async function visitBroker(
  { settings, called, clientId }: VisitOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<BrokerVisit> {
  const { version: setting, ca, cert } = settings;
  const versions: ProtocolVersion[] = setting === 'auto' ? [5, 4] : [setting === '5' ? 5 : 4];
  const failures: string[] = [];
  for (const url of settings.urls) {
    const address = parseBrokerUrl(url);
    const secure = address.protocol === 'mqtts' || address.protocol === 'wss';
    const hasUsername = (address.username ?? settings.username) !== null;
    let failure = '';
    for (const version of versions) {
      const options = {
        ...settings,
        address,
        version,
        clientId,
        tls: secure ? loadTlsFiles(settings, called) : {},
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        will: null,
      };
      const result = await new Promise<Connection | ConnectionEnd>((resolve) => {
        const connection = new Connection(options, {
          onOpen: () => resolve(connection),
          onMessage,
          onSkipped: () => {},
          onEnd: resolve,
        });
        connection.open();
      });
      if (result instanceof Connection) return { connection: result, broker: address.label, version };
      const why = describeEnd(result, { address, version, clientId, hasUsername, ca, cert, called });
      failure = `${address.label}: ${why}`;
      // Only an answer, or a broker that hangs up, leaves hope for the other version.
      if (result.error !== null && result.reasonCode === null) break;
    }
    failures.push(failure);
  }
  throw new BrokerError('unreachable', `cannot connect to ${failures.join('; ')}`);
}

/** A visit, and the retained messages that were found: topic → payload. */
export interface RetainedRead extends BrokerVisit {
  readonly retained: ReadonlyMap<string, string>;
  /**
   * Publishes an empty message, not retained.
   *
   * @returns whether the broker takes it. With MQTT 3.1.1, which has no word for a refusal: whether it comes back
   */
  accepts(topic: string): Promise<boolean>;
}

/**
 * Visits a broker and reads its retained messages. Whoever calls ends the connection.
 *
 * @param filters - topic filters
 * @throws {@link BrokerError} `unreachable` with what each broker said; `url`, `file`, `tls`
 */
export async function readRetained(options: VisitOptions, filters: readonly string[]): Promise<RetainedRead> {
  const retained = new Map<string, string>();
  let heard = (): void => {};
  /** Called when an empty message on the topic has come. */
  const awaited = new Map<string, () => void>();
  const visit = await visitBroker(options, (message) => {
    if (message.payload.length === 0) awaited.get(message.topic)?.();
    if (message.retained) retained.set(message.topic, Buffer.from(message.payload).toString());
    heard();
  });
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, READ_MS);
    let settled: NodeJS.Timeout | undefined;
    heard = () => {
      clearTimeout(settled);
      settled = setTimeout(() => {
        clearTimeout(deadline);
        resolve();
      }, SETTLE_MS);
    };
    for (const filter of filters) visit.connection.subscribe({ [filter]: 0 }, heard);
  });
  const accepts = (topic: string): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(resolve, ANSWER_MS, false);
      const { connection, version } = visit;
      awaited.set(topic, () => resolve(true));
      const publish = (): void =>
        connection.publish({ topic, payload: '', qos: 1, retain: false, json: false }, (refusal) => {
          if (refusal !== null) resolve(false);
          else if (version === 5) resolve(true);
        });
      if (version === 5) publish();
      else connection.subscribe({ [topic]: 0 }, publish);
    });
  return { ...visit, retained, accepts };
}
