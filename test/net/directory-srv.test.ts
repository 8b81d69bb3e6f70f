import { Resolver } from 'node:dns/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConference, openDirectory, Rendezvous } from '../../directory/index.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { listeningService } from '../support/listening-service.ts';

/** A locator service on loopback, and a name server that publishes it. */
let cleanup: AsyncDisposableStack;
let port: number;
beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  ({ port } = cleanup.use(await listeningService()).listener);
});
afterEach(() => cleanup.disposeAsync());

async function nameServer(zones: Parameters<typeof startDnsServer>[0]): Promise<[DnsServer, Resolver]> {
  const server = cleanup.use(await startDnsServer(zones));
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([server.address]);
  return [server, resolver];
}
const at = (portOfIt: number, priority: number, weight = 0, name = 'localhost') => ({
  name,
  port: portOfIt,
  priority,
  weight,
});

test('[ILS-03] [RV-02] a directory that a domain publishes is found with its port, the next when one is down', async () => {
  const [server, resolver] = await nameServer({
    '_ldap._tcp.example.org': [at(port, 10), at(1, 5)], // nobody listens on port 1
  });
  await using directory = await openDirectory('dns:example.org', { resolver });
  expect([directory.displayName, directory.port]).toEqual([`localhost:${port}`, port]);
  expect(server.asked.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    '_ils._tcp.example.org',
    '_ldap._tcp.example.org',
  ]);
  await directory.add(createConference({ name: 'Published' }));
  const rendezvous = new Rendezvous({ directories: ['dns:example.org'], resolver });
  const [other] = await rendezvous.defaultDirectories();
  await other?.connect();
  await expect(other?.get('Published')).resolves.toMatchObject({ name: 'Published' });
  await other?.close();
});

test('[ILS-03] a locator service is preferred, and the base may name the domain (RFC 2247)', async () => {
  const [, resolver] = await nameServer({
    '_ldap._tcp.example.org': [at(1, 0)],
    '_ils._tcp.example.org': [at(port, 0)],
  });
  await using directory = await openDirectory('dns:example.org', { resolver });
  expect(directory.port).toBe(port);
  // the base is taken along, and this server does not have it
  const named = openDirectory('ldap:///ou=Conferences,dc=example,dc=org', { resolver });
  await expect(named).rejects.toThrow(/no place for conferences/);
});

test('no password goes to a server outside the domain that was asked for', async () => {
  const [, resolver] = await nameServer({
    '_ldap._tcp.example.org': [at(port, 0)],
    '_ldap._tcp.localhost': [at(port, 0)],
  });
  const credentials = { kind: 'simple', dn: 'cn=ann', password: 'secret' } as const;
  const opening = openDirectory('dns:example.org', { resolver, credentials });
  await expect(opening).rejects.toThrow(
    /localhost has the directory of example\.org.*name that server by its URL/,
  );
  // here the server itself refuses
  await expect(openDirectory('dns:localhost', { resolver, credentials })).rejects.toMatchObject({
    ldapCode: 49,
  });
});

test('a domain without a directory, one that says there is none, and a name server that refuses', async () => {
  const [, resolver] = await nameServer({
    '_ldap._tcp.none.example': [at(0, 0, 0, '')],
    '_ldap._tcp.refused.example': 'refused',
    '_ils._tcp.refused.example': 'refused',
  });
  for (const domain of ['unknown.example', 'none.example']) {
    const opening = openDirectory(`dns:${domain}`, { resolver });
    await expect(opening).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(/publishes no directory.*Name a server/);
  }
  await expect(openDirectory('dns:refused.example', { resolver })).rejects.toThrow(/name service cannot say/);
});
