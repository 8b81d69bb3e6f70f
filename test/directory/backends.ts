import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { LdapConnection } from '../../directory/ldap/connection.ts';
import { type LdapTarget, parseTarget } from '../../directory/ldap/target.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { createLocatorService, defaultAccess, listen, openStore } from '../../directory/server/index.ts';
import { escapeDnValue } from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Backend } from './contract.ts';

/** A connection below the directory client, to do what other programs do. */
export async function rawConnection(target: LdapTarget): Promise<LdapConnection> {
  return LdapConnection.open(target, { tls: 'none', timeoutMs: 5000 }, () => {});
}

/** The embedded service on a fake clock, reached in this process or over TCP. */
export async function embeddedBackend(over: 'in-process' | 'tcp'): Promise<Backend> {
  const dir = mkdtempSync(join(tmpdir(), 'rendezvous-store-'));
  const clock = new FakeClock(1000, Date.now());
  const store = openStore({ path: join(dir, 'directory.db') });
  const service = createLocatorService({ store, clock, access: defaultAccess({ anonymousWrite: true }) });
  const listener = over === 'tcp' ? await listen(service, { port: 0 }) : undefined;
  const connect = (): Duplex => service.connect();
  const target: LdapTarget =
    listener === undefined
      ? { kind: 'service', connect, url: 'embedded:test', base: '' }
      : parseTarget(listener.url);
  return {
    type: 'ils',
    dialect: 'ils',
    isDynamic: true,
    extraAttribute: 'contactInformation',
    credentials: undefined,
    originatorFilter: (name) => `(originator=${name})`,
    create: async () => new LdapDirectory(target, { clock, random: Math.random }),
    async putRaw(name, protocol, blob, extra) {
      const raw = await rawConnection(target);
      await raw.add(`uid=${escapeDnValue(name)},ou=Dynamic,o=Intranet`, {
        objectClass: ['rtConference', 'dynamicObject'],
        uid: [name],
        protocolID: [protocol],
        conferenceBlob: [blob],
        ...(extra === undefined ? {} : { contactInformation: [extra] }),
      });
      await raw.close();
    },
    elapse: async (seconds) => clock.advance(seconds * 1000),
    async clear() {
      const directory = new LdapDirectory(target, { clock, random: Math.random });
      await directory.connect();
      const all = await directory.search().toArray();
      const users = await directory.searchUsers({ unlisted: true }).toArray();
      await Promise.all([...all, ...users].map((object) => directory.delete(object)));
      await directory.close();
    },
    async stop() {
      await listener?.close();
      service.close();
      store[Symbol.dispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
