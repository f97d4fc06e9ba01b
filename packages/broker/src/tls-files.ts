import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { BrokerError, type BrokerErrorCode } from './broker-error.ts';
import type { SettingNames } from './broker-settings.ts';
import { MAX_FILE_BYTES, readRegularFile } from './regular-file.ts';

/** Paths of PEM files. */
export interface TlsFileNames {
  /** Authorities to trust in place of the system's. */
  readonly ca: string | null;
  /** The client's certificate. */
  readonly cert: string | null;
  /** The key of the client's certificate. */
  readonly key: string | null;
}

/** What is in them. */
export interface TlsFiles {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

type TlsSettingNames = Pick<SettingNames, 'ca' | 'cert' | 'key'>;

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * Reads and checks the PEM files of a TLS connection. OpenSSL itself passes over an authority file without certificates.
 *
 * @param called - what the program calls its settings
 * @throws {@link BrokerError} `file` or `tls`: one sentence that names setting, file and remedy
 */
export function loadTlsFiles({ ca, cert, key }: TlsFileNames, called: TlsSettingNames): TlsFiles {
  if ((cert === null) !== (key === null)) {
    const [given, missing] = cert === null ? [called.key, called.cert] : [called.cert, called.key];
    throw fault(`${given} is given without ${missing}: a client certificate needs both`);
  }
  const files = {
    ...(ca !== null && { ca: readCertificates(called.ca, ca) }),
    ...(cert !== null && { cert: readCertificates(called.cert, cert).join('\n') }),
    ...(key !== null && { key: readKey(called.key, key) }),
  };
  try {
    createSecureContext(files);
  } catch (cause) {
    if (hasCode(cause, 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')) {
      throw fault(
        `${called.key} ${key} is not the key of ${called.cert} ${cert}: give the two that were made together`,
        cause,
      );
    }
    throw fault(`OpenSSL refuses ${called.ca}, ${called.cert} or ${called.key}: ${messageOf(cause)}`, cause);
  }
  return files;
}

function readCertificates(name: string, path: string): string[] {
  const certificates: string[] = readPem(name, path).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    throw fault(`${name} ${path} holds no certificate: it must have a PEM block "BEGIN CERTIFICATE"`);
  }
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw fault(
        `${name} ${path} holds a certificate that is damaged: copy it again from where it came`,
        cause,
      );
    }
  }
  return certificates;
}

function readKey(name: string, path: string): string {
  const pem = readPem(name, path);
  try {
    createPrivateKey(pem);
  } catch (cause) {
    if (hasCode(cause, 'ERR_MISSING_PASSPHRASE')) {
      throw fault(
        `${name} ${path} is locked with a passphrase: take it off with "openssl pkey -in … -out …"`,
        cause,
      );
    }
    throw fault(`${name} ${path} holds no private key: it must have a PEM block "BEGIN PRIVATE KEY"`, cause);
  }
  return pem;
}

function readPem(name: string, path: string): string {
  try {
    const pem = readRegularFile(path, MAX_FILE_BYTES + 1);
    if (pem.length <= MAX_FILE_BYTES) return pem.toString('latin1');
  } catch (cause) {
    const denied = hasCode(cause, 'EACCES') || hasCode(cause, 'EPERM');
    const remedy = !denied ? 'give the path of a PEM file' : 'let the user that runs this program read it';
    throw fault(`${name} ${path} cannot be read (${codeOf(cause)}): ${remedy}`, cause, 'file');
  }
  throw fault(`${name} ${path} is larger than 1 MiB: give the path of a PEM file`);
}

function fault(message: string, cause?: unknown, code: BrokerErrorCode = 'tls'): BrokerError {
  return new BrokerError(code, message, { cause });
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
