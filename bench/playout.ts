import { damage } from '../test/support/damage.ts';
import { playTrace } from '../test/support/playout-lab.ts';
import { packetTrace, type TraceOptions } from '../test/support/packet-trace.ts';
import { voice } from '../test/support/voice.ts';
import type { Bench, Row } from './harness.ts';
import { lagOf, type PlayoutPeer, playElsewhere } from './peers/playout-peers.ts';

/** What GStreamer's `rtpbin` and `sdpdemux` have unless told otherwise. */
const LATENCY_MS = 200;

const NETWORKS: readonly { readonly name: string; readonly net: Omit<TraceOptions, 'seconds'> }[] = [
  { name: 'nothing wrong', net: {} },
  { name: '5 % lost', net: { loss: 0.05 } },
  { name: '10 % lost, three in a row', net: { loss: 0.1, burst: 3 } },
  { name: '20 % lost', net: { loss: 0.2 } },
  { name: '50 ms of jitter', net: { jitterMs: 50 } },
  { name: '100 ms of jitter', net: { jitterMs: 100 } },
  { name: '10 % overtake', net: { reorder: 0.1 } },
  {
    name: '5 % lost, 50 ms of jitter, overtaking, doubled',
    net: { loss: 0.05, jitterMs: 50, reorder: 0.02, duplicate: 0.02 },
  },
];

export const bench: Bench = {
  title: 'What is heard over a bad network',
  method:
    'A voice in PCMU packets of 20 ms, delayed, lost and reordered as a seeded trace says. The others get the packets over loopback at ' +
    'those moments: GStreamer’s rtpjitterbuffer with its usual 200 ms and SpanDSP’s concealment, and ffmpeg filling gaps by timestamps. Ours ' +
    'plays the same trace in simulated time, with the adaptive delay. Each 20 ms of what is heard is looked for in what was said; a glitch is a stretch ' +
    'found nowhere nearby to 10 dB. Delay is that of the playout, without blocks and devices.',
  async run({ quick, note }) {
    const seconds = quick ? 15 : 30;
    const said = voice(seconds);
    note('all networks at once');
    const rows = await Promise.all(
      (quick ? NETWORKS.slice(1, 3) : NETWORKS).map((network) =>
        compare(network.name, said, seconds, network.net),
      ),
    );
    return rows.flat();
  },
};

async function compare(
  name: string,
  said: Float32Array,
  seconds: number,
  net: Omit<TraceOptions, 'seconds'>,
): Promise<Row[]> {
  const trace = packetTrace({ seconds, ...net });
  const ours = playTrace(said, trace, { mode: 'adaptive', minMs: 20, maxMs: 400 });
  const peers: PlayoutPeer[] = ['GStreamer', 'ffmpeg'];
  const heard = await Promise.all(peers.map((peer) => playElsewhere(peer, said, trace, LATENCY_MS)));
  return peers.map((peer, index) => {
    const audio = heard[index] ?? new Float32Array(0);
    const theirs = damage(said, audio, 8000, { expectedMs: lagOf(said, audio) });
    return {
      what: `${name}: glitches`,
      ours: ours.glitchesPerMinute,
      unit: 'per minute',
      peer: { name: peer, value: theirs.glitchesPerMinute },
      note: `damaged ${percent(ours.damagedShare)} beside ${percent(theirs.damagedShare)}; made up ${percent(ours.concealedShare)}; delay ${Math.round(ours.meanDelayMs)} ms${peer === 'GStreamer' ? ` beside ${LATENCY_MS} ms` : ''}`,
    };
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
