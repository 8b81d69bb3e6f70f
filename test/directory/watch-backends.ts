import type { Duplex } from 'node:stream';
import { createDirectory } from '../../directory/index.ts';
import type { LdapTarget } from '../../directory/ldap/target.ts';
import { parseTarget } from '../../directory/ldap/target.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { createLocatorService, defaultAccess, listen, openStore } from '../../directory/server/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Samba } from '../support/samba.ts';
import { ds389Backend, slapdBackend } from './server-backends.ts';
import type { Backend } from './contract.ts';
import type { WatchBackend } from './watch-contract.ts';

/** The embedded service, whose connections can be cut. */
export async function embeddedWatch(over: 'in-process' | 'tcp'): Promise<WatchBackend> {
  const clock = new FakeClock(1000, Date.now());
  const store = openStore({ path: ':memory:', clock });
  const service = createLocatorService({ store, clock, access: defaultAccess({ anonymousWrite: true }) });
  const streams = new Set<Duplex>();
  let listener = over === 'tcp' ? await listen(service, { port: 0 }) : undefined;
  const connect = (): Duplex => {
    const stream = service.connect();
    streams.add(stream);
    return stream;
  };
  const target: LdapTarget =
    listener === undefined
      ? { kind: 'service', connect, url: 'embedded:test', base: '' }
      : parseTarget(listener.url);
  const create = async (): Promise<LdapDirectory> =>
    new LdapDirectory(target, { clock, random: Math.random });
  return {
    method: 'sync',
    type: 'ils',
    dialect: 'ils',
    isDynamic: true,
    extraAttribute: 'contactInformation',
    credentials: undefined,
    originatorFilter: (name) => `(originator=${name})`,
    create,
    putRaw: () => Promise.reject(new Error('not used')),
    elapse: async (seconds) => clock.advance(seconds * 1000),
    async interrupt() {
      for (const stream of streams) stream.destroy();
      streams.clear();
      if (listener === undefined) return;
      const { port } = listener;
      await listener.close();
      listener = await listen(service, { port });
    },
    async clear() {
      await using directory = await create();
      await directory.connect();
      for (const found of await directory.search().toArray()) await directory.delete(found);
    },
    async stop() {
      await listener?.close();
      service.close();
      store.close();
    },
  };
}

/** A real OpenLDAP server that offers content synchronisation, or nothing. */
export async function slapdWatch(syncs: boolean): Promise<WatchBackend> {
  const backend = await slapdBackend(false, syncs ? 'moduleload syncprov\noverlay syncprov' : '');
  const { slapd } = backend;
  return {
    ...backend,
    method: syncs ? 'sync' : 'polling',
    ...inRealTime(slapd.url),
    interrupt: () => slapd.restart(),
  };
}

/** 389 Directory Server, which offers persistent search. */
export async function ds389Watch(): Promise<WatchBackend> {
  const backend = await ds389Backend();
  const { server } = backend;
  return {
    ...backend,
    method: 'persistentSearch',
    ...inRealTime(server.url),
    interrupt: () => server.restart(),
  };
}

/** Active Directory as Samba has it, which offers neither to us; it is left running. */
export async function sambaWatch(
  start: () => Promise<Backend & { readonly samba: Samba }>,
): Promise<WatchBackend> {
  const backend = await start();
  const { samba } = backend;
  return {
    ...backend,
    method: 'polling',
    ...inRealTime(samba.url),
    interrupt: () => samba.restart(),
    stop: async () => {},
  };
}

/** Polling waits for real, since the server is real. */
const inRealTime = (url: string): Pick<WatchBackend, 'create' | 'elapse'> => ({
  create: () => createDirectory(url),
  elapse: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
});
