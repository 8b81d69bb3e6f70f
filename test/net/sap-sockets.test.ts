import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { socketsPort } from '../../directory/gateway/index.ts';
import { NetworkError } from '../../src/errors.ts';
import {
  InterfaceError,
  kernelHoldsMembership,
  type NetworkView,
  openMulticastSocket,
  openSapSockets,
  type SapSockets,
  type SapSocketsOptions,
  systemNetwork,
} from '../../src/net/index.ts';
import type { SapListenerEvent } from '../../src/sap/index.ts';
import { sdp, utf8 } from '../sap/support.ts';
import { drawGroup, drawPort, familiesHere, hostOnly, until } from './loopback.ts';

/** SAP in two groups of our own, on a port of our own: other programs on this host stay out of it. */
function place(): SapSocketsOptions & { groups: string[]; port: number } {
  const groups = [drawGroup().group, drawGroup().group];
  return { groups, port: drawPort(), interfaces: ['lo'] };
}

async function open(options: SapSocketsOptions): Promise<{ sap: SapSockets; events: SapListenerEvent[] }> {
  const sap = await openSapSockets(options);
  const events: SapListenerEvent[] = [];
  sap.onEvent((event) => events.push(event));
  return { sap, events };
}

const told = (events: readonly SapListenerEvent[]): string[] => events.map(({ type }) => type);

test('an announcement is heard in both groups by another program on this host, and its end too', async () => {
  const at = place();
  const { sap: listening, events } = await open(at);
  const { sap: announcing } = await open(at);
  const own = await announcing.announce(utf8(sdp({ host: '127.0.0.1', id: 7 })), { groups: at.groups });
  expect(own.schedules.map(({ count }) => count)).toEqual([1, 1]);
  await until(() => [...listening.listener.sessions()][0]?.heard.length === 2);
  expect(told(events)).toEqual(['appeared']);
  const [session] = listening.listener.sessions();
  expect(session?.text).toBe(sdp({ host: '127.0.0.1', id: 7 }));
  expect(session).toMatchObject({ source: '127.0.0.1', sender: '127.0.0.1', hash: own.hash });
  expect(session?.heard.map((it) => `${it.group} ${it.interface}`).sort()).toEqual(
    at.groups.map((group) => `${group} lo`).sort(),
  );
  await announcing.announce(utf8(sdp({ host: '127.0.0.1', id: 7, version: 2 })), { groups: at.groups });
  await until(() => events.length === 2);
  await announcing.close();
  await until(() => events.length === 3);
  expect(told(events)).toEqual(['appeared', 'changed', 'withdrawn']);
  expect(listening.listener.stats.unknownDeletes).toBeGreaterThan(1);
  await listening.close();
});

test('our own announcements come back, are known as such and counted once', async () => {
  const at = place();
  await using sap = await openSapSockets(at);
  await sap.announce(utf8(sdp({})), { groups: at.groups });
  await until(() => sap.listener.stats.own === 2);
  expect(sap.listener.stats).toMatchObject({ received: 2, own: 2, appeared: 0 });
  expect(sap.listener.size).toBe(0);
  expect(sap.announcer.sessionsIn(at.groups[0] ?? '')).toBe(1);
});

test('what a gateway withdraws while its group is being joined is not announced afterwards', async () => {
  const at = place();
  await using sap = await openSapSockets({ ...at, groups: at.groups.slice(0, 1) });
  const problems: string[] = [];
  const port = socketsPort(sap, (problem) => problems.push(problem));
  const [gone, stays] = [utf8(sdp({ id: 1 })), utf8(sdp({ id: 2 }))];
  port.announce(gone, at.groups);
  port.withdraw(gone);
  port.announce(utf8('no description'), at.groups);
  port.announce(stays, at.groups);
  await until(() => sap.announcer.size === 1 && problems.length === 1);
  expect([...sap.announcer.announcements()].map(({ description }) => description)).toEqual([stays]);
  expect(problems[0]).toMatch(/no o= line/);
});

