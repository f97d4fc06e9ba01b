import type { MqttConfig } from '../../config/mqtt-settings.ts';
import { DaemonError } from '../../daemon-error.ts';
import { parseBrokerUrl } from './broker-url.ts';
import { describeEnd } from './connect-failure.ts';
import { type IncomingMessage, MqttSession, type ProtocolVersion, type SessionEnd } from './mqtt-session.ts';
import { loadTlsFiles } from './tls-files.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** Retained messages are taken for complete when none has come for so long, in milliseconds … */
const SETTLE_MS = 500;
/** … and at the latest after this time. */
const READ_MS = 10_000;

/** A short stay at a broker, beside the daemon that may be connected. */
export interface BrokerVisit {
  readonly session: MqttSession;
  /** The broker's URL without credentials. */
  readonly label: string;
  readonly version: ProtocolVersion;
}

/** What a visit needs of the configuration. */
export type VisitOptions = Pick<
  MqttConfig,
  'version' | 'clientId' | 'username' | 'password' | 'ca' | 'cert' | 'key' | 'servername' | 'keepaliveS'
>;

/**
 * Connects to the first broker that accepts, with MQTT 5 or else 3.1.1, under a client id of its own and without a last
 * will. Whoever calls ends the session.
 *
 * @throws {@link DaemonError} `unavailable` with what each broker said; `config` for a URL or PEM file that cannot be used
 */
async function visitBroker(
  urls: readonly string[],
  mqtt: VisitOptions,
  onMessage: (message: IncomingMessage) => void,
): Promise<BrokerVisit> {
  const versions: ProtocolVersion[] = mqtt.version === 'auto' ? [5, 4] : [mqtt.version === '5' ? 5 : 4];
  const failures: string[] = [];
  for (const url of urls) {
    const address = parseBrokerUrl(url);
    const secure = address.protocol === 'mqtts' || address.protocol === 'wss';
    const clientId = `${mqtt.clientId}-visit-${process.pid}`;
    const context = { address, clientId, hasUsername: (address.username ?? mqtt.username) !== null };
    let failure = '';
    for (const version of versions) {
      const options = {
        ...mqtt,
        address,
        version,
        clientId,
        tls: secure ? loadTlsFiles(mqtt) : {},
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        will: null,
      };
      const result = await new Promise<MqttSession | SessionEnd>((resolve) => {
        const session = new MqttSession(options, {
          onOpen: () => resolve(session),
          onMessage,
          onEnd: resolve,
        });
        session.open();
      });
      if (result instanceof MqttSession) return { session: result, label: address.label, version };
      failure = `${address.label}: ${describeEnd(result, { ...context, version, ca: mqtt.ca, cert: mqtt.cert })}`;
      // Only an answer, or a broker that hangs up, leaves hope for the other version.
      if (result.error !== null && result.reasonCode === null) break;
    }
    failures.push(failure);
  }
  throw new DaemonError('unavailable', `cannot connect to ${failures.join('; ')}`);
}

/** A visit, and the retained messages that were found: topic → payload. */
export interface RetainedRead extends BrokerVisit {
  readonly retained: ReadonlyMap<string, string>;
}

/**
 * Visits a broker and reads its retained messages. Whoever calls ends the session.
 *
 * @param filters - topic filters
 * @throws {@link DaemonError} as {@link visitBroker}
 */
export async function readRetained(
  urls: readonly string[],
  mqtt: VisitOptions,
  filters: readonly string[],
): Promise<RetainedRead> {
  const retained = new Map<string, string>();
  let heard = (): void => {};
  const visit = await visitBroker(urls, mqtt, (message) => {
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
    for (const filter of filters) visit.session.subscribe(filter, heard);
  });
  return { ...visit, retained };
}
