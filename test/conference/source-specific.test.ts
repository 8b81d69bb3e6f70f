import { describe, expect, test } from 'vitest';
import {
  type CallEvent,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
  ToneSource,
} from '../../conference/index.ts';
import { type RtcpPacket, parseRtcpCompound, serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { ArraySink } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const [GROUP, PORT] = ['232.1.2.3', 5004];
const SOURCE = '10.0.0.1';

function description(...attributes: string[]): string {
  const lines = ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=Lecture', `c=IN IP4 ${GROUP}/15`, 't=0 0'];
  return [...lines, `m=audio ${PORT} RTP/AVP 0`, ...attributes, ''].join('\r\n');
}
const FILTER = `a=source-filter: incl IN IP4 ${GROUP} ${SOURCE}`;
const LECTURE = description(FILTER, 'a=rtcp-unicast:reflection');

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A lecture in memory under a clock that the test moves; the host's number is the end of its address. */
class Hall {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);

  async join(number: number, sdp = LECTURE, options: Partial<CallOptions> = {}) {
    const host = `10.0.0.${number}`;
    const call = createCall(sdp, {
      provider: new MulticastRtpProvider({
        openSocket: this.network.host(host),
        lookup: (name) =>
          name === 'radio.example.org' ? Promise.resolve([SOURCE]) : Promise.reject(new Error(name)),
      }),
      participant: { name: `P${number}`, cname: `p${number}@test` },
      clock: this.clock,
      random: seeded(number * 7919),
      loopback: 'selective',
      ...options,
    });
    const events: CallEvent[] = [];
    call.onAny((event) => events.push(event));
    if (options.direction !== 'recvonly') {
      const tone = new ToneSource(440, -12, { sampleRate: 8000, channels: 1 });
      call.streams.find(({ direction }) => direction === 'capture')?.attach(tone);
    }
    call.streams.find(({ direction }) => direction === 'render')?.attach(new ArraySink());
    await call.connect();
    const names = (): string[] =>
      call.participants
        .filter(({ local }) => !local)
        .map(({ displayName }) => displayName)
        .sort();
    const codes = (): string[] => events.flatMap((it) => (it.type === 'warning' ? [it.code] : []));
    return { call, events, names, codes };
  }

  /** Time in which sockets may open. */
  pass(seconds: number): Promise<void> {
    return this.clock.advanceAsync(seconds * 1000, 100);
  }
  /** What was sent to an address. */
  sentTo(group: string, port: number) {
    return this.network.wire.filter((it) => it.group === group && it.port === port);
  }
}

const listen = { direction: 'recvonly' } as const;

