import { describe, expect, test } from 'vitest';
import {
  type Call,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
  ToneSource,
} from '../../conference/index.ts';
import { ArraySink, silence } from '../support/array-terminals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';
import { longestSilence, measureTone, trimSilence } from '../support/tone-meter.ts';

const GROUP = '239.255.1.1';
const PORT = 5004;
const KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const OTHER = 'AAAuQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const GCM = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaQ==';

function sdp(crypto: string | undefined, proto = 'RTP/SAVP'): string {
  const media = [`m=audio ${PORT} ${proto} 0`, ...(crypto === undefined ? [] : [`a=crypto:1 ${crypto}`])];
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', `c=IN IP4 ${GROUP}/15`, 't=0 0', ...media, ''].join(
    '\r\n',
  );
}
const tone = (frequency: number) => new ToneSource(frequency, -12, { sampleRate: 8000, channels: 1 });

/** An encrypted conference in memory, under a clock that the test moves. */
class Room {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  #hosts = 0;

  async join(description: string, source = silence(), options: Partial<CallOptions> = {}) {
    const number = ++this.#hosts;
    let state = number * 7919;
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(`10.0.0.${number}`) }),
      participant: { name: `member${number}`, cname: `member${number}@test` },
      clock: this.clock,
      random: () => {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      },
      ...options,
    });
    const sink = new ArraySink();
    call.streams.find((it) => it.direction === 'capture')?.attach(source);
    call.streams.find((it) => it.direction === 'render')?.attach(sink);
    await call.connect();
    return { call, sink };
  }
}
const remote = (call: Call) => call.participants.filter((it) => !it.local);

describe.each([
  { suite: 'AES_CM_128_HMAC_SHA1_80', key: KEY },
  { suite: 'AES_CM_128_HMAC_SHA1_32', key: KEY },
  { suite: 'AEAD_AES_128_GCM', key: GCM },
])('$suite', ({ suite, key }) => {
  test('members hear and know each other; on the wire there is neither sound nor name', async () => {
    const room = new Room();
    const description = sdp(`${suite} inline:${key}`);
    const anna = await room.join(description, tone(440));
    const berta = await room.join(description, tone(1000));
    room.clock.advance(8000);
    for (const [one, frequency] of [
      [anna, 1000],
      [berta, 440],
    ] as const) {
      const heard = trimSilence(one.sink.samples.subarray(8000));
      expect(measureTone(heard, 8000).frequency).toBeCloseTo(frequency, 0);
      expect(longestSilence(heard, 8000)).toBeLessThan(0.03);
      expect(remote(one.call).map(({ info }) => info.name)).toHaveLength(1);
    }
    expect(anna.call.transports[0]).toMatchObject({ authenticationFailed: 0, replayed: 0, malformed: 0 });
    const wire = Buffer.concat(room.network.wire.map(({ bytes }) => bytes)).toString('latin1');
    expect(wire).not.toContain('member1');
    const sound = room.network.wire.filter(({ port }) => port === PORT);
    expect(new Set(sound.map(({ bytes }) => bytes.length))).toEqual(
      new Set([172 + (suite.endsWith('80') ? 10 : suite.endsWith('32') ? 4 : 16)]),
    );
  });
});

test('another key opens nothing, and the verdict says so', async () => {
  const room = new Room();
  await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${KEY}`), tone(440));
  const { call, sink } = await room.join(sdp(`AES_CM_128_HMAC_SHA1_80 inline:${OTHER}`));
  room.clock.advance(8000);
  expect(trimSilence(sink.samples)).toHaveLength(0);
  expect(remote(call)).toEqual([]);
  expect(call.transports[0]?.authenticationFailed).toBeGreaterThan(300);
  expect(call.verdict().reasons[0]).toMatchObject({ code: 'wrongKey' });
});
