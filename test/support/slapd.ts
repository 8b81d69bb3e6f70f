import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Attribute } from 'ldapts';
import { accepts, asNobody, Daemon, freePort, requireProgram } from './daemon.ts';
import { asAdmin } from './ldap-admin.ts';

export interface SlapdOptions {
  /** Dynamic entries (RFC 2589). Default true. */
  readonly dds?: boolean;
  /** A self-signed certificate for `localhost` and 127.0.0.1, StartTLS and an ldaps port. Default false. */
  readonly tls?: boolean;
  /** Further lines for the database in slapd.conf. */
  readonly extra?: string;
  /** Who may do what, in place of: the administrator writes, everybody reads. */
  readonly access?: string;
  /** Further lines for the whole server in slapd.conf. */
  readonly global?: string;
  /** Further schema, as slapd.conf has it. */
  readonly schema?: string;
  /** Configured by `cn=config`, which root and whoever runs the tests may change over `ldapi`. Default false. */
  readonly isDynamic?: boolean;
  /** Its naming context; another than the default one makes sense for a server that is empty. */
  readonly suffix?: string;
  /** Without any entry yet. Default false. */
  readonly isEmpty?: boolean;
  /** With the project's schema. Default true. */
  readonly ownSchema?: boolean;
  /** Default a free one. */
  readonly port?: number;
  /** One of several that replicate each other; the one with the lowest number makes the first entries. */
  readonly provider?: Provider;
}

interface Provider {
  readonly id: number;
  readonly url: string;
  readonly peers: readonly { readonly id: number; readonly url: string }[];
}

