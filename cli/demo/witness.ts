import { DecodeError } from '../../src/errors.ts';
import { type DscpReport, observeDscp, openMulticastSocket } from '../../src/net/index.ts';
import { parseRtcpCompound } from '../../src/rtcp/index.ts';

/** A neutral third who only listens: what it reports was on the network, whatever the participants claim. */
export interface Witness extends AsyncDisposable {
  /** SSRCs whose BYE was seen. */
  readonly goodbyes: ReadonlySet<number>;
  /** Marks that RTP packets arrived with. */
  dscp(): Promise<DscpReport>;
}

export interface WitnessOptions {
  readonly group: string;
  /** Of RTP; RTCP is on the next one. */
  readonly port: number;
  readonly interface: string;
  /** How many RTP packets to look at, in how many milliseconds at most. */
  readonly packets: number;
  readonly withinMs: number;
}

/** @throws {NetworkError} when the group cannot be joined */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { group, port, packets, withinMs } = options;
  const goodbyes = new Set<number>();
  const stop = new AbortController();
  const socket = await openMulticastSocket({ group, port: port + 1, interface: options.interface });
  const observed = observeDscp({
    group,
    port,
    interface: options.interface,
    enough: packets,
    durationMs: withinMs,
    signal: stop.signal,
  });
  observed.catch(() => {}); // told to whoever asks for it
  socket.onDatagram(({ bytes }) => {
    for (const ssrc of goodbyesIn(bytes)) goodbyes.add(ssrc);
  });
  return {
    goodbyes,
    dscp: () => observed,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await socket.close();
    },
  };
}

function goodbyesIn(bytes: Uint8Array): readonly number[] {
  try {
    return parseRtcpCompound(bytes).flatMap((packet) => (packet.type === 'bye' ? packet.ssrcs : []));
  } catch (error) {
    if (error instanceof DecodeError) return []; // somebody else's packet
    throw error;
  }
}
