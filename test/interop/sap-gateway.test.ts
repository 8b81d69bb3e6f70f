import { expect, test } from 'vitest';
import { SapGateway } from '../../directory/gateway/index.ts';
import { createConference, type Directory, openDirectory } from '../../directory/index.ts';
import { Air } from '../directory/gateway/air.ts';
import { conferencesOf, description } from '../directory/gateway/site.ts';
import { fastClock } from '../support/fast-clock.ts';
import { startSlapd } from '../support/slapd.ts';

// A gateway of a directory that is not ours, on a network in memory.

/** Servers that tell of no changes are asked every few seconds. */
const SOON = { timeout: 20_000 };
const SITE = '239.255.255.255';

/** Until the directory has exactly these names. */
const has = (directory: Directory, names: readonly string[]): Promise<void> =>
  expect.poll(async () => (await conferencesOf(directory)).map(({ name }) => name), SOON).toEqual(names);

test('OpenLDAP: announced sessions come, change and go; conferences that everybody may read are announced', async () => {
  await using resources = new AsyncDisposableStack();
  const server = await startSlapd({ dds: true });
  resources.defer(() => server.stop());
  const credentials = { kind: 'simple', dn: server.adminDn, password: server.adminPassword } as const;
  const writer = resources.use(await openDirectory(server.url, { credentials }));
  const clock = fastClock(50);
  const air = new Air(clock);
  const [bob, here] = [air.host('192.0.2.9'), air.host('192.0.2.1')];
  resources.defer(() => {
    for (const host of [bob, here]) air.remove(host);
  });
  const told: string[] = [];
  const gateway = new SapGateway({
    name: 'test',
    sap: here,
    importInto: writer,
    announceFrom: resources.use(await openDirectory(server.url)),
    clock,
    random: Math.random,
    onEvent: ({ type }) => told.push(type),
  });
  resources.use(gateway);
  bob.announce(description({ name: 'Überblick' }), [SITE]);
  await has(writer, ['Überblick']);
  const [copy] = await conferencesOf(writer);
  expect(copy?.origin).toMatchObject({ source: '192.0.2.9', gateway: 'test', group: SITE });
  expect(Buffer.from(copy?.blob ?? []).toString()).toBe(
    Buffer.from(description({ name: 'Überblick' })).toString(),
  );
  bob.announce(description({ name: 'Überblick', version: '2' }), [SITE]);
  await expect.poll(async () => (await conferencesOf(writer))[0]?.sdp?.sessionVersion, SOON).toBe('2');
  await writer.add(createConference({ name: 'Ours', group: '239.255.3.3' }));
  await expect
    .poll(() => [...bob.sessions()].map(({ text }) => /s=(.*)\r/.exec(text)?.[1]), SOON)
    .toEqual(['Ours']);
  await writer.delete('Ours');
  await expect.poll(() => Array.from(bob.sessions()), SOON).toEqual([]);
  bob.withdraw(description({ name: 'Überblick' }));
  await has(writer, []);
  expect(told.filter((type) => type !== 'announced' && type !== 'withdrawn')).toEqual([
    'imported',
    'updated',
    'removed',
  ]);
});
