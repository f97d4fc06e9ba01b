import { sanitizeText } from './sanitize.ts';

/** How an attempt to connect failed. */
export interface ConnectionFault {
  /** One sentence for people, with the remedy where there is one. */
  readonly reason: string;
  /** The broker does not speak this version of MQTT. */
  readonly wrongVersion: boolean;
}

/** CONNACK of MQTT 3.1.1 (section 3.2.2.3) and of MQTT 5 (section 3.2.2.2). */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'the broker does not speak this version of MQTT',
  2: 'the broker refuses the client id',
  3: 'the broker says it is unavailable',
  4: 'the broker refuses user name or password (--username, --password-file)',
  5: 'the broker does not let this user in (--username, --password-file)',
  132: 'the broker does not speak this version of MQTT',
  133: 'the broker refuses the client id',
  134: 'the broker refuses user name or password (--username, --password-file)',
  135: 'the broker does not let this user in (--username, --password-file)',
  136: 'the broker says it is unavailable',
  137: 'the broker says it is busy',
  138: 'the broker has banned this client',
};

const UNKNOWN_CA = "the broker's certificate is not signed by a CA that is known here: name it with --ca";

/** Error codes of Node's net, dns and tls. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the other end closed the connection (ECONNRESET)',
  EHOSTUNREACH: 'no route to the host (EHOSTUNREACH)',
  ENETUNREACH: 'no route to the network (ENETUNREACH)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  CERT_HAS_EXPIRED: "the broker's certificate has expired: renew it, or set this clock",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: set this clock",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for another name: use that name in --broker, or --servername",
  ERR_SSL_WRONG_VERSION_NUMBER: 'the broker does not speak TLS on this port: use mqtt://',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the broker wants a client certificate: give it with --cert and --key',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the broker breaks off the TLS handshake: it may want --cert and --key',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the broker does not accept this client certificate: check --cert',
};

/** What an error of the client, or a close without one, means. */
export function connectionFault(error: Error | null): ConnectionFault {
  if (error === null) return { reason: 'the broker closed the connection', wrongVersion: false };
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') {
    const reason = REFUSALS[code] ?? `the broker refuses the connection (reason ${code})`;
    return { reason, wrongVersion: code === 1 || code === 132 };
  }
  if (typeof code === 'string')
    return { reason: CODES[code] ?? sanitizeText(`${error.message} (${code})`), wrongVersion: false };
  if (error.message === 'connack timeout') return { reason: 'no answer within 5 s', wrongVersion: false };
  return { reason: sanitizeText(error.message), wrongVersion: false };
}