describe('a lecture with one source (RFC 5760)', () => {
  test('listeners report to the source, which sends it on: all see each other', async () => {
    const hall = new Hall();
    const speaker = await hall.join(1);
    await hall.pass(0.2);
    const [anna, bert] = [await hall.join(2, LECTURE, listen), await hall.join(3, LECTURE, listen)];
    await hall.pass(20);
    expect([speaker.names(), anna.names(), bert.names()]).toEqual([
      ['P2', 'P3'],
      ['P1', 'P3'],
      ['P1', 'P2'],
    ]);
    const reports = hall.sentTo(SOURCE, PORT + 1);
    expect(new Set(reports.map(({ from }) => from.address))).toEqual(new Set(['10.0.0.2', '10.0.0.3']));
    // nobody but the source sends to the group
    expect(new Set(hall.sentTo(GROUP, PORT + 1).map(({ from }) => from.address))).toEqual(new Set([SOURCE]));
    const [transport] = speaker.call.transports;
    expect(transport).toMatchObject({
      rtcpTo: `${GROUP}:${PORT + 1}`,
      rtcpReflected: reports.length,
      rtcpNotReflected: 0,
    });
    expect(anna.call.transports[0]?.rtcpTo).toBe(`${SOURCE}:${PORT + 1}`);
    const all = [speaker, anna, bert].flatMap(({ codes }) => codes());
    expect(all.filter((code) => ['collision', 'ownSsrcChanged', 'loop', 'noRtcp'].includes(code))).toEqual(
      [],
    );
  });

  test('a goodbye is sent on too, and the address of who is seen through the source is not the source’s', async () => {
    const hall = new Hall();
    await hall.join(1);
    const [anna, bert] = [await hall.join(2, LECTURE, listen), await hall.join(3, LECTURE, listen)];
    await hall.pass(20);
    const seen = bert.call.participants.find(({ displayName }) => displayName === 'P2');
    expect(seen?.address).toBeUndefined();
    await anna.call.disconnect('home');
    await hall.pass(1);
    const left = bert.events.flatMap((it) => (it.type === 'participantLeft' ? [it] : []));
    expect(left).toMatchObject([{ participant: { displayName: 'P2' }, reason: 'home' }]);
  });

  test('two listeners with one SSRC: the second one learns it through the source, and takes another', async () => {
    const hall = new Hall();
    await hall.join(1);
    const same = { ...listen, random: seeded(4711) };
    const anna = await hall.join(2, LECTURE, same);
    await hall.pass(8);
    const bert = await hall.join(3, LECTURE, { ...listen, random: seeded(4711) });
    const before = bert.call.transports[0]?.ssrc;
    expect(anna.call.transports[0]?.ssrc).toBe(before);
    await hall.pass(20);
    expect(bert.codes()).toContain('ownSsrcChanged');
    expect(anna.codes()).not.toContain('ownSsrcChanged');
    expect([anna.names(), bert.names()]).toEqual([
      ['P1', 'P3'],
      ['P1', 'P2'],
    ]);
  });

  test('with two members on its host one of them sends on, and the other when that one has left', async () => {
    const hall = new Hall();
    const first = await hall.join(1);
    await hall.pass(0.2);
    hall.network.taken = (address, port) =>
      [...hall.network.sockets].some((it) => it.group === address && it.port === port);
    const second = await hall.join(1, LECTURE, { participant: { name: 'Q', cname: 'q@test' } });
    const anna = await hall.join(2, LECTURE, listen);
    await hall.pass(15);
    expect(second.call.transports[0]?.rtcpReflected).toBe(0);
    await first.call.disconnect();
    await hall.pass(20);
    expect(second.call.transports[0]?.rtcpReflected).toBeGreaterThan(0);
    expect([second.names(), anna.names()]).toEqual([['P2'], ['Q']]);
  });

  test('unsound reports are not sent on, nor what somebody sends too much of', async () => {
    const hall = new Hall();
    const speaker = await hall.join(1);
    await hall.pass(0.2);
    const intruder = await hall.network.host('10.0.0.66')({ group: '10.0.0.66', port: 9, localPort: 9 });
    const to = { address: SOURCE, port: PORT + 1 };
    const before = hall.sentTo(GROUP, PORT + 1).length;
    intruder.send(new Uint8Array(100), to);
    intruder.send(new TextEncoder().encode('not RTCP at all'), to);
    const own = speaker.call.transports[0]?.ssrc ?? 0;
    const report = (ssrc: number): Uint8Array =>
      serializeRtcpCompound([
        { type: 'rr', ssrc, reports: [] },
        { type: 'sdes', chunks: [{ ssrc, items: [{ type: 'cname', text: `x${ssrc}` }] }] },
      ]);
    intruder.send(report(own), to); // as if it were the source
    expect(hall.sentTo(GROUP, PORT + 1).length - before).toBeLessThanOrEqual(1); // the source's own goodbye at most
    const start = speaker.call.transports[0]?.rtcpReflected ?? 0;
    for (let ssrc = 1; ssrc <= 2000; ssrc++) intruder.send(report(ssrc), to);
    const reflected = (speaker.call.transports[0]?.rtcpReflected ?? 0) - start;
    expect(reflected).toBeGreaterThan(0);
    expect(reflected).toBeLessThan(100);
    expect(speaker.call.transports[0]?.rtcpNotReflected).toBeGreaterThan(1900);
  });

  test('a=rtcp names another port or host to report to; RTCP of the group stays above RTP', async () => {
    const hall = new Hall();
    const sdp = description(FILTER, 'a=rtcp:6001 IN IP4 10.0.0.1', 'a=rtcp-unicast:reflection');
    const speaker = await hall.join(1, sdp);
    const anna = await hall.join(2, sdp, listen);
    await hall.pass(10);
    expect(anna.call.transports[0]).toMatchObject({ rtcpTo: '10.0.0.1:6001', rtcpPort: PORT + 1 });
    expect([speaker.names(), anna.names()]).toEqual([['P2'], ['P1']]);
  });

  test('a=rtcp-unicast:rsi: nothing is sent on, the source tells how many there are', async () => {
    const hall = new Hall();
    const sdp = description(FILTER, 'a=rtcp-unicast:rsi');
    await hall.join(1, sdp);
    const [anna, bert] = [await hall.join(2, sdp, listen), await hall.join(3, sdp, listen)];
    await hall.pass(30);
    expect([anna.names(), bert.names()]).toEqual([['P1'], ['P1']]);
    expect(anna.call.transports[0]?.receiversTold).toBe(2);
    expect(anna.codes()).toContain('summaries');
    const packets = hall
      .sentTo(GROUP, PORT + 1)
      .flatMap(({ bytes }): RtcpPacket[] => parseRtcpCompound(bytes));
    const summaries = packets.filter(({ type }) => type === 'rsi');
    expect(summaries.at(-1)).toMatchObject({ blocks: [{ type: 'groupSize', receivers: 2 }] });
  });

  test('without a=rtcp-unicast listeners are not seen, and say so', async () => {
    const hall = new Hall();
    const sdp = description(FILTER);
    const speaker = await hall.join(1, sdp);
    const anna = await hall.join(2, sdp, listen);
    await hall.pass(10);
    expect([speaker.names(), anna.names()]).toEqual([[], ['P1']]);
    expect(anna.codes()).toContain('noRtcp');
    expect(anna.call.transports[0]?.rtcpTo).toBeUndefined();
  });

  test('who is not the source sends nothing, and is told why', async () => {
    const hall = new Hall();
    const anna = await hall.join(2);
    await hall.pass(2);
    expect(anna.codes()).toContain('notSource');
    expect(hall.sentTo(GROUP, PORT)).toEqual([]);
  });
});

