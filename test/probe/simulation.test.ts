import { describe, expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import type { TransportAddress } from '../../src/machine.ts';
import {
  formatProbeMessage,
  type ListenerEvent,
  parseProbeMessage,
  ProbeListener,
  type ProbeMessage,
  Prober,
  type ProberEvent,
  type ProbeRequest,
  type ProbeTransmit,
  type ReceiverSigns,
  Tallier,
} from '../../src/probe/index.ts';
import { seededRandom } from '../kit/index.ts';

const A: TransportAddress = { address: '10.0.0.1', port: 4000 };
const B: TransportAddress = { address: '10.0.0.2', port: 57_171 };
const request: ProbeRequest = {
  group: '239.255.7.7',
  port: 5004,
  count: 50,
  spacingMs: 20,
  ttl: 15,
  dscp: 46,
};
const signs: ReceiverSigns = {
  interfaceName: 'eth0',
  address: '10.0.0.2',
  member: true,
  strictReversePath: false,
  firewall: false,
  container: false,
  seesMarks: true,
};
/** Not a good one, but it depends on all of the bytes. */
const mac = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(16);
  bytes.forEach((byte, at) => out.set([(out[at % 16] ?? 0) * 31 + byte], at % 16));
  return out;
};
const session = 0x1234_5678_9abc_def0n;

interface Path {
  /** Share of all datagrams between the two that are lost or doubled, of groups and of control alike. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** What the network does to packets for the group. */
  readonly there?: 'gone';
  readonly back?: 'gone';
}

/** Runs a prober against a listener until nothing is due any more; a step is a millisecond. */
function run(
  path: Path,
  wanted = request,
): { events: ProberEvent[]; listenerEvents: ListenerEvent[]; control: number } {
  const random = seededRandom(5);
  const listener = new ProbeListener({ mac });
  const prober = new Prober({ session, peer: B, request: wanted }, 0);
  const events: ProberEvent[] = [];
  const listenerEvents: ListenerEvent[] = [];
  let control = 0;
  const copies = (): number => (random() < (path.loss ?? 0) ? 0 : random() < (path.duplicate ?? 0) ? 2 : 1);
  const arrival = (address: string): { address: string; ttl: number; dscp: number } => ({
    address,
    ttl: 14,
    dscp: 46,
  });
  const carry = (out: ProbeTransmit, fromProber: boolean, now: number): void => {
    for (let left = copies(); left > 0; left--) {
      if (out.to !== 'group') {
        control++;
        if (fromProber) listener.handleDatagram(out.bytes, A, now);
        else prober.handleDatagram(out.bytes, now);
      } else {
        if (fromProber && path.there !== 'gone') listener.handleProbe(out.bytes, arrival(A.address));
        if (!fromProber && path.back !== 'gone') prober.handleProbe(out.bytes, arrival(B.address));
      }
    }
  };
  for (let now = 0; now < 60_000; now++) {
    prober.handleTimeout(now);
    listener.handleTimeout(now);
    for (let more = true; more; ) {
      more = false;
      for (let out = prober.pollTransmit(); out !== undefined; out = prober.pollTransmit(), more = true)
        carry(out, true, now);
      for (let out = listener.pollTransmit(); out !== undefined; out = listener.pollTransmit(), more = true)
        carry(out, false, now);
      for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent()) {
        listenerEvents.push(event);
        if (event.type === 'open') listener.opened(signs);
        more = true;
      }
    }
    for (let event = prober.pollEvent(); event !== undefined; event = prober.pollEvent()) events.push(event);
  }
  return { events, listenerEvents, control };
}

