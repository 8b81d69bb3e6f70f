import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a key and its certificate. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** The authority that signs the others. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: KeyPair;
  /** Of a client. */
  readonly client: KeyPair;
  /** Another certificate for the server, from the same authority. */
  another(): KeyPair;
}

/** Subject of the client's certificate as a DN. */
export const CLIENT_DN = 'cn=Bob Builder,ou=People,dc=example,dc=org';

/** An authority and certificates signed by it, by openssl, in `folder`. */
export function makeCertificates(folder: string): Certificates {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  let serial = 1;
  const sign = (name: string, subject: string, extensions: string): KeyPair => {
    openssl('req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', `${serial++}`, '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
    return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  };
  const forServer = 'subjectAltName=DNS:localhost,IP:127.0.0.1\n';
  return {
    ca: join(folder, 'ca.pem'),
    server: sign('server', '/CN=localhost', forServer),
    client: sign('client', '/DC=org/DC=example/OU=People/CN=Bob Builder', 'extendedKeyUsage=clientAuth\n'),
    another: () => sign(`server${serial}`, '/CN=localhost', forServer),
  };
}
