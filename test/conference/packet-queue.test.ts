import { describe, expect, test } from 'vitest';
import { findCodec, type AudioCodec } from '../../conference/codec/index.ts';
import { RenderSource } from '../../conference/rtp/render-source.ts';
import type { PlannedFormat } from '../../conference/rtp/planned-formats.ts';
import { Mixer } from '../../conference/audio/index.ts';
import type { ReceivedRtp, RtpSource } from '../../src/rtp/index.ts';
import { RtpSession } from '../../src/rtp/index.ts';
import { damage } from '../support/damage.ts';
import { packetTrace, seededRandom, type TraceOptions } from '../support/packet-trace.ts';
import { voice } from '../support/voice.ts';

async function load(
  encoding: string,
  clockRate: number,
  fmtp: Record<string, string> = {},
): Promise<PlannedFormat & { codec: AudioCodec }> {
  const codec = findCodec(encoding, {
    clockRate,
    channels: encoding === 'opus' ? 2 : 1,
    parameters: new Map(Object.entries(fmtp)),
  });
  if (typeof codec === 'string') throw new Error(codec);
  await codec.prepare?.();
  return {
    payloadType: 96,
    encoding,
    clockRate,
    channels: 1,
    label: encoding,
    kind: 'audio',
    codec,
    ptimeMs: 20,
  };
}

/** Codes a voice, sends it over a network that is as told, and gives what is heard. */
function hear(format: PlannedFormat & { codec: AudioCodec }, options: TraceOptions, expectedLoss = 0) {
  const { sampleRate } = format.codec.format;
  const said = voice(options.seconds, sampleRate);
  const encoder = format.codec.createEncoder({ expectedLoss });
  const size = sampleRate / 50;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + size <= said.length; at += size)
    packets.push(encoder.encode(said.subarray(at, at + size)).slice());
  const mixer = new Mixer(format.codec.format, 20);
  let due = 0;
  const source = new RenderSource(mixer, { mode: 'fixed', delayMs: 60 }, () => due);
  const heard = new Float32Array(said.length);
  let index = 0;
  const playTo = (time: number): void => {
    for (; due <= time; due += 20) {
      mixer.begin(index);
      source.mix();
      const block = mixer.finish();
      heard.set(
        block.subarray(0, Math.max(0, heard.length - index * size)),
        Math.min(heard.length, index * size),
      );
      index++;
    }
  };
  for (const { number, arrival } of packetTrace(options)) {
    const payload = packets[number];
    if (payload === undefined) continue;
    playTo(arrival);
    source.receive(
      packetOf(number, payload, (number * 20 * format.clockRate) / 1000, arrival),
      format,
      due,
      true,
    );
  }
  playTo(options.seconds * 1000);
  source.dispose();
  return { source, heard, ...damage(said, heard, sampleRate, { expectedMs: 65, rangeMs: 20 }) };
}

const someone = ((): RtpSource => {
  const session = new RtpSession(
    { random: seededRandom(1), cname: 'x', clockRates: new Map([[96, 8000]]), bandwidth: 64_000 },
    0,
  );
  const bytes = new Uint8Array(20);
  bytes.set([0x80, 96, 0, 1]);
  session.handleRtp(bytes, { address: '10.0.0.1', port: 5004 }, 0, 0);
  bytes[3] = 2;
  const packet = session.handleRtp(bytes, { address: '10.0.0.1', port: 5004 }, 1, 1);
  if (packet === undefined) throw new Error('not heard');
  return packet.source;
})();

function packetOf(number: number, payload: Uint8Array, timestamp: number, arrival: number): ReceivedRtp {
  return {
    source: someone,
    marker: number === 0,
    payloadType: 96,
    sequenceNumber: number & 0xffff,
    extendedSequence: number,
    timestamp,
    bytes: payload,
    payloadStart: 0,
    payloadEnd: payload.length,
    late: false,
    arrival,
    preceding: undefined,
    payload: () => payload,
  };
}

describe('packets that are decoded when they are played', () => {
  test('G.722 comes out the same whether packets overtake each other and come twice or not', async () => {
    const format = await load('G722', 8000);
    const straight = hear(format, { seconds: 4 });
    const mixed = hear(format, { seconds: 4, reorder: 0.2, duplicate: 0.2 });
    expect(mixed.heard).toEqual(straight.heard);
    expect(mixed.source.concealedMs).toBe(0);
    expect(straight.source.decoded).toBeGreaterThan(196);
  });

  test('what is lost of G.722 is made up and counted', async () => {
    const { source, damagedShare } = hear(await load('G722', 8000), { seconds: 10, loss: 0.05 });
    expect(source.concealedMs).toBeGreaterThan(300);
    expect(source.concealedMs).toBeLessThan(700);
    expect(damagedShare).toBeLessThan(0.15);
  });

  test('Opus fills losses from the next packet where that carries them, and makes up the others', async () => {
    const options = { seconds: 10, loss: 0.1, seed: 3 };
    const without = hear(await load('opus', 48_000), options);
    const carried = hear(await load('opus', 48_000, { useinbandfec: '1' }), options, 0.2);
    for (const { source } of [without, carried]) {
      expect(source.concealedMs).toBeGreaterThan(600);
      expect(source.undecodable).toBe(0);
      expect(source.late).toBe(0);
    }
    expect(carried.damagedShare).toBeLessThan(0.75 * without.damagedShare);
  });
});
