import {
  type Call,
  type CallEvent,
  type CallOptions,
  createCall,
  MulticastRtpProvider,
} from '../../conference/index.ts';
import { ArraySink, silence } from './array-terminals.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryNetwork } from './memory-network.ts';

/** One member of a {@link MemoryRoom}. */
export interface RoomMember {
  readonly call: Call;
  readonly events: CallEvent[];
  readonly sink: ArraySink;
  readonly address: string;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A conference in memory under a clock that the test moves: members have the addresses 10.0.0.1, 10.0.0.2, … */
export class MemoryRoom {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly #description: string;
  #hosts = 1;

  constructor(media: readonly string[], group = '239.255.1.1') {
    this.#description = [
      'v=0',
      'o=- 1 1 IN IP4 10.0.0.1',
      's=x',
      `c=IN IP4 ${group}/15`,
      't=0 0',
      ...media,
      '',
    ].join('\r\n');
  }

  async join(name: string, source = silence(), options: Partial<CallOptions> = {}): Promise<RoomMember> {
    const number = this.#hosts++;
    const address = `10.0.0.${number}`;
    const call = createCall(this.#description, {
      provider: new MulticastRtpProvider({ openSocket: this.network.host(address) }),
      participant: { name, cname: `${name}@test` },
      clock: this.clock,
      random: seeded(number * 7919),
      ...options,
    });
    const events: CallEvent[] = [];
    call.onAny((event) => events.push(event));
    const sink = new ArraySink();
    for (const stream of call.streams) stream.attach(stream.direction === 'capture' ? source : sink);
    await call.connect();
    return { call, events, sink, address };
  }
}
