import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accepts, Daemon, requireProgram } from './daemon.ts';
import { runLdif } from './ldif-tools.ts';

export interface Samba {
  readonly url: string;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  /** Milliseconds for making the domain and starting it. */
  readonly readyMs: number;
  log(): string;
  /** Applies LDIF as the administrator. Rejects with what ldapmodify says */
  modify(ldif: string): Promise<void>;
  /** Runs samba-tool on the domain's own files, as `user create`. Rejects with what it says */
  tool(...args: readonly string[]): Promise<void>;
  /** Stops it at once and starts it at the same address on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const SAMBA = '/usr/sbin/samba';
const SUFFIX = 'DC=rv,DC=test';
const ADMIN = `CN=Administrator,CN=Users,${SUFFIX}`;
const PASSWORD = 'Passw0rd.1';
/** Nothing in it needs to survive the machine. */
const NO_SYNC = 'ldb:nosync=yes';

/**
 * Makes a throw-away Active Directory domain with Samba, with the schema of Windows Server, and serves it over LDAP
 * alone: everything in a temporary folder, at a loopback address of its own, since Samba's ports cannot be chosen.
 * Needs root for port 389, and the Debian packages samba, samba-ad-dc and samba-ad-provision.
 *
 * @param options.isEmpty without a container for conferences
 */
export async function startSamba({ isEmpty = false } = {}): Promise<Samba> {
  requireProgram(SAMBA, 'samba');
  requireProgram('/usr/share/samba/setup/provision.ldif', 'samba-ad-provision');
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-samba-'));
  const begun = performance.now();
  const host = await freeLoopback();
  const realm = ['--realm=RV.TEST', '--domain=RV', '--server-role=dc', '--dns-backend=NONE'];
  const here = ['--host-name=dc', `--host-ip=${host}`, '--option=vfs objects=', `--option=${NO_SYNC}`];
  await promisify(execFile)(
    'samba-tool',
    ['domain', 'provision', `--targetdir=${dir}`, ...realm, `--adminpass=${PASSWORD}`, ...here],
    { timeout: 90_000 },
  );
  for (const folder of ['run', 'log']) mkdirSync(join(dir, folder));
  const options = {
    'server services': 'ldap',
    'ldap server require strong auth': 'no',
    'dsdb:schema update allowed': 'yes',
    interfaces: `${host}/8`,
    'bind interfaces only': 'yes',
    'log file': join(dir, 'log/%m'),
    'pid directory': join(dir, 'run'),
    'ncalrpc dir': join(dir, 'run/ncalrpc'),
    'ntp signd socket directory': join(dir, 'run/ntp'),
    'winbindd socket directory': join(dir, 'run/winbindd'),
  };
  const args = Object.entries(options)
    .map(([name, value]) => `--option=${name}=${value}`)
    .concat(`--option=${NO_SYNC}`);
  const command = [SAMBA, '-i', '-M', 'single', '-s', join(dir, 'etc/smb.conf'), '--debug-stdout', '-d', '1'];
  const launch = (): Promise<Daemon> => Daemon.start([...command, ...args], () => accepts(389, host));
  let daemon = await launch();
  const url = `ldap://${host}`;
  const modify = (ldif: string): Promise<void> => runLdif(url, ADMIN, PASSWORD, ldif);
  if (!isEmpty)
    await modify(`dn: ou=Conferences,${SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\n`);
  return {
    url,
    suffix: SUFFIX,
    adminDn: ADMIN,
    adminPassword: PASSWORD,
    readyMs: performance.now() - begun,
    log: () => daemon.log,
    modify,
    async tool(...tool) {
      const database = `--URL=tdb://${join(dir, 'private/sam.ldb')}`;
      const configuration = `--configfile=${join(dir, 'etc/smb.conf')}`;
      await promisify(execFile)('samba-tool', [...tool, database, configuration], { timeout: 60_000 });
    },
    async restart() {
      await daemon.end();
      daemon = await launch();
    },
    async stop() {
      await daemon.end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One of the sixteen million addresses of this computer at which nobody serves LDAP. */
async function freeLoopback(): Promise<string> {
  for (;;) {
    const part = (): number => 1 + Math.floor(Math.random() * 250);
    const host = `127.${part()}.${part()}.${part()}`;
    if (!(await accepts(389, host))) return host;
  }
}
