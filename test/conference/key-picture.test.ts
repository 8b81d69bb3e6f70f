import { describe, expect, test } from 'vitest';
import { type Call, type ConferenceEvent, createCall, MulticastRtpProvider } from '../../conference/index.ts';
import { isRtcp, parseRtcpCompound } from '../../src/rtcp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryNetwork } from '../support/memory-network.ts';

const PLI = 'a=rtcp-fb:* nack pli';
const FIR = 'a=rtcp-fb:96 ccm fir';

function sdp(proto: string, ...feedback: string[]): string {
  const media = [`m=video 5004 ${proto} 96`, 'a=rtpmap:96 H264/90000', ...feedback, ''];
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', 'c=IN IP4 239.255.1.1/15', 't=0 0', ...media].join('\r\n');
}

/** A camera and those who look at it. */
class Studio {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly asked: Extract<ConferenceEvent, { type: 'keyPictureRequested' }>[] = [];
  readonly #description: string;
  #camera: Call | undefined;
  #members = 0;

  constructor(description: string) {
    this.#description = description;
  }
  async join(): Promise<Call> {
    const number = ++this.#members;
    let state = number * 7919;
    const call = createCall(this.#description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(`10.0.0.${number}`) }),
      participant: { cname: `member${number}@test` },
      clock: this.clock,
      random: () => {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      },
      media: ['video'],
    });
    await call.connect();
    if (number === 1) {
      this.#camera = call;
      call.on('keyPictureRequested', (event) => this.asked.push(event));
    }
    return call;
  }
  /** The camera sends so long. */
  run(seconds: number): void {
    for (let frame = 0; frame < seconds * 25; frame++) {
      const payload = Uint8Array.of(0x41, 1, 2, 3);
      this.#camera?.session.sendPacket(0, { payload, payloadType: 96, marker: true, ticks: 3600 });
      this.clock.advance(40);
    }
  }
  ask(call: Call): boolean {
    const [substream] = call.participants.flatMap((it) =>
      it.substreams.filter(({ ssrc }) => ssrc === this.#camera?.transports[0]?.ssrc),
    );
    return substream !== undefined && call.session.requestKeyPicture(substream);
  }
  /** Requests on the wire. */
  get requests(): string[] {
    return this.network.wire
      .filter(({ bytes }) => isRtcp(bytes))
      .flatMap(({ bytes }) => parseRtcpCompound(bytes))
      .flatMap(({ type }) => (type === 'pli' || type === 'fir' ? [type] : []));
  }
}

describe('[QUA-07] a key picture is asked for, and whoever sends is told', () => {
  test.each([
    ['RTP/AVPF', 'pli', [PLI]],
    ['RTP/AVPF', 'fir', [FIR]],
    ['RTP/AVPF', 'pli', [FIR, PLI]],
  ] as const)('%s: %s of %j', async (proto, kind, feedback) => {
    const studio = new Studio(sdp(proto, ...feedback));
    await studio.join();
    const viewer = await studio.join();
    studio.run(6);
    expect(studio.ask(viewer)).toBe(true);
    expect(studio.ask(viewer)).toBe(true);
    expect(studio.requests).toEqual([kind]); // at once
    expect(studio.asked.map(({ kind: it, participant }) => [it, participant.cname])).toEqual([
      [kind, 'member2@test'],
    ]);
    studio.run(0.9);
    studio.ask(viewer);
    studio.run(0.2);
    expect(studio.asked).toHaveLength(1);
    studio.ask(viewer);
    studio.run(0.2);
    expect(studio.asked).toHaveLength(2);
  });
});

test.each([
  ['RTP/AVP', [PLI]],
  ['RTP/AVPF', []],
  ['RTP/AVPF', ['a=rtcp-fb:* nack', 'a=rtcp-fb:* ccm tmmbr', 'a=rtcp-fb:pli nack pli']],
] as const)('%s with %j: nobody may ask', async (proto, feedback) => {
  const studio = new Studio(sdp(proto, ...feedback));
  await studio.join();
  const viewer = await studio.join();
  studio.run(6);
  expect(studio.ask(viewer)).toBe(false);
  studio.run(6);
  expect(studio.requests).toEqual([]);
});

test('of twenty who want the same picture one or two ask', async () => {
  const studio = new Studio(sdp('RTP/AVPF', PLI));
  await studio.join();
  const viewers: Call[] = [];
  for (let number = 0; number < 20; number++) viewers.push(await studio.join());
  studio.run(20);
  expect(viewers.map((it) => studio.ask(it))).toEqual(viewers.map(() => true));
  studio.run(2);
  expect(studio.requests.length).toBeGreaterThan(0);
  expect(studio.requests.length).toBeLessThan(3);
  expect(studio.asked).toHaveLength(studio.requests.length);
});
