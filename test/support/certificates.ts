/** Certificates for the tests of TLS, made by openssl(1). */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of a PEM certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const EXPIRED = ['-not_before', '20200101000000Z', '-not_after', '20200102000000Z'];

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
    const dates = days < 0 && takesDates() ? EXPIRED : ['-days', `${days}`];
    const signed = ['-CA', this.cert, '-CAkey', this.key, '-copy_extensions', 'copy', ...dates];
    openssl('x509', '-req', '-in', path('csr'), '-out', path('pem'), ...signed);
    return { cert: path('pem'), key: path('key') };
  }
}

/** OpenSSL 3.4 and later refuse a negative number of days, and take dates instead. */
function takesDates(): boolean {
  const version = execFileSync('openssl', ['version'], { encoding: 'utf8' });
  const [, major, minor] = /^OpenSSL (\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 4);
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
