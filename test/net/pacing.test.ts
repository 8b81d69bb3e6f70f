import { describe, expect, test } from 'vitest';
import { openMulticastSocket, PACING_LEAD_MS } from '../../src/net/index.ts';
import { bytesOf, familiesHere, hostOnly, openEar, until } from './loopback.ts';

describe.each(familiesHere)('IPv%i', (family) => {
  test('packets leave at their times, in the order of those, whatever the event loop does', async () => {
    const at = hostOnly(family);
    await using ear = await openEar(at);
    await using sender = await openMulticastSocket({ ...at, paced: true });
    const start = performance.now() + 20;
    for (const after of [30, 10, 20, 0]) expect(sender.sendAt(bytesOf(`${after}`), start + after)).toBe(true);
    while (performance.now() < start + 40); // the event loop stands still, the thread does not
    await until(() => ear.heard.length === 4);
    expect(ear.heard).toEqual(['0', '10', '20', '30']);
    sender.sendAt(bytesOf('more'), performance.now());
    await until(() => ear.heard.length === 5);
    expect(sender.stats).toMatchObject({ sendErrors: 0, sendDropped: 0 });
  });

  test('closing waits for what was handed over', async () => {
    const at = hostOnly(family);
    await using ear = await openEar(at);
    const sender = await openMulticastSocket({ ...at, paced: true });
    const due = performance.now() + PACING_LEAD_MS;
    for (let i = 0; i < 50; i++) sender.sendAt(bytesOf(`${i}`), due + i);
    await sender.close();
    expect(sender.stats).toMatchObject({ sent: 50, sentBytes: 90, sendErrors: 0 });
    await until(() => ear.heard.length === 50);
    expect(ear.heard).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
  });
});

test('what has not left in time when closing never does, by whichever socket', async () => {
  const at = hostOnly(4);
  await using ear = await openEar(at);
  const sender = await openMulticastSocket({ ...at, paced: true });
  const later = performance.now() + 3_600_000;
  for (let i = 0; i < 3; i++) sender.sendAt(bytesOf('late'), later + i);
  await sender.close(20);
  expect(sender.stats).toMatchObject({ sent: 0, sendDropped: 3 });
  await using other = await openMulticastSocket({ ...at, paced: true });
  other.sendAt(bytesOf('other'), performance.now() + PACING_LEAD_MS);
  await until(() => ear.heard.length > 0);
  expect(ear.heard).toEqual(['other']);
});

test('more than there is room for, and longer packets, go at once', async () => {
  const at = hostOnly(4);
  await using ear = await openEar(at);
  await using sender = await openMulticastSocket({ ...at, paced: true, sendLimit: 4 });
  const later = performance.now() + 50;
  sender.sendAt(new Uint8Array(5000).fill(0x6c), later);
  for (let i = 0; i < 6; i++) sender.sendAt(bytesOf(`${i}`), later);
  await until(() => ear.heard.length === 7);
  expect(ear.heard.map((it) => it.length)).toEqual([5000, 1, 1, 1, 1, 1, 1]);
  expect(ear.heard.slice(1, 3)).toEqual(['4', '5']);
});

test('a refused send is counted and told', async () => {
  const at = { group: '255.255.255.255', port: hostOnly(4).port, localPort: 0, interface: 'lo' };
  await using sender = await openMulticastSocket({ ...at, paced: true });
  const problems: string[] = [];
  sender.onSendProblem(({ code }) => problems.push(code));
  for (let i = 0; i < 3; i++) sender.sendAt(bytesOf('to everybody'), performance.now());
  await sender.close();
  expect(problems).toEqual(['EACCES']);
  expect(sender.stats).toMatchObject({ sent: 0, sendErrors: 3 });
});

test.each([{ paced: true, native: false as const }, {}])('at once with %j', async (options) => {
  const at = hostOnly(4);
  await using ear = await openEar(at);
  await using sender = await openMulticastSocket({ ...at, ...options });
  sender.sendAt(bytesOf('now'), performance.now() + 3_600_000);
  await until(() => ear.heard.length > 0);
  expect(ear.heard).toEqual(['now']);
});