describe.each(familiesHere)('IPv%i', (family) => {
  test('goes its own way, with the address of the interface as source', async () => {
    const { group, port, interface: name } = hostOnly(family);
    const at = { groups: [group], port, ...(name === undefined ? {} : { interfaces: [name] }) };
    const { sap: listening } = await open(at);
    await using announcing = await openSapSockets(at);
    await announcing.announce(utf8(sdp({})), { groups: [group] });
    await until(() => listening.listener.size > 0);
    const [session] = listening.listener.sessions();
    const sources = announcing.announcer.sources.map(({ address }) => address);
    expect(sources).toContain(session?.source);
    expect(session?.source.includes(':')).toBe(family === 6);
    await listening.close(0);
  });
});

test('a group that comes with a session is joined too', async () => {
  const at = place();
  const { group } = drawGroup();
  await using sap = await openSapSockets(at);
  const own = await sap.announce(utf8(sdp({ group })));
  expect(own.schedules.map((it) => it.group)).toEqual(['239.255.255.255']);
  expect(sap.channels.map((it) => it.group)).toEqual([...at.groups, '239.255.255.255']);
  expect(kernelHoldsMembership('239.255.255.255', 'lo')).toBe(true);
  expect(sap.withdraw(own.key)).toBe(true);
  expect(sap.withdraw(own.key)).toBe(false);
});

test('what cannot be joined is a warning, as long as something can', async () => {
  const at = place();
  const [first = '', second = ''] = at.groups;
  const openSocket: typeof openMulticastSocket = (options) => {
    if (options.group === first)
      throw new NetworkError(`Cannot join ${first} on lo (ENOBUFS): too many groups`);
    return openMulticastSocket(options);
  };
  await using sap = await openSapSockets({ ...at, openSocket });
  expect(sap.channels.map(({ group }) => group)).toEqual([second]);
  expect(sap.warnings).toEqual([
    `lo: not listening to ${first}: Cannot join the group on lo (ENOBUFS): too many groups`,
  ]);
  await expect(openSapSockets({ ...at, groups: [first], openSocket })).rejects.toThrow(NetworkError);
});

test('an interface that does not exist is an error that names those that do', async () => {
  await expect(openSapSockets({ ...place(), interfaces: ['nosuch0'] })).rejects.toThrow(InterfaceError);
  await expect(openSapSockets({ ...place(), interfaces: ['nosuch0'] })).rejects.toThrow('lo');
});

test('interfaces that come later are listened on too, and announced on at once', async () => {
  const at = place();
  let there = false;
  const network: NetworkView = {
    ...systemNetwork,
    addresses: () =>
      systemNetwork.addresses().filter(({ name, family }) => family === 4 && (name === 'lo' || there)),
  };
  const others = systemNetwork.addresses().filter(({ internal, family }) => !internal && family === 4);
  await using sap = await openSapSockets({ ...at, interfaces: ['all'], network, ttl: 0 });
  expect(new Set(sap.channels.map((it) => it.interface))).toEqual(new Set(['lo']));
  await sap.announce(utf8(sdp({})), { groups: at.groups });
  there = true;
  const wanted = new Set(others.length > 0 ? ['lo', ...others.map(({ name }) => name)] : ['lo']);
  for (
    let tries = 0;
    tries < 60 && new Set(sap.channels.map((it) => it.interface)).size < wanted.size;
    tries++
  ) {
    await delay(100);
  }
  expect(new Set(sap.channels.map((it) => it.interface))).toEqual(wanted);
  await until(() => sap.announcer.sources.length === wanted.size);
  expect(new Set(sap.announcer.sources.map((it) => it.interface))).toEqual(wanted);
});

test('several interfaces by name: each hears for itself', async () => {
  const at = place();
  await using sap = await openSapSockets({ ...at, interfaces: ['lo', '127.0.0.1'] });
  expect(sap.channels).toHaveLength(2);
  expect(sap.kernelDrops()).toBe(0);
});
