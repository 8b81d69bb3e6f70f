import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import {
  batchedReceiver,
  loadNativeSockets,
  type NetworkView,
  openMulticastSocket,
  ReceiveHub,
  systemClock,
  systemNetwork,
} from '../../src/net/index.ts';
import { bytesOf, familiesHere, hostOnly, text, until } from './loopback.ts';
import { describeSocket } from './socket-contract.ts';

const native = await loadNativeSockets();
assert(native.available, 'these tests need Linux and koffi');
const hub = new ReceiveHub(native, systemClock);

describe('by a hub', () => {
  describeSocket({ openReceiver: batchedReceiver(hub), sockets: 2 });
});
describe('by a hub that lends its memory', () => {
  describeSocket({ openReceiver: batchedReceiver(hub, { latencyMs: 1, lend: true }), sockets: 2 });
});

describe.each(familiesHere)('IPv%i', (family) => {
  test('a thousand datagrams at once, of several sizes, come whole, in order and stamped by the kernel', async () => {
    const at = { ...hostOnly(family), sendLimit: 2000 };
    await using ear = await openMulticastSocket({
      ...at,
      openReceiver: batchedReceiver(hub, { lend: true }),
    });
    const heard: string[] = [];
    const stamps: number[] = [];
    ear.onDatagram(({ bytes, at: arrived }) => {
      heard.push(text(bytes));
      stamps.push(arrived);
    });
    const content = (i: number): string => `${i} `.repeat(1 + (i % 40));
    const before = performance.now();
    for (let i = 0; i < 1000; i++) ear.send(bytesOf(content(i)));
    const after = performance.now();
    await until(() => heard.length === 1000);
    expect(heard).toEqual(Array.from({ length: 1000 }, (_, i) => content(i)));
    // nothing was read before the loop had ended: only the kernel can know when they came
    expect(stamps.toSorted((a, b) => a - b)).toEqual(stamps);
    expect(stamps[0]).toBeGreaterThan(before - 1);
    expect(stamps.at(-1)).toBeLessThan(after + 1);
    expect((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)).toBeGreaterThan((after - before) / 2);
  });

  test('lent memory is used again, unless the datagram waited for a listener', async () => {
    const at = hostOnly(family);
    await using ear = await openMulticastSocket({
      ...at,
      openReceiver: batchedReceiver(hub, { lend: true }),
    });
    ear.send(bytesOf('early'));
    await until(() => ear.stats.received === 1);
    const kept: Uint8Array[] = [];
    ear.onDatagram(({ bytes }) => kept.push(bytes));
    for (const word of ['first', 'other']) {
      ear.send(bytesOf(word));
      await until(() => kept.length >= (word === 'first' ? 2 : 3));
    }
    expect(kept.map(text)).toEqual(['early', 'other', 'other']);
  });

  test('what has come is there at once when the hub is told to look', async () => {
    const slow = new ReceiveHub(native, systemClock);
    const at = hostOnly(family);
    const openReceiver = batchedReceiver(slow, { latencyMs: 60_000 });
    await using ear = await openMulticastSocket({ ...at, openReceiver });
    let heard = 0;
    ear.onDatagram(() => heard++);
    ear.send(bytesOf('now'));
    await until(() => ear.stats.sent === 1);
    expect(heard).toBe(0);
    slow.drain();
    expect(heard).toBe(1);
  });
});

test('a listener that closes its socket in the middle of a batch hears no more of it; the others go on', async () => {
  const [a, b] = [hostOnly(4), hostOnly(4)];
  await using first = await openMulticastSocket({ ...a, openReceiver: batchedReceiver(hub) });
  await using second = await openMulticastSocket({ ...b, openReceiver: batchedReceiver(hub) });
  const heard: string[] = [];
  first.onDatagram(({ bytes }) => {
    heard.push(text(bytes));
    void first.close();
  });
  second.onDatagram(({ bytes }) => heard.push(text(bytes)));
  for (const word of ['a1', 'a2', 'a3']) first.send(bytesOf(word));
  for (const word of ['b1', 'b2']) second.send(bytesOf(word));
  await until(() => heard.length >= 3);
  expect(heard.toSorted()).toEqual(['a1', 'b1', 'b2']);
});

test('six hundred sockets on one hub all hear, in whatever rounds it takes', async () => {
  const many = new ReceiveHub(native, systemClock);
  const openReceiver = batchedReceiver(many, { lend: true });
  const port = hostOnly(4).port;
  const sockets = await Promise.all(
    Array.from({ length: 600 }, (_, i) =>
      openMulticastSocket({
        group: `239.255.${100 + (i >> 8)}.${i & 255}`,
        port,
        interface: 'lo',
        receiveBufferBytes: 8192,
        openReceiver,
      }),
    ),
  );
  try {
    for (const socket of sockets) socket.send(bytesOf(socket.group));
    await until(() => sockets.every(({ stats }) => stats.received === 1));
    expect(sockets.map(({ stats }) => stats.received)).toEqual(sockets.map(() => 1));
  } finally {
    await Promise.all(sockets.map((it) => it.close()));
  }
});

test('hubs come and go, and what they took with them is used again', async () => {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 60; i++) {
    const openReceiver = batchedReceiver(new ReceiveHub(native, systemClock));
    await using ear = await openMulticastSocket({ ...hostOnly(4), openReceiver });
    ear.send(bytesOf('x'));
    await until(() => ear.stats.received === 1);
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(120 * 2 ** 20); // each has room for 4 MB of datagrams
});

test('an interface that has gone away is not joined elsewhere', async () => {
  const network: NetworkView = {
    ...systemNetwork,
    addresses: () =>
      systemNetwork.addresses().map((it) => (it.name === 'lo' ? { ...it, name: 'gone0' } : it)),
    exists: () => true,
  };
  const openReceiver = batchedReceiver(hub);
  const joining = openMulticastSocket({ ...hostOnly(4), interface: 'gone0', network, openReceiver });
  await expect(joining).rejects.toThrow(/Cannot join .* on gone0 \(ENODEV\): the interface has gone away/);
});