describe('prober and listener', () => {
  test('count everything both ways on a good path, with marks', () => {
    const { events, listenerEvents } = run({});
    const tally = {
      heard: 50,
      duplicates: 0,
      reordered: 0,
      ttls: new Map([[14, 50]]),
      dscps: new Map([[46, 50]]),
    };
    expect(events).toEqual([
      { type: 'ready', signs, request },
      { type: 'there', tally: { ...tally, sources: [A.address] } },
      { type: 'back', sent: 50, tally: { ...tally, sources: [B.address] } },
    ]);
    expect(listenerEvents.map(({ type }) => type)).toEqual(['open', 'ended']);
  });

  test.each([
    { name: 'there', path: { there: 'gone' as const }, heard: [0, 50] },
    { name: 'back', path: { back: 'gone' as const }, heard: [50, 0] },
  ])('tell that nothing arrives $name', ({ path, heard }) => {
    const { events } = run(path);
    expect(
      events.flatMap((it) => (it.type === 'there' || it.type === 'back' ? [it.tally.heard] : [])),
    ).toEqual(heard);
  });

  test('come to an end although a third of all is lost and a third doubled', () => {
    const { events } = run({ loss: 0.3, duplicate: 0.3 });
    const types = events.map(({ type }) => type);
    expect(types).toEqual(['ready', 'there', 'back']);
    for (const event of events) {
      if (event.type !== 'there' && event.type !== 'back') continue;
      expect(event.tally.heard).toBeGreaterThan(20);
      expect(event.tally.heard).toBeLessThan(48);
      expect(event.tally.duplicates).toBeGreaterThan(3);
    }
  });

  test('give up when nobody answers', () => {
    expect(run({ loss: 1 }).events).toEqual([
      { type: 'failed', why: 'unreachable', text: 'nothing answered' },
    ]);
  });

  test('a group of the whole world is refused', () => {
    const { events } = run({}, { ...request, group: '224.2.128.1' });
    expect(events).toEqual([
      { type: 'failed', why: 'refused', text: '224.2.128.1 is not a group of a bounded scope' },
    ]);
  });

  test('what is sent back is less than was asked, where that is too much', () => {
    const { events } = run({}, { ...request, count: 5000, spacingMs: 1, ttl: 255 });
    expect(events[0]).toMatchObject({ type: 'ready', request: { count: 200, spacingMs: 5, ttl: 15 } });
    expect(events[2]).toMatchObject({ type: 'back', sent: 200 });
  });

  test('a listener that claims to need weeks is waited for half a minute', () => {
    const prober = new Prober({ session, peer: B, request }, 0);
    const greedy = { ...request, count: 65_535, spacingMs: 65_535 };
    const tally = new Tallier(1).result();
    const cookie = new Uint8Array(16);
    for (let now = 0; prober.pollTimeout() !== undefined && now < 60_000; now++) {
      prober.handleTimeout(now);
      for (let out = prober.pollTransmit(); out !== undefined; out = prober.pollTransmit()) {
        if (out.to === 'group') continue;
        const { type } = parseProbeMessage(out.bytes);
        if (type === 'hello')
          prober.handleDatagram(formatProbeMessage({ type: 'challenge', session, cookie }), now);
        if (type === 'begin')
          prober.handleDatagram(formatProbeMessage({ type: 'ready', session, signs, request: greedy }), now);
        if (type === 'ask')
          prober.handleDatagram(formatProbeMessage({ type: 'result', session, tally }), now);
      }
    }
    expect(prober.pollTimeout()).toBeUndefined();
    const events = Array.from({ length: 3 }, () => prober.pollEvent()?.type);
    expect(events).toEqual(['ready', 'there', 'failed']);
  });
});

