import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Attribute, Client } from 'ldapts';

export interface SlapdOptions {
  /** Dynamic entries (RFC 2589). Default true. */
  readonly dds?: boolean;
  /** A self-signed certificate for `localhost` and 127.0.0.1, StartTLS and an ldaps port. Default false. */
  readonly tls?: boolean;
  /** Further lines for the database in slapd.conf. */
  readonly extra?: string;
  /** Further schema, as slapd.conf has it. */
  readonly schema?: string;
}

export interface Slapd {
  readonly url: string;
  /** Only with `tls`. */
  readonly tlsUrl: string;
  readonly ldapiUrl: string;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** PEM of the certificate, with `tls`. */
  readonly caFile: string;
  readonly readyMs: number;
  /** What slapd has printed. */
  log(): string;
  /** Stops it at once and starts it on the same port and data. */
  restart(): Promise<void>;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Removes every conference. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const SLAPD = '/usr/sbin/slapd';
const MODULES = '/usr/lib/ldap';
const SCHEMAS = '/etc/ldap/schema';
const SUFFIX = 'dc=conferences,dc=test';
const ADMIN = `cn=admin,${SUFFIX}`;
const PASSWORD = 'a test password';
const OUR_SCHEMA = fileURLToPath(new URL('../../docs/rendezvous.schema', import.meta.url));

/**
 * Starts a throw-away OpenLDAP server with the project's schema on ports of its own, as an unprivileged user, with its
 * files in a temporary folder. Needs the Debian packages slapd and, for `tls`, openssl; it throws where they are
 * missing, so that no machine passes by skipping.
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  if (!existsSync(SLAPD)) throw new Error(`${SLAPD} is missing: install the package slapd to run this test`);
  const { dds = true, tls = false } = options;
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-slapd-'));
  const [port, tlsPort] = await Promise.all([freePort(), freePort()]);
  const url = `ldap://127.0.0.1:${port}`;
  const tlsUrl = `ldaps://127.0.0.1:${tlsPort}`;
  const ldapiUrl = `ldapi://${encodeURIComponent(join(dir, 'ldapi'))}`;
  mkdirSync(join(dir, 'db'));
  if (tls) makeCertificate(dir);
  copyFileSync(OUR_SCHEMA, join(dir, 'rendezvous.schema')); // a checkout may be readable for its owner only
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir, dds, tls, options));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(dir, 0o755);
    execFileSync('chown', ['-R', 'nobody', dir]);
  }
  const listen = [`${url}/`, `${ldapiUrl}/`, ...(tls ? [`${tlsUrl}/`] : [])].join(' ');
  const args = ['-h', listen, '-f', join(dir, 'slapd.conf'), '-d', '0'];

  let log = '';
  const launch = async () => {
    const child = isRoot
      ? spawn('setpriv', ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', SLAPD, ...args])
      : spawn(SLAPD, args);
    const reap = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', reap);
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => {
        process.off('exit', reap);
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += String(text)));
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`slapd ended: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    return { child, exited };
  };

  const started = performance.now();
  let running = await launch();
  const readyMs = performance.now() - started;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.child.kill(signal);
    await running.exited;
  };
  const asAdmin = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url, timeout: 5000 });
    try {
      await client.bind(ADMIN, PASSWORD);
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  await asAdmin(async (client) => {
    await client.add(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'conferences', o: 'Test' });
    await client.add(`ou=Conferences,${SUFFIX}`, [
      new Attribute({ type: 'objectClass', values: ['organizationalUnit'] }),
    ]);
  });

  return {
    url,
    tlsUrl,
    ldapiUrl,
    suffix: SUFFIX,
    adminDn: ADMIN,
    adminPassword: PASSWORD,
    caFile: join(dir, 'cert.pem'),
    readyMs,
    log: () => log,
    async restart() {
      await end('SIGKILL');
      running = await launch();
    },
    kill: () => end('SIGKILL'),
    clear: () =>
      asAdmin(async (client) => {
        const { searchEntries } = await client.search(`ou=Conferences,${SUFFIX}`, {
          scope: 'one',
          attributes: ['1.1'],
        });
        for (const { dn } of searchEntries) await client.del(dn);
      }),
    async stop() {
      await end('SIGKILL'); // nothing in it is worth a clean end
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(
  dir: string,
  dds: boolean,
  tls: boolean,
  { extra = '', schema = '' }: SlapdOptions,
): string {
  return `
include ${SCHEMAS}/core.schema
include ${SCHEMAS}/cosine.schema
include ${SCHEMAS}/inetorgperson.schema
include ${dir}/rendezvous.schema
${schema}
pidfile ${dir}/pid
modulepath ${MODULES}
moduleload back_mdb
${dds ? 'moduleload dds' : ''}
${tls ? `TLSCertificateFile ${dir}/cert.pem\nTLSCertificateKeyFile ${dir}/key.pem` : ''}
database mdb
suffix "${SUFFIX}"
rootdn "${ADMIN}"
rootpw "${PASSWORD}"
directory ${dir}/db
maxsize 268435456
dbnosync
index objectClass,rdvScope,rdvStart,rdvStop,rdvExpires eq
index cn,rdvGroup,rdvOriginator eq,sub
access to * by dn.exact="${ADMIN}" write by * read
${extra}
${dds ? 'overlay dds\ndds-max-ttl 86400\ndds-min-ttl 1\ndds-default-ttl 600\ndds-interval 1' : ''}
`;
}

function makeCertificate(dir: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => {
          if (address === null || typeof address === 'string') reject(new Error('no port'));
          else resolve(address.port);
        });
      });
  });
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}
