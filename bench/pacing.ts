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
import { NativeLoad, PCMU, randomGroup, startSubject, SUBJECT_CORE } from './load.ts';

const PORT = 5004;
const PERIOD_MS = 20;

interface Pace {
  /** How far the rate is from 50 packets a second, as a share. */
  readonly rateError: number;
  /** 99th percentile of |spacing − 20 ms|, milliseconds. */
  readonly p99: number;
  /** Largest of them. */
  readonly worst: number;
}

export const bench: Bench = {
  title: 'Pacing a sender of 20 ms packets',
  method:
    'Arrival times are the kernel’s. The rate comes from a straight line through all arrivals; the spacing error is how ' +
    'far the time between two packets is from 20 ms. C sleeps until absolute times; ffmpeg runs with `-re`, GStreamer ' +
    'with a live source.',
  async run({ quick, note }) {
    using native = NativeLoad.compile();
    const seconds = quick ? 5 : 60;
    const senders: [string, string | undefined, (group: string) => ChildProcess][] = [
      ['ours', undefined, (group) => startSubject('talk', group, PORT, seconds + 5)],
      ['C', undefined, (group) => native.send(group, PORT, 1, PCMU, seconds + 5)],
      ['ffmpeg', 'ffmpeg', ffmpegSender],
      ['GStreamer', 'gst-launch-1.0', gstreamerSender],
    ];
    const measured = new Map<string, Pace>();
    for (const [name, command, start] of senders) {
      if (command !== undefined && commandPath(command) === undefined) {
        note(`${name} is not installed: nothing to compare with`);
        continue;
      }
      const pace = await measure(native, start, name === 'ours' ? seconds : Math.min(seconds, 20));
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
    ];
  },
};

async function measure(
  native: NativeLoad,
  start: (group: string) => ChildProcess,
  seconds: number,
): Promise<Pace> {
  const group = randomGroup();
  const sender = start(group);
  sender.stdout?.resume();
  try {
    await sleep(2000); // past its start
    const count = (seconds * 1000) / PERIOD_MS;
    const text = await outputOf(native.start(0, 'stamp', group, PORT, count), 'arrival times');
    const lines = text.trim().split('\n');
    if (lines.length < count / 2) throw new Error(`only ${lines.length} of ${count} packets arrived`);
    const first = BigInt(lines[0] ?? '0');
    return paceOf(lines.map((line) => Number(BigInt(line) - first) / 1e6));
  } finally {
    await endChild(sender);
  }
}

/** @param times arrivals in milliseconds from the first */
function paceOf(times: readonly number[]): Pace {
  const errors = times.slice(1).map((time, index) => Math.abs(time - (times[index] ?? 0) - PERIOD_MS));
  const meanIndex = (times.length - 1) / 2;
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  let covariance = 0;
  let variance = 0;
  times.forEach((time, index) => {
    covariance += (index - meanIndex) * (time - meanTime);
    variance += (index - meanIndex) ** 2;
  });
  const rateError = Math.abs(covariance / variance / PERIOD_MS - 1);
  return { rateError, p99: percentile(errors, 0.99), worst: Math.max(...errors) };
}

function ffmpegSender(group: string): ChildProcess {
  const source = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000:samples_per_frame=160'];
  const target = ['-c:a', 'pcm_mulaw', '-f', 'rtp', `rtp://${group}:${PORT}?ttl=1&pkt_size=172`];
  return spawnOn(SUBJECT_CORE, 'ffmpeg', ['-nostdin', '-v', 'error', ...source, ...target], {
    stdio: 'ignore',
  });
}

function gstreamerSender(group: string): ChildProcess {
  const pipeline =
    'audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc' +
    ` ! rtppcmupay min-ptime=20000000 max-ptime=20000000 ! udpsink host=${group} port=${PORT} auto-multicast=true`;
  return spawnOn(SUBJECT_CORE, 'gst-launch-1.0', ['-q', ...pipeline.split(' ')], { stdio: 'ignore' });
}
