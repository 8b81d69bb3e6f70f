import {
  type Call,
  type CallEvent,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
  type Participant,
  type Substream,
  ToneSource,
} from '../../conference/index.ts';
import { ArraySink, silence } from './array-terminals.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryNetwork } from './memory-network.ts';

export const GROUP = '239.255.1.1';
export const PORT = 5004;

/** A session description on {@link GROUP} with these `m=` and `a=` lines. */
export function sdp(...media: string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', `c=IN IP4 ${GROUP}/15`, 't=0 0', ...media, ''].join(
    '\r\n',
  );
}

/** The same numbers every time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export type RoomOptions = Partial<CallOptions> & { readonly description?: string; readonly host?: string };

/** Conferences in memory under a clock that the test moves. */
export class Room {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly #description: string;
  #hosts = 1;

  /** @param media `m=` and `a=` lines of the description that is joined when no other is given */
  constructor(clock = new FakeClock(), media: readonly string[] = [`m=audio ${PORT} RTP/AVP 0`]) {
    this.clock = clock;
    this.network = new MemoryNetwork(clock);
    this.#description = sdp(...media);
  }

  call(name: string, options: RoomOptions = {}) {
    const number = this.#hosts++;
    const address = `10.0.${number >> 8}.${number & 255}`;
    const { description = this.#description, host = address, ...rest } = options;
    const call = createCall(description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(host) }),
      participant: { name, cname: `${name}@test` },
      clock: this.clock,
      random: seeded(number * 7919),
      ...rest,
    });
    const events: CallEvent[] = [];
    call.onAny((event) => events.push(event));
    return { call, events, sink: new ArraySink(), address: host };
  }

  /** Joins with a source and a sink. */
  async join(name: string, source = silence(), options: RoomOptions = {}) {
    const made = this.call(name, options);
    capture(made.call)?.attach(source);
    render(made.call)?.attach(made.sink);
    await made.call.connect();
    return made;
  }
}

/** One of those who are in a {@link Room}. */
export type RoomMember = ReturnType<Room['call']>;

export const capture = (call: Call) => call.streams.find((it) => it.direction === 'capture');
export const render = (call: Call) => call.streams.find((it) => it.direction === 'render');
export const tone = (frequency: number, dbfs = -12) =>
  new ToneSource(frequency, dbfs, { sampleRate: 8000, channels: 1 });
export const types = (events: readonly CallEvent[]) => events.map(({ type }) => type);

/** @throws {Error} when nobody of that name is there */
export function named(call: Call, name: string): Participant {
  const found = call.participants.find((it) => it.info.name === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}
/** @throws {Error} when it sends nothing */
export function substreamOf(call: Call, name: string): Substream {
  const [substream] = named(call, name).substreams;
  if (substream === undefined) throw new Error(`${name} sends nothing`);
  return substream;
}
