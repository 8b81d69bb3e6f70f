import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLdif } from './ldif-tools.ts';
import { accepts, asNobody, Daemon, freePort, requireProgram } from './daemon.ts';

export interface Ds389 {
  readonly url: string;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  readonly readyMs: number;
  log(): string;
  /** Applies LDIF as the administrator. Rejects with what ldapmodify says */
  modify(ldif: string): Promise<void>;
  /** Stops it and starts it on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const NS_SLAPD = '/usr/sbin/ns-slapd';
const TEMPLATES = '/usr/share/dirsrv/data';
const SYSTEM = '/etc/dirsrv';
const SUFFIX = 'dc=conferences,dc=test';
const ADMIN = 'cn=Directory Manager';
const PASSWORD = 'a test password';
const FOLDERS = ['bak', 'db', 'inst', 'ldif', 'lock', 'log', 'run', 'tmp', 'config/schema'];

/**
 * Starts a throw-away 389 Directory Server with a container for conferences, without the project's schema. What
 * `dscreate` does for an instance of the system is done in a temporary folder, from the same templates. Needs the Debian
 * package 389-ds-base.
 *
 * @param options.isEmpty without the container
 */
export async function startDs389({ isEmpty = false } = {}): Promise<Ds389> {
  requireProgram(NS_SLAPD, '389-ds-base');
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-389-'));
  for (const folder of FOLDERS) mkdirSync(join(dir, folder), { recursive: true });
  const port = await freePort();
  const values: Readonly<Record<string, string>> = {
    bak_dir: join(dir, 'bak'),
    cert_dir: join(dir, 'config'),
    config_dir: join(dir, 'config'),
    db_dir: join(dir, 'db'),
    db_home_dir: join(dir, 'db'),
    db_lib: 'bdb',
    ds_passwd: `{CLEAR}${PASSWORD}`,
    ds_port: String(port),
    ds_suffix: SUFFIX,
    ds_user: process.getuid?.() === 0 ? 'nobody' : (process.env['USER'] ?? 'nobody'),
    fqdn: 'localhost',
    inst_dir: join(dir, 'inst'),
    ldapi: join(dir, 'ldapi'),
    ldapi_autobind: 'off',
    ldapi_enabled: 'off',
    ldif_dir: join(dir, 'ldif'),
    lock_dir: join(dir, 'lock'),
    log_dir: join(dir, 'log'),
    rootdn: ADMIN,
    run_dir: join(dir, 'run'),
    schema_dir: join(dir, 'config/schema'),
    tmp_dir: join(dir, 'tmp'),
  };
  const filled = (template: string): string =>
    readFileSync(join(TEMPLATES, template), 'utf8').replaceAll(/%(\w+)%/g, (_, name) => values[name] ?? '');
  const dse = filled('template-dse.ldif').replace(/^nsslapd-port:/m, 'nsslapd-listenhost: 127.0.0.1\n$&');
  writeFileSync(join(dir, 'config/dse.ldif'), `${dse}\n`);
  for (const file of ['config/slapd-collations.conf', 'config/certmap.conf', 'schema/99user.ldif']) {
    copyFileSync(join(SYSTEM, file), join(dir, 'config', file.replace('config/', '')));
  }
  const url = `ldap://127.0.0.1:${port}`;
  const modify = (ldif: string): Promise<void> => runLdif(url, ADMIN, PASSWORD, ldif);
  const begun = performance.now();
  const command = asNobody(dir, [
    NS_SLAPD,
    '-D',
    join(dir, 'config'),
    '-i',
    join(dir, 'run/pid'),
    '-d',
    '16384',
  ]);
  let daemon = await Daemon.start(command, () => accepts(port));
  const readyMs = performance.now() - begun;
  await modify(database(join(dir, 'db/userRoot')));
  await modify(SUFFIX_ENTRY);
  if (!isEmpty) await modify(CONTAINER);
  return {
    url,
    suffix: SUFFIX,
    adminDn: ADMIN,
    adminPassword: PASSWORD,
    readyMs,
    log: () => daemon.log,
    modify,
    async restart() {
      await daemon.end('SIGTERM');
      daemon = await Daemon.start(command, () => accepts(port));
    },
    async stop() {
      await daemon.end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const database = (folder: string): string => `dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsBackendInstance
nsslapd-suffix: ${SUFFIX}
nsslapd-directory: ${folder}

dn: cn="${SUFFIX}",cn=mapping tree,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsMappingTree
cn: ${SUFFIX}
nsslapd-state: backend
nsslapd-backend: userRoot
`;

const SUFFIX_ENTRY = `dn: ${SUFFIX}
changetype: add
objectClass: domain
dc: conferences
aci: (targetattr="*")(version 3.0; acl "everybody reads"; allow (read,search,compare) userdn="ldap:///anyone";)
`;

const CONTAINER = `dn: ou=Conferences,${SUFFIX}
changetype: add
objectClass: organizationalUnit
ou: Conferences
`;
