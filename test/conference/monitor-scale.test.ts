import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type MonitorEvent, Watcher } from '../../conference/monitor/index.ts';
import type { DscpReport } from '../../src/net/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork, type MemorySocket } from '../support/memory-network.ts';

const CONFERENCES = 200;

const groupOf = (index: number): string => `239.255.${100 + Math.floor(index / 100)}.${1 + (index % 100)}`;
const describe = (index: number): SessionDescription =>
  SessionDescription.parse(
    new TextEncoder().encode(
      `v=0\r\no=- ${index} 1 IN IP4 10.0.0.1\r\ns=C${index}\r\nc=IN IP4 ${groupOf(index)}/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\na=ptime:20\r\n`,
    ),
  );

/** Memory in use after everything that is garbage was collected. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}

test('two hundred conferences at once: nothing is lost or found, memory stays flat, and what goes is left', async () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const events: MonitorEvent[] = [];
  const observed = new Set<string>();
  const observe = ({ group }: { group: string }): Promise<DscpReport> => {
    observed.add(group);
    const mark = { address: '10.0.0.9', port: 5004, dscp: 46, ecn: 0, ttl: 15, count: 1 };
    return Promise.resolve({ observations: [mark] });
  };
  await using watcher = new Watcher({
    clock,
    random: Math.random,
    openSocket: network.host('10.0.0.1'),
    observe,
    onEvent: (event) => events.push(event),
  });
  for (let index = 0; index < CONFERENCES; index++) {
    watcher.set(`c${index}`, { name: `C${index}`, description: describe(index) });
  }
  while (watcher.pending > 0) await clock.advanceAsync(1);
  expect(network.sockets.size).toBe(2 * CONFERENCES);

  // Straight to the sockets: the network would ask each of them for each packet.
  const inlets = new Map<string, MemorySocket>();
  for (const socket of network.sockets) if (socket.port === 5004) inlets.set(socket.group, socket);
  const packet = new Uint8Array(172).fill(0xff);
  packet.set([0x80, 0]);
  const view = new DataView(packet.buffer);
  let sequence = 0;
  const talk = async (seconds: number): Promise<void> => {
    for (const end = sequence + seconds * 50; sequence < end; sequence++) {
      view.setUint16(2, sequence & 0xffff);
      view.setUint32(4, sequence * 160);
      for (let index = 0; index < CONFERENCES; index++) {
        view.setUint32(8, index + 1);
        inlets.get(groupOf(index))?.arrive(packet, { address: '10.0.0.9', port: 5004 });
      }
      if (sequence % 50 === 0) await clock.advanceAsync(20);
      else clock.advance(20);
    }
  };
  await talk(12);
  const before = heapUsed();
  await talk(30);
  expect(heapUsed() - before).toBeLessThan(4_000_000); // 20 kB for each
  const figures = watcher.figures;
  expect(figures.filter(({ state, sending }) => state === 'alive' && sending === 1)).toHaveLength(
    CONFERENCES,
  );
  expect(
    figures.flatMap(({ findings }) => findings.map(({ code }) => code)).filter((it) => it !== 'rtcpMissing'),
  ).toEqual([]);
  const senders = figures.flatMap(({ media }) => media.flatMap((it) => it.senders));
  expect(senders.map(({ lost }) => lost)).toEqual(senders.map(() => 0));
  expect(senders.every(({ packets, dscp, ttl }) => packets > 2000 && dscp === 46 && ttl === 15)).toBe(true);
  expect(observed.size).toBe(CONFERENCES);
  expect(network.wire).toEqual([]); // not a single packet of ours

  watcher.withdraw('c0'); // still sending: its entry is gone, it is watched on
  watcher.delete('c1');
  await talk(2);
  const codes = watcher.figures.find(({ key }) => key === 'c0')?.findings.map(({ code }) => code);
  expect(codes).toContain('announcementStale');
  expect(watcher.keys).toHaveLength(CONFERENCES - 1);
  await clock.advanceAsync(5000, 1000);
  expect(watcher.keys).toHaveLength(CONFERENCES - 2);
  expect(network.sockets.size).toBe(2 * (CONFERENCES - 2));
  expect(events.filter(({ type }) => type === 'conferenceRemoved')).toHaveLength(2);
});

test('reports are sent where they are asked for, and a goodbye', async () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const options = { clock, random: Math.random, openSocket: network.host('10.0.0.1') };
  {
    await using watcher = new Watcher({ ...options, report: true, cname: 'watch@here' });
    watcher.set('a', { name: 'A', description: describe(0) });
    await clock.advanceAsync(20_000, 500);
  }
  const sent = network.wire.map(({ bytes, port }) => [
    port,
    new TextDecoder().decode(bytes).includes('watch@here'),
  ]);
  expect(sent.length).toBeGreaterThan(2);
  expect(new Set(sent.map(String))).toEqual(new Set(['5005,true']));
});

test('what cannot be opened is tried again', async () => {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const host = network.host('10.0.0.1');
  let refuse = true;
  const openSocket: typeof host = (options) =>
    refuse ? Promise.reject(new Error('no such interface')) : host(options);
  await using watcher = new Watcher({ clock, random: Math.random, openSocket });
  watcher.set('a', { name: 'A', description: describe(0) });
  await clock.advanceAsync(3000, 500);
  expect(watcher.figures[0]).toMatchObject({
    state: 'failed',
    findings: [{ code: 'notWatched', message: 'no such interface' }],
  });
  refuse = false;
  await clock.advanceAsync(40_000, 1000);
  expect(watcher.figures[0]).toMatchObject({ state: 'unheard', findings: [{ code: 'nothingHeard' }] });
});
