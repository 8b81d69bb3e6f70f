import { type ChildProcess } from 'node:child_process';
import {
  type Bench,
  commandPath,
  endChild,
  outputOf,
  percentile,
  type Row,
  sleep,
  spawnOn,
} from './harness.ts';
import { AES67, NativeLoad, PCMU, randomGroup, startSubject, SUBJECT_CORE } from './load.ts';
import type { StreamKind } from './peers/players.ts';

const PORT = 5004;

interface Shape {
  readonly kind: StreamKind;
  readonly periodMs: number;
  /** Frames of a packet. */
  readonly frames: number;
}
const VOICE: Shape = { kind: PCMU, periodMs: 20, frames: 160 };
const STUDIO: Shape = { kind: AES67, periodMs: 1, frames: 48 };

interface Pace {
  /** How far the rate is from what it should be, as a share. */
  readonly rateError: number;
  /** 99th percentile of how far spacings are from the packet time, milliseconds. */
  readonly p99: number;
  /** Largest of them. */
  readonly worst: number;
}

export const bench: Bench = {
  title: 'Pacing a sender of packets of 20 ms and of 1 ms',
  method:
    'Arrival times are the kernel’s. The rate comes from a straight line through all arrivals; the spacing error is how ' +
    'far the time between two packets is from the packet time. C sleeps until absolute times; ffmpeg runs with `-re`, ' +
    'GStreamer with a live source.',
  async run({ quick, long, note }) {
    using native = NativeLoad.compile();
    const seconds = quick ? 5 : long ? 600 : 60;
    const senders: [string, string | undefined, (group: string) => ChildProcess][] = [
      ['ours', undefined, (group) => startSubject('talk', group, PORT, seconds + 5, PCMU.rtpmap, 20)],
      ['C', undefined, (group) => native.send(group, PORT, 1, PCMU, seconds + 5)],
      ['ffmpeg', 'ffmpeg', ffmpegSender],
      ['GStreamer', 'gst-launch-1.0', (group) => gstreamerSender(group)],
    ];
    const measured = new Map<string, Pace>();
    for (const [name, command, start] of senders) {
      if (command !== undefined && commandPath(command) === undefined) {
        note(`${name} is not installed: nothing to compare with`);
        continue;
      }
      const pace = await measure(native, start, VOICE, name === 'ours' ? seconds : Math.min(seconds, 20));
      note(
        `${name}: rate off by ${pace.rateError.toExponential(1)}, p99 ${pace.p99.toFixed(2)} ms, worst ${pace.worst.toFixed(1)} ms`,
      );
      measured.set(name, pace);
    }
    const ours = measured.get('ours');
    if (ours === undefined) throw new Error('our sender was not measured');
    const peers = [...measured].filter(([name]) => name !== 'ours');
    return [
      {
        what: `rate over ${seconds} s, distance from 50 a second`,
        ours: ours.rateError * 1e6,
        unit: 'parts per million',
        target: { id: 'P10', text: 'exact to 10 ppm', met: ours.rateError <= 1e-5 },
        note: peers.map(([name, { rateError }]) => `${name} ${(rateError * 1e6).toFixed(1)}`).join(', '),
      },
      ...peers.map(
        ([name, { p99, worst }]): Row => ({
          what: 'spacing error, 99th percentile',
          ours: ours.p99,
          unit: 'ms',
          peer: { name, value: p99 },
          target: { id: 'P10', text: 'at most 1.5 ms', met: ours.p99 <= 1.5 },
          note: `worst ${ours.worst.toFixed(1)} ms, ${name} ${worst.toFixed(1)} ms`,
        }),
      ),
      ...(await studio(native, quick ? 5 : 30, note)),
    ];
  },
};

