import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'ldapts';
import { accepts, asNobody, Daemon, freePort, requireProgram } from './daemon.ts';
import { serviceSchema } from './service-schema.ts';

const OUR_SCHEMA = fileURLToPath(new URL('../../docs/rendezvous.schema', import.meta.url));
const SLAPD = '/usr/sbin/slapd';
const SUFFIX = 'o=Intranet';

export interface SlapdReplica extends AsyncDisposable {
  readonly url: string;
  /** Conferences that it has: name, and one attribute. */
  conferences(attribute?: string): Promise<Record<string, string>>;
  /** Its contextCSN, as it stands for how far it has come. */
  contextCsn(): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  log(): string;
}

/**
 * Starts an OpenLDAP server that mirrors the locator service at `provider` (syncrepl), on a port of its own, with its
 * files in a temporary folder.
 */
export async function startReplica(
  provider: string,
  type: 'refreshOnly' | 'refreshAndPersist',
): Promise<SlapdReplica> {
  requireProgram(SLAPD, 'slapd');
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-replica-'));
  const port = await freePort();
  const url = `ldap://127.0.0.1:${port}`;
  mkdirSync(join(dir, 'db'));
  copyFileSync(OUR_SCHEMA, join(dir, 'rendezvous.schema'));
  writeFileSync(join(dir, 'own.schema'), serviceSchema()); // which has an attribute of the other
  writeFileSync(join(dir, 'slapd.conf'), configuration(dir, provider, type));
  const command = asNobody(dir, [SLAPD, '-h', `${url}/`, '-f', join(dir, 'slapd.conf'), '-d', 'sync']);
  let daemon: Daemon | undefined;
  const start = async (): Promise<void> => {
    daemon = await Daemon.start(command, () => accepts(port));
  };
  await start();

  const search = async (options: Parameters<Client['search']>[1]) => {
    const client = new Client({ url, timeout: 5000 });
    try {
      return (await client.search(SUFFIX, options)).searchEntries;
    } catch {
      return []; // the suffix has not arrived yet
    } finally {
      await client.unbind();
    }
  };
  const end = async (): Promise<void> => {
    await daemon?.end('SIGINT');
    daemon = undefined;
  };
  return {
    url,
    log: () => daemon?.log ?? '',
    start,
    stop: end,
    async conferences(attribute = 'originator') {
      const found = await search({
        scope: 'sub',
        filter: '(objectClass=rtConference)',
        attributes: ['uid', attribute],
      });
      return Object.fromEntries(found.map((entry) => [String(entry['uid']), String(entry[attribute] ?? '')]));
    },
    async contextCsn() {
      const [entry] = await search({ scope: 'base', attributes: ['contextCSN'] });
      return String(entry?.['contextCSN'] ?? '');
    },
    async [Symbol.asyncDispose]() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function configuration(dir: string, provider: string, type: string): string {
  const schema = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  // The subschema subentry is the provider's own, and OpenLDAP keeps no times to live.
  return `${schema.join('\n')}
include ${dir}/rendezvous.schema
include ${dir}/own.schema
pidfile ${dir}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "${SUFFIX}"
rootdn "cn=replica,${SUFFIX}"
directory ${dir}/db
maxsize 268435456
syncrepl rid=001 provider=${provider} type=${type} interval=00:00:00:01 retry="1 +"
  searchbase="${SUFFIX}" scope=sub filter="(!(objectClass=subschema))" attrs="*,+" exattrs="entryTtl"
  schemachecking=off bindmethod=simple
`;
}