describe('a listener', () => {
  const answers = (listener: ProbeListener): (ProbeMessage & { to: ProbeTransmit['to'] })[] => {
    const out = [];
    for (let next = listener.pollTransmit(); next !== undefined; next = listener.pollTransmit())
      out.push({ ...parseProbeMessage(next.bytes), to: next.to });
    return out;
  };
  const cookieFor = (listener: ProbeListener, from: TransportAddress, id: bigint): Uint8Array => {
    listener.handleDatagram(formatProbeMessage({ type: 'hello', session: id }), from, 0);
    const [answer] = answers(listener);
    if (answer?.type !== 'challenge') throw new InvalidValueError('no challenge');
    return answer.cookie;
  };

  test('answers a forged hello with less than it cost', () => {
    const listener = new ProbeListener({ mac });
    const hello = formatProbeMessage({ type: 'hello', session });
    listener.handleDatagram(hello, A, 0);
    const answer = listener.pollTransmit();
    expect(answer?.bytes.length).toBeLessThan(hello.length);
    expect(listener.pollTransmit()).toBeUndefined();
    expect(() => listener.handleDatagram(hello.subarray(0, 20), A, 0)).toThrow(/at least 64 bytes/);
  });

  test.each([
    { name: 'no cookie', from: A, at: 0, cookie: () => new Uint8Array(16) },
    { name: 'a cookie of another address', from: { ...A, address: '10.0.0.9' }, at: 0, cookie: undefined },
    { name: 'an old cookie', from: A, at: 20_000, cookie: undefined },
  ])('does nothing for $name', ({ from, at, cookie }) => {
    const listener = new ProbeListener({ mac });
    const given = cookie?.() ?? cookieFor(listener, A, session);
    listener.handleDatagram(formatProbeMessage({ type: 'begin', session, cookie: given, request }), from, at);
    expect([listener.pollTransmit(), listener.pollEvent(), listener.pollTimeout()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('has one session at a time, sends back once, and only for the one that it knows', () => {
    const listener = new ProbeListener({ mac });
    const begin = (from: TransportAddress, id: bigint, now: number): void =>
      listener.handleDatagram(
        formatProbeMessage({ type: 'begin', session: id, cookie: cookieFor(listener, from, id), request }),
        from,
        now,
      );
    begin(A, 1n, 0);
    listener.opened(signs);
    expect(answers(listener)).toMatchObject([{ type: 'ready', to: A }]);
    begin({ ...A, port: 4001 }, 2n, 1);
    expect(answers(listener)).toMatchObject([{ type: 'refused', reason: 'busy' }]);
    const ask = formatProbeMessage({ type: 'ask', session: 1n, what: 'back' });
    listener.handleDatagram(ask, { ...A, address: '10.0.0.9' }, 2);
    expect(answers(listener)).toEqual([]);
    for (let now = 3; now < 3000; now++) {
      if (now % 100 === 3) listener.handleDatagram(ask, A, now);
      listener.handleTimeout(now);
    }
    const sent = answers(listener);
    expect(sent.filter(({ type }) => type === 'probe')).toHaveLength(50);
    expect(sent.filter(({ type }) => type === 'sent').length).toBeGreaterThan(1);
    begin({ ...A, port: 4001 }, 2n, 3001); // the first has had everything
    listener.failed('no such interface');
    expect(answers(listener)).toMatchObject([
      { type: 'refused', reason: 'failed', text: 'no such interface' },
    ]);
  });

  test('sends back for no longer than a session lasts, however slowly it was asked to', () => {
    const listener = new ProbeListener({ mac });
    const cookie = cookieFor(listener, A, session);
    const slow = { ...request, spacingMs: 20_000 };
    listener.handleDatagram(formatProbeMessage({ type: 'begin', session, cookie, request: slow }), A, 0);
    listener.opened(signs);
    listener.handleDatagram(formatProbeMessage({ type: 'ask', session, what: 'back' }), A, 1);
    for (let due = listener.pollTimeout(), steps = 0; due !== undefined && steps < 9; steps++) {
      expect(due).toBeLessThanOrEqual(30_000);
      listener.handleTimeout(due);
      due = listener.pollTimeout();
    }
    expect(listener.pollTimeout()).toBeUndefined();
    expect(answers(listener).filter(({ type }) => type === 'probe')).toHaveLength(2);
  });

  test('forgets a prober that never comes back', () => {
    const listener = new ProbeListener({ mac });
    const cookie = cookieFor(listener, A, session);
    listener.handleDatagram(formatProbeMessage({ type: 'begin', session, cookie, request }), A, 0);
    listener.opened(signs);
    const due = listener.pollTimeout() ?? 0;
    expect(due).toBe(30_000);
    listener.handleTimeout(due);
    expect([listener.pollEvent(), listener.pollEvent()]).toMatchObject([{ type: 'open' }, { type: 'ended' }]);
    expect(listener.pollTimeout()).toBeUndefined();
  });
});