/** Packets of a millisecond, as AES67 has them: ours leave from the sending thread. */
async function studio(native: NativeLoad, seconds: number, note: (text: string) => void): Promise<Row[]> {
  const run = (start: (group: string) => ChildProcess): Promise<Pace> =>
    measure(native, start, STUDIO, seconds);
  const ours = await run((group) => startSubject('talk', group, PORT, seconds + 5, AES67.rtpmap, 1));
  const peers: [string, Pace][] = [
    ['C', await run((group) => native.send(group, PORT, 1, AES67, seconds + 5))],
  ];
  if (commandPath('gst-launch-1.0') !== undefined) {
    peers.push(['GStreamer', await run((group) => gstreamerSender(group, STUDIO))]);
  }
  for (const [name, { p99, worst }] of peers)
    note(`1 ms, ${name}: p99 ${p99.toFixed(3)} ms, worst ${worst.toFixed(1)} ms`);
  return peers.map(([name, { p99, worst, rateError }]) => ({
    what: 'packets of 1 ms: spacing error, 99th percentile',
    ours: ours.p99,
    unit: 'ms',
    peer: { name, value: p99 },
    target: { id: 'P11', text: 'at most 0.2 ms, no drift', met: ours.p99 <= 0.2 && ours.rateError <= 1e-5 },
    note:
      `worst ${ours.worst.toFixed(1)} ms, rate off by ${(ours.rateError * 1e6).toFixed(2)} ppm; ` +
      `${name} ${worst.toFixed(1)} ms, ${(rateError * 1e6).toFixed(2)} ppm`,
  }));
}

async function measure(
  native: NativeLoad,
  start: (group: string) => ChildProcess,
  { periodMs }: Shape,
  seconds: number,
): Promise<Pace> {
  const group = randomGroup();
  const sender = start(group);
  sender.stdout?.resume();
  try {
    await sleep(2000); // past its start
    const count = (seconds * 1000) / periodMs;
    const text = await outputOf(native.start(0, 'stamp', group, PORT, count), 'arrival times');
    const lines = text.trim().split('\n');
    if (lines.length < count / 2) throw new Error(`only ${lines.length} of ${count} packets arrived`);
    const first = BigInt(lines[0] ?? '0');
    return paceOf(
      lines.map((line) => Number(BigInt(line) - first) / 1e6),
      periodMs,
    );
  } finally {
    await endChild(sender);
  }
}

/** @param times arrivals in milliseconds from the first */
function paceOf(times: readonly number[], periodMs: number): Pace {
  const errors = times.slice(1).map((time, index) => Math.abs(time - (times[index] ?? 0) - periodMs));
  const meanIndex = (times.length - 1) / 2;
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  let covariance = 0;
  let variance = 0;
  times.forEach((time, index) => {
    covariance += (index - meanIndex) * (time - meanTime);
    variance += (index - meanIndex) ** 2;
  });
  const rateError = Math.abs(covariance / variance / periodMs - 1);
  return { rateError, p99: percentile(errors, 0.99), worst: Math.max(...errors) };
}

function ffmpegSender(group: string): ChildProcess {
  const source = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000:samples_per_frame=160'];
  const target = ['-c:a', 'pcm_mulaw', '-f', 'rtp', `rtp://${group}:${PORT}?ttl=1&pkt_size=172`];
  return spawnOn(SUBJECT_CORE, 'ffmpeg', ['-nostdin', '-v', 'error', ...source, ...target], {
    stdio: 'ignore',
  });
}

function gstreamerSender(group: string, { kind, frames, periodMs }: Shape = VOICE): ChildProcess {
  const [caps, coder, payloader] =
    kind === PCMU
      ? ['rate=8000,channels=1', 'mulawenc ! ', 'rtppcmupay']
      : ['rate=48000,channels=2,format=S24BE', '', 'rtpL24pay'];
  const time = periodMs * 1_000_000;
  const pipeline =
    `audiotestsrc is-live=true samplesperbuffer=${frames} ! audio/x-raw,${caps} ! ${coder}` +
    `${payloader} min-ptime=${time} max-ptime=${time} ! udpsink host=${group} port=${PORT} auto-multicast=true`;
  return spawnOn(SUBJECT_CORE, 'gst-launch-1.0', ['-q', ...pipeline.split(' ')], { stdio: 'ignore' });
}
