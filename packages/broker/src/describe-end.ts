import type { PeerCertificate } from 'node:tls';

import type { SettingNames } from './broker-settings.ts';
import type { BrokerAddress } from './broker-url.ts';
import { type ConnectionEnd, PacketRefused, type ProtocolVersion, TlsExpected } from './connection.ts';
import { isUnsupportedVersion } from './protocol-version.ts';
import { maskSecrets } from './secrets.ts';

/** Characters of words that are not ours. */
const MAX_WORDS = 200;

/** What the phrase may have to name. */
export interface EndContext {
  readonly address: BrokerAddress;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly hasUsername: boolean;
  readonly ca: string | null;
  readonly cert: string | null;
  readonly called: SettingNames;
}

/**
 * Why a connection ended or never began, as one phrase with its remedy, and without any secret. It may hold words of the
 * broker, which are not made harmless to terminals here.
 */
export function describeEnd(end: ConnectionEnd, context: EndContext): string {
  if (end.error instanceof PacketRefused)
    return `it does not behave like an MQTT broker: ${end.error.message}`;
  if (end.error instanceof TlsExpected)
    return `it speaks TLS on port ${context.address.port}: use ${tlsScheme(context)}://`;
  const byReason = end.reasonCode === null ? undefined : reasonPhrase(end, context);
  if (byReason !== undefined) return byReason;
  if (end.error === null) return closedPhrase('closed', end, context);
  return errorPhrase(end.error, end, context);
}

function closedPhrase(
  how: 'closed' | 'reset',
  { opened, stage }: ConnectionEnd,
  context: EndContext,
): string {
  if (opened) return `it ${how} the connection`;
  if (stage === 'tls') return `it ${how} the connection when it was spoken to in TLS: ${ifNoTls(context)}`;
  const before = `it ${how} the connection before answering`;
  return isSecure(context) ? before : `${before}: if that port expects TLS, use ${tlsScheme(context)}://`;
}

/** The broker has not answered in time. */
function silencePhrase({ stage }: ConnectionEnd, context: EndContext): string {
  const { host, port } = context.address;
  switch (stage) {
    case 'lookup':
      return `the name "${host}" is not looked up in time: do the name servers of this system answer?`;
    case 'tcp':
      return `nothing answers at "${host}" port ${port}: the host is off, or a firewall drops what is sent to it`;
    case 'tls':
      return `it accepts the connection and does not answer in TLS: ${ifNoTls(context)}`;
    case 'mqtt':
      return 'it accepts the connection and then says nothing';
  }
}

function ifNoTls(context: EndContext): string {
  return `if it does not speak TLS on port ${context.address.port}, use ${plainScheme(context)}://, or the port where it does`;
}

function isSecure({ address }: EndContext): boolean {
  return address.protocol === 'mqtts' || address.protocol === 'wss';
}

function tlsScheme({ address }: EndContext): string {
  return address.protocol === 'ws' ? 'wss' : 'mqtts';
}

function plainScheme({ address }: EndContext): string {
  return address.protocol === 'wss' ? 'ws' : 'mqtt';
}

function reasonPhrase(end: ConnectionEnd, context: EndContext): string | undefined {
  const { version, clientId, hasUsername, called } = context;
  const login = `check ${called.username} and ${called.passwordFile}`;
  if (isUnsupportedVersion(end)) {
    const spoken = version === 5 ? '5' : '3.1.1';
    return `it does not speak MQTT ${spoken}: set ${called.version} to "auto"`;
  }
  switch (end.reasonCode) {
    case 2:
    case 133:
      return called.clientId === null
        ? `it refuses the client id "${clientId}"`
        : `it refuses the client id "${clientId}": set ${called.clientId} to one that it allows`;
    case 3:
    case 136:
      return 'it says that it is unavailable';
    case 4:
    case 134:
      return `it refuses the login: ${login}`;
    case 5:
    case 135:
      return hasUsername
        ? `it refuses the login: check ${called.username}, ${called.passwordFile} and what it allows the client id "${clientId}"`
        : `it wants a login: set ${called.username} and ${called.passwordFile}`;
    case 137:
      return 'it says that it is busy';
    case 138:
      return `it has banned the client id "${clientId}"`;
    case 139:
      return 'it is shutting down';
    case 141:
      return `it heard nothing for 1.5 times ${called.keepalive ?? 'the keepalive'}`;
    case 142:
      return `another client took over the client id "${clientId}"`;
    case 149:
      return 'it finds a packet too large';
    case 151:
      return 'a quota of it is used up';
    case 152:
      return 'its administrator ended the connection';
    case 156:
    case 157:
      return `it says to use another server: set ${called.url}`;
    case 159:
      return 'it says that connections come too often';
    default:
      return end.reasonCode === 0 || end.error instanceof PacketRefused
        ? undefined
        : `it gave reason code ${end.reasonCode}`;
  }
}

function errorPhrase(error: Error, end: ConnectionEnd, context: EndContext): string {
  const { address, ca, cert, called } = context;
  const code = codeOf(error);
  const { host } = address;
  switch (code ?? '') {
    case 'ECONNREFUSED':
      return `nothing listens on port ${address.port}: is the broker running?`;
    case 'ENOTFOUND':
      return `there is no host "${host}": check ${called.url}`;
    case 'EAI_AGAIN':
      return `the name "${host}" cannot be looked up now`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return `the network does not reach it (${code})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return closedPhrase('reset', end, context);
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return ca === null
        ? `its certificate is signed by no authority that this system knows: set ${called.ca} to the PEM file of the one that signed it`
        : `its certificate is not signed by an authority in ${called.ca} ${ca}: give the PEM file of the one that signed it`;
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired: renew it, or set the clock of this host';
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: set the clock of this host';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${certificateNames(error)}, not for "${host}": use one of these names in ${called.url}, or set ${called.servername}`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return `it does not speak TLS on port ${address.port}: use ${plainScheme(context)}://, or the port where it does`;
    case 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED':
    case 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE':
    case 'ERR_SSL_TLSV1_ALERT_HANDSHAKE_FAILURE':
      return cert === null
        ? `it wants a client certificate: set ${called.cert} and ${called.key}`
        : `it does not accept the client certificate in ${called.cert} ${cert}`;
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN':
    case 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED':
      return `it does not accept the client certificate in ${called.cert} ${cert ?? '(none set)'} (${code})`;
  }
  if (error.message === 'connack timeout') return silencePhrase(end, context);
  if (error.message === 'Username is required to use password') {
    return `a password is given, and no user: set ${called.username} too`;
  }
  if (error.message === 'Keepalive timeout') return 'it no longer answers';
  if (/^Unexpected server response: \d+$/.test(error.message)) {
    return `no MQTT over websocket at that path (HTTP ${error.message.slice(-3)}): check the path in ${called.url}`;
  }
  const words = maskSecrets(error.message === '' ? (code ?? error.name) : error.message).slice(0, MAX_WORDS);
  return code === null ? `it does not behave like an MQTT broker: ${words}` : words;
}

/** `localhost` is tried on both address families: the error then wraps one for each. */
function codeOf(error: Error): string | null {
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return codeOf(error.errors[0]);
  return null;
}

/** Node hands the certificate over with the error. */
function certificateNames(error: Error): string {
  const { subjectaltname, subject } = (error as { cert?: Partial<PeerCertificate> }).cert ?? {};
  if (subjectaltname) return subjectaltname.slice(0, MAX_WORDS);
  return subject?.CN === undefined ? 'another name' : `"${String(subject.CN).slice(0, MAX_WORDS)}"`;
}