describe('whom to hear', () => {
  const asm = '239.1.2.3';
  const plain = description().replace(GROUP, asm);

  test('the user’s choice takes the place of the description’s, and is nobody else’s', async () => {
    const hall = new Hall();
    const [one, two] = [await hall.join(1, plain), await hall.join(2, plain)];
    const choosy = await hall.join(3, plain, { sources: ['10.0.0.2'] });
    await hall.pass(10);
    expect(choosy.names()).toEqual(['P2']);
    expect([one.names(), two.names()]).toEqual([
      ['P2', 'P3'],
      ['P1', 'P3'],
    ]);
  });

  test('a source-specific group without a filter can be joined by naming the source', async () => {
    const hall = new Hall();
    await hall.join(1, LECTURE);
    const bare = description();
    await expect(hall.join(2, bare, listen)).rejects.toThrow(/source-specific.*--source/);
    const anna = await hall.join(2, bare, { ...listen, sources: [SOURCE] });
    await hall.pass(8);
    expect(anna.names()).toEqual(['P1']);
  });

  test('excluded senders are not heard', async () => {
    const hall = new Hall();
    const sdp = description(`a=source-filter: excl IN IP4 * 10.0.0.2`).replace(GROUP, asm);
    await hall.join(1, sdp);
    await hall.join(2, sdp);
    const anna = await hall.join(3, sdp, listen);
    await hall.pass(10);
    expect(anna.names()).toEqual(['P1']);
  });

  test('host names are resolved when it is joined', async () => {
    const hall = new Hall();
    const named = (...names: string[]): string =>
      description(`a=source-filter: incl IN * * ${names.join(' ')}`).replace(GROUP, asm);
    await hall.join(1, plain);
    const anna = await hall.join(2, named('radio.example.org', 'nosuch.example.org'), listen);
    await hall.pass(8);
    expect(anna.call.transports[0]?.sources).toEqual([SOURCE]);
    expect(anna.names()).toEqual(['P1']);
    expect(anna.events).toContainEqual({
      type: 'warning',
      code: 'sourceFilter',
      message: 'the source nosuch.example.org has no IPv4 address',
    });
    await expect(hall.join(3, named('nosuch.example.org'), listen)).rejects.toThrow(
      'Nobody on 239.1.2.3 could be heard: the source nosuch.example.org has no IPv4 address. Name another with --source',
    );
  });

  test('silence because of the wrong source is seen through: who sends instead is told', async () => {
    const hall = new Hall();
    await hall.join(1, LECTURE);
    const lost = await hall.join(3, LECTURE, { ...listen, sources: ['10.0.0.9'] });
    await hall.pass(5);
    const [reason] = lost.call.verdict().reasons.filter(({ code }) => code === 'sourceFilter');
    expect(reason?.message).toBe('packets come from 10.0.0.1, but only 10.0.0.9 may be heard');
    expect(reason?.tryThis).toContain('--source 10.0.0.1');
    await hall.pass(5);
    expect([...hall.network.sockets].filter(({ localAddress }) => localAddress === '10.0.0.3')).toHaveLength(
      2,
    );
  });
});
