import { type AudioEncoder, findCodec } from '../../conference/codec/index.ts';
import { serializeRtpPacket } from '../../src/rtp/index.ts';
import type { MemorySocket } from './memory-network.ts';
import { GROUP, PORT, type Room } from './room.ts';

export interface RawTalkerOptions {
  readonly host: string;
  readonly ssrc: number;
  readonly frequency: number;
  /** Of the tone, power. */
  readonly dbfs?: number;
  readonly sequenceNumber?: number;
  readonly timestamp?: number;
}

const PACKET_MS = 20;
const ENCODINGS = { 0: ['PCMU', 8000], 8: ['PCMA', 8000], 96: ['L16', 8000] } as const;
export type RawPayloadType = keyof typeof ENCODINGS;
/** Sends a tone in RTP packets whose every field the test may set: what real senders do when something happens to them. */
export class RawTalker {
  ssrc: number;
  sequenceNumber: number;
  timestamp: number;
  payloadType: RawPayloadType = 0;
  readonly #socket: MemorySocket;
  readonly #frequency: number;
  readonly #peak: number;
  readonly #encoders = new Map<RawPayloadType, AudioEncoder>();
  #marker = true;
  /** Seconds of the tone so far; each begins elsewhere in it, as talkers do. */
  #phase: number;

  constructor(socket: MemorySocket, options: RawTalkerOptions) {
    this.#socket = socket;
    this.ssrc = options.ssrc;
    this.#frequency = options.frequency;
    this.#phase = options.ssrc * 0.37113;
    this.#peak = Math.SQRT2 * 10 ** ((options.dbfs ?? -12) / 20);
    this.sequenceNumber = options.sequenceNumber ?? 1000;
    this.timestamp = options.timestamp ?? 50_000;
  }

  static async open(room: Room, options: RawTalkerOptions): Promise<RawTalker> {
    await room.network.host(options.host)({ group: GROUP, port: PORT, clock: room.clock });
    const socket = [...room.network.sockets].at(-1);
    if (socket === undefined) throw new Error('no socket');
    return new RawTalker(socket, options);
  }

  /** One packet of 20 ms. */
  send(): void {
    const [encoding, sampleRate] = ENCODINGS[this.payloadType];
    let encoder = this.#encoders.get(this.payloadType);
    if (encoder === undefined) {
      const codec = findCodec(encoding, { clockRate: sampleRate, channels: 1, parameters: new Map() });
      if (typeof codec === 'string') throw new Error(codec);
      encoder = codec.createEncoder();
      this.#encoders.set(this.payloadType, encoder);
    }
    const frames = (sampleRate * PACKET_MS) / 1000;
    const samples = Float32Array.from(
      { length: frames },
      (_, i) => this.#peak * Math.sin(2 * Math.PI * this.#frequency * (this.#phase + i / sampleRate)),
    );
    this.#phase += PACKET_MS / 1000;
    this.#socket.send(
      serializeRtpPacket({
        marker: this.#marker,
        payloadType: this.payloadType,
        sequenceNumber: this.sequenceNumber,
        timestamp: this.timestamp,
        ssrc: this.ssrc,
        csrcs: [],
        payload: encoder.encode(samples),
        padding: 0,
      }),
    );
    this.#marker = false;
    this.sequenceNumber = (this.sequenceNumber + 1) & 0xffff;
    this.timestamp = (this.timestamp + frames) >>> 0;
  }

  /** A new beginning, as after silence. */
  begin(): void {
    this.#marker = true;
  }
}

/** Lets them talk for so long. */
export function talk(room: Room, talkers: readonly RawTalker[], ms: number): void {
  for (let left = ms; left > 0; left -= PACKET_MS) {
    for (const it of talkers) it.send();
    room.clock.advance(PACKET_MS);
  }
}