/** Two servers that replicate each other (multi-provider syncrepl), without dynamic entries. */
export async function startSlapdPair(): Promise<readonly [Slapd, Slapd]> {
  const [one, two] = await Promise.all([freePort(), freePort()]);
  const both = [
    { id: 1, port: one, url: `ldap://127.0.0.1:${one}` },
    { id: 2, port: two, url: `ldap://127.0.0.1:${two}` },
  ] as const;
  const start = (at: 0 | 1): Promise<Slapd> => {
    const { id, port, url } = both[at];
    return startSlapd({ dds: false, port, provider: { id, url, peers: [both[1 - at === 0 ? 0 : 1]] } });
  };
  return [await start(0), await start(1)];
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
  /** Adds the entry of the suffix, to a server that was started empty. */
  addSuffix(): Promise<void>;
  /** Removes every conference. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const SLAPD = '/usr/sbin/slapd';
/** Users of this computer on a local socket. */
const LOCAL = '^gidNumber=.*,cn=peercred,cn=external,cn=auth$';
const MODULES = '/usr/lib/ldap';
const SCHEMAS = '/etc/ldap/schema';
const SUFFIX = 'dc=conferences,dc=test';
const adminOf = (suffix: string): string => `cn=admin,${suffix}`;
const PASSWORD = 'a test password';
const OUR_SCHEMA = fileURLToPath(new URL('../../docs/rendezvous.schema', import.meta.url));

/**
 * Starts a throw-away OpenLDAP server with the project's schema on ports of its own, as an unprivileged user, with its
 * files in a temporary folder. Needs the Debian packages slapd and, for `tls`, openssl; it throws where they are
 * missing, so that no machine passes by skipping.
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  requireProgram(SLAPD, 'slapd');
  const { tls = false, port: wanted, suffix = SUFFIX } = options;
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-slapd-'));
  const [port, tlsPort] = await Promise.all([wanted ?? freePort(), freePort()]);
  const url = `ldap://127.0.0.1:${port}`;
  const tlsUrl = `ldaps://127.0.0.1:${tlsPort}`;
  const ldapiUrl = `ldapi://${encodeURIComponent(join(dir, 'ldapi'))}`;
  mkdirSync(join(dir, 'db'));
  if (tls) makeCertificate(dir);
  copyFileSync(OUR_SCHEMA, join(dir, 'rendezvous.schema')); // a checkout may be readable for its owner only
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir, options));
  const listen = [`${url}/`, `${ldapiUrl}/`, ...(tls ? [`${tlsUrl}/`] : [])].join(' ');
  const file = join(dir, 'slapd.conf');
  const folder = join(dir, 'slapd.d');
  if (options.isDynamic === true) mkdirSync(folder);
  const configured = ['-f', file, ...(options.isDynamic === true ? ['-F', folder] : [])]; // turns the one into the other
  const command = asNobody(dir, [SLAPD, '-h', listen, ...configured, '-d', '0']);
  const launch = (): Promise<Daemon> => Daemon.start(command, () => accepts(port));

  const started = performance.now();
  let running = await launch();
  const readyMs = performance.now() - started;
  const server = { url, adminDn: adminOf(suffix), adminPassword: PASSWORD };
  const isCopy = (options.provider?.peers ?? []).some(({ id }) => id < (options.provider?.id ?? 0));
  const addSuffix = (): Promise<void> =>
    asAdmin(server, (client) =>
      client.add(suffix, { objectClass: ['dcObject', 'organization'], dc: 'conferences', o: 'Test' }),
    );
  if (!isCopy && options.isEmpty !== true) {
    await addSuffix();
    await asAdmin(server, (client) =>
      client.add(`ou=Conferences,${suffix}`, [
        new Attribute({ type: 'objectClass', values: ['organizationalUnit'] }),
      ]),
    );
  }

  return {
    ...server,
    tlsUrl,
    ldapiUrl,
    suffix,
    caFile: join(dir, 'cert.pem'),
    readyMs,
    log: () => running.log,
    async restart() {
      await running.end();
      running = await launch();
    },
    kill: () => running.end(),
    addSuffix,
    clear: () =>
      asAdmin(server, async (client) => {
        const { searchEntries } = await client.search(`ou=Conferences,${suffix}`, {
          scope: 'one',
          attributes: ['1.1'],
        });
        for (const { dn } of searchEntries) await client.del(dn);
      }),
    async stop() {
      await running.end(); // nothing in it is worth a clean end
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(
  dir: string,
  {
    dds = true,
    tls = false,
    suffix = SUFFIX,
    access = `access to * by dn.exact="${adminOf(suffix)}" write by * read`,
    extra = '',
    global = '',
    schema = '',
    ownSchema = true,
    isDynamic = false,
    provider,
  }: SlapdOptions,
): string {
  return `
include ${SCHEMAS}/core.schema
include ${SCHEMAS}/cosine.schema
include ${SCHEMAS}/inetorgperson.schema
${ownSchema ? `include ${dir}/rendezvous.schema` : ''}
${schema}
${global}
pidfile ${dir}/pid
modulepath ${MODULES}
moduleload back_mdb
${dds ? 'moduleload dds' : ''}
${provider === undefined ? '' : 'moduleload syncprov'}
${provider === undefined ? '' : serverIds(provider)}
${tls ? `TLSCertificateFile ${dir}/cert.pem\nTLSCertificateKeyFile ${dir}/key.pem` : ''}
${isDynamic ? `database config\naccess to * by dn.regex="${LOCAL}" manage` : ''}
database mdb
suffix "${suffix}"
rootdn "${adminOf(suffix)}"
rootpw "${PASSWORD}"
directory ${dir}/db
maxsize 268435456
dbnosync
index objectClass,entryUUID,entryCSN eq
${ownSchema ? 'index rdvScope,rdvStart,rdvStop,rdvExpires eq\nindex cn,rdvGroup,rdvOriginator eq,sub' : ''}
${provider === undefined ? '' : replication(provider)}
${access}
${extra}
${provider === undefined ? '' : 'overlay syncprov\nsyncprov-checkpoint 1000 10'}
${dds ? 'overlay dds\ndds-max-ttl 86400\ndds-min-ttl 1\ndds-default-ttl 600\ndds-interval 1' : ''}
`;
}

function serverIds({ id, url, peers }: Provider): string {
  return [{ id, url }, ...peers].map((it) => `serverID ${it.id} ${it.url}/`).join('\n');
}

function replication({ peers }: Provider): string {
  const consumers = peers.map(({ id, url }) => {
    const who = `bindmethod=simple binddn="${adminOf(SUFFIX)}" credentials="${PASSWORD}"`;
    const what = `searchbase="${SUFFIX}" type=refreshAndPersist retry="1 +" timeout=3`;
    return `syncrepl rid=${String(id).padStart(3, '0')} provider=${url} ${who} ${what}`;
  });
  return [...consumers, 'multiprovider on'].join('\n');
}

function makeCertificate(dir: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
}
