/** Certificates for the tests of TLS, made by openssl(1). */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of a PEM certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority that keeps its files in one directory. */
export class CertificateAuthority implements Certificate {
  readonly cert: string;
  readonly key: string;
  readonly #directory: string;

  /** Makes an authority with its own key. */
  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.cert = join(directory, `${name}.pem`);
    this.key = join(directory, `${name}.key`);
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      this.key,
      '-out',
      this.cert,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
  }

  /**
   * Issues a certificate.
   *
   * @param names - subject alternative names, such as `DNS:localhost`
   * @param days - how long it holds; negative for one that has expired
   */
  issue(name: string, names: readonly string[], days = 2): Certificate {
    const path = (extension: string) => join(this.#directory, `${name}.${extension}`);
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names.join(',')}`];
    openssl('req', ...NEW_KEY, '-keyout', path('key'), '-out', path('csr'), ...subject);
    const signed = ['-CA', this.cert, '-CAkey', this.key, '-copy_extensions', 'copy', '-days', `${days}`];
    openssl('x509', '-req', '-in', path('csr'), '-out', path('pem'), ...signed);
    return { cert: path('pem'), key: path('key') };
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
