import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { DaemonError } from '../../daemon-error.ts';

/** Which PEM files the configuration names. */
export interface TlsFileNames {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** What is in them. */
export interface TlsFiles {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * Reads and checks the PEM files of a TLS connection. OpenSSL itself passes over an authority file without certificates.
 *
 * @throws {@link DaemonError} `config`: one sentence that names key, file and remedy
 */
export function loadTlsFiles(names: TlsFileNames): TlsFiles {
  const { ca, cert, key } = names;
  if ((cert === null) !== (key === null)) {
    const [given, missing] = cert === null ? ['key', 'cert'] : ['cert', 'key'];
    throw fault(`mqtt.${given} is given without mqtt.${missing}: a client certificate needs both`);
  }
  const files = {
    ...(ca !== null && { ca: readCertificates('ca', ca) }),
    ...(cert !== null && { cert: readCertificates('cert', cert).join('\n') }),
    ...(key !== null && { key: readKey(key) }),
  };
  try {
    createSecureContext(files);
  } catch (cause) {
    if (hasCode(cause, 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')) {
      throw fault(
        `mqtt.key ${key} is not the key of mqtt.cert ${cert}: give the two that were made together`,
        cause,
      );
    }
    throw fault(`OpenSSL refuses mqtt.ca, mqtt.cert or mqtt.key: ${messageOf(cause)}`, cause);
  }
  return files;
}

function readCertificates(name: 'ca' | 'cert', path: string): string[] {
  const certificates: string[] = readPem(name, path).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    throw fault(`mqtt.${name} ${path} holds no certificate: it must have a PEM block "BEGIN CERTIFICATE"`);
  }
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw fault(
        `mqtt.${name} ${path} holds a certificate that is damaged: copy it again from where it came`,
        cause,
      );
    }
  }
  return certificates;
}

function readKey(path: string): string {
  const pem = readPem('key', path);
  try {
    createPrivateKey(pem);
  } catch (cause) {
    if (hasCode(cause, 'ERR_MISSING_PASSPHRASE')) {
      throw fault(
        `mqtt.key ${path} is locked with a passphrase: take it off with "openssl pkey -in … -out …"`,
        cause,
      );
    }
    throw fault(`mqtt.key ${path} holds no private key: it must have a PEM block "BEGIN PRIVATE KEY"`, cause);
  }
  return pem;
}

function readPem(name: keyof TlsFileNames, path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    const missing = hasCode(cause, 'ENOENT');
    const remedy = missing ? 'give the path of a PEM file' : 'let the user that runs ifcastd read it';
    throw fault(`mqtt.${name} ${path} cannot be read (${codeOf(cause)}): ${remedy}`, cause);
  }
}

function fault(message: string, cause?: unknown): DaemonError {
  return new DaemonError('config', message, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}

function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
