import type { Client } from 'ldapts';
import { createDirectory } from '../../directory/index.ts';
import type { LdapAttributes } from '../../directory/ldap/entry.ts';
import { parseTarget } from '../../directory/ldap/target.ts';
import { schemaText } from '../../directory/schema/index.ts';
import { escapeDnValue } from '../../src/ldap/index.ts';
import { type Ds389, startDs389 } from '../support/ds389.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { asAdmin } from '../support/ldap-admin.ts';
import { type Samba, startSamba } from '../support/samba.ts';
import { type Slapd, startSlapd, startSlapdPair } from '../support/slapd.ts';
import { rawConnection } from './backends.ts';
import type { Backend } from './contract.ts';

/** A server of somebody else that runs for a test. */
interface Server {
  readonly url: string;
  readonly suffix: string;
  readonly adminDn: string;
  readonly adminPassword: string;
  stop(): Promise<void>;
}

/**
 * A real OpenLDAP server, with or without dynamic entries.
 *
 * @param extra further lines for its database
 */
export async function slapdBackend(dds: boolean, extra = ''): Promise<Backend & { readonly slapd: Slapd }> {
  const slapd = await startSlapd({ dds, extra });
  if (!dds) return { slapd, ...ownSchemaBackend(slapd) };
  return {
    slapd,
    ...ownSchemaBackend(slapd),
    isDynamic: true,
    create: () => createDirectory(slapd.url),
    elapse: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    putRaw: (...put) => putOwnSchema(slapd, ['rdvConference', 'dynamicObject'], ...put),
  };
}

/** Two OpenLDAP servers that replicate each other. */
export async function slapdPairBackend(): Promise<Backend> {
  const [one, two] = await startSlapdPair();
  const stop = async (): Promise<void> => {
    await Promise.all([one.stop(), two.stop()]);
  };
  return ownSchemaBackend({ ...one, stop }, `${one.url} ${two.url}`);
}

/** A real 389 Directory Server with the project's schema. */
export async function ds389Backend(): Promise<Backend & { readonly server: Ds389 }> {
  const server = await startDs389();
  await server.modify(schemaText('389ds'));
  return { server, ...ownSchemaBackend(server) };
}

/** Active Directory as Samba has it, in one domain: first as it comes, then with the project's schema. */
export function sambaBackends(): readonly [
  () => Promise<Backend & { readonly samba: Samba }>,
  () => Promise<Backend & { readonly samba: Samba }>,
] {
  let started: Promise<Samba> | undefined;
  const samba = (): Promise<Samba> => (started ??= startSamba());
  let extended: Promise<void> | undefined;
  return [
    async () => ({
      ...activeDirectoryBackend(await samba(), false),
      stop: async () => {},
      samba: await samba(),
    }),
    async () => {
      const domain = await samba();
      await (extended ??= domain.modify(schemaText('ad-ldif', domain.suffix)));
      return { ...activeDirectoryBackend(domain, true), samba: domain };
    },
  ];
}

/** Expiry is the client's there, so time passes on its clock alone. */
function ownSchemaBackend(server: Server, url = server.url): Backend {
  const clock = new FakeClock(1000, Date.now());
  return {
    type: 'ldap',
    dialect: 'rendezvous',
    isDynamic: false,
    extraAttribute: 'l',
    credentials: credentialsOf(server),
    originatorFilter: (name) => `(rdvOriginator=${name})`,
    create: () => createDirectory(url, { clock }),
    putRaw: (...put) => putOwnSchema(server, ['rdvConference'], ...put),
    elapse: async (seconds) => clock.advance(seconds * 1000),
    clear: () => clear(server),
    stop: () => server.stop(),
  };
}

async function putOwnSchema(
  server: Server,
  classes: readonly string[],
  ...[name, protocol, blob, extra]: Parameters<Backend['putRaw']>
): Promise<void> {
  await putRaw(server, `cn=${escapeDnValue(name)}`, {
    objectClass: [...classes, ...(extra === undefined ? [] : ['extensibleObject'])],
    cn: [name],
    rdvProtocol: [protocol],
    rdvBlob: [blob],
    ...(extra === undefined ? {} : { l: [extra] }),
  });
}

function activeDirectoryBackend(samba: Samba, isExtended: boolean): Backend {
  const clock = new FakeClock(1000, Date.now());
  return {
    type: 'ad',
    dialect: 'ad',
    isDynamic: false,
    extraAttribute: 'displayName',
    credentials: credentialsOf(samba),
    anonymousReads: false,
    keepsUserDetails: isExtended,
    longestUserId: 64,
    originatorFilter: (name) => (isExtended ? `(rdvOriginator=${name})` : `(msTAPI-uid=by ${name})`),
    create: () => createDirectory(samba.url, { clock }),
    putRaw: (name, protocol, blob, extra) =>
      putRaw(samba, `msTAPI-uid=${escapeDnValue(name)}`, {
        objectClass: ['msTAPI-RtConference'],
        'msTAPI-uid': [name],
        'msTAPI-ProtocolId': [protocol],
        'msTAPI-ConferenceBlob': [blob],
        ...(extra === undefined ? {} : { displayName: [extra] }),
      }),
    elapse: async (seconds) => clock.advance(seconds * 1000),
    clear: () => clear(samba),
    stop: () => samba.stop(),
  };
}

const credentialsOf = ({ adminDn, adminPassword }: Server) =>
  ({ kind: 'simple', dn: adminDn, password: adminPassword }) as const;

async function putRaw(server: Server, rdn: string, attributes: LdapAttributes): Promise<void> {
  const raw = await rawConnection(parseTarget(server.url));
  await raw.bind(server.adminDn, server.adminPassword);
  await raw.add(`${rdn},ou=Conferences,${server.suffix}`, attributes);
  await raw.close();
}

/** Removes all conferences and users. */
export function clear(server: Server): Promise<void> {
  return asAdmin(server, async (client: Client) => {
    const base = `ou=Conferences,${server.suffix}`;
    const found = await client.search(base, { scope: 'one', attributes: ['1.1'], paged: true });
    await Promise.all(found.searchEntries.map(({ dn }) => client.del(dn)));
  });
}
