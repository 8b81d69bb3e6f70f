import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickFinder, monotonicMs } from './clicks.ts';
import {
  type Bench,
  commandPath,
  endChild,
  median,
  outputOf,
  percentile,
  type Row,
  spawnOn,
} from './harness.ts';
import { AES67, PCMU, randomGroup, startSubject, SUBJECT_CORE } from './load.ts';
import { type StreamKind, writeDescription } from './peers/players.ts';

const PORT = 5004;

interface Listener {
  readonly name: string;
  /** Starts it; gives the times at which it played clicks, once it has ended. */
  readonly listen: (group: string, seconds: number) => Promise<number[]>;
}

export const bench: Bench = {
  title: 'Mouth to ear',
  method:
    'From a sample taken in to the same sample handed to the loudspeaker, over loopback, without sound cards: clicks that come in ' +
    'real time as from a microphone, medians. Ours counts packet time, playout delay and block. GStreamer has a jitter buffer of the ' +
    'delay shown and plays by its clock; ffmpeg writes what it decodes at once.',
  async run({ quick, note }) {
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-delay-'));
    try {
      const seconds = quick ? 6 : 20;
      const rows: Row[] = [];
      for (const [kind, ptimeMs, delays] of [
        [
          PCMU,
          20,
          [
            ['', 60],
            ['playoutMs=20', 20],
          ],
        ],
        [AES67, 1, [['linkOffsetMs=5', 5]]],
      ] as const) {
        const peers = [ffmpegListener(folder, kind), gstreamerListener(kind, delays.at(-1)?.[1] ?? 20)];
        const theirs: [string, number[]][] = [];
        for (const { name, listen } of peers.filter((it) => it !== undefined)) {
          theirs.push([name, await measure(kind, ptimeMs, seconds, listen)]);
        }
        for (const [option, delayMs] of delays) {
          const listen: Listener['listen'] = async (group, forSeconds) =>
            numbers(
              await outputOf(
                startSubject('hear', group, PORT, kind.rtpmap, ptimeMs, forSeconds, option),
                'hear',
              ),
            );
          const ours = await measure(kind, ptimeMs, seconds, listen);
          note(`${kind.rtpmap} ${option}: ${median(ours).toFixed(1)} ms of ${ours.length} clicks`);
          // what it must be: a packet, the delay, and what passes until the next block begins
          const limit = ptimeMs + delayMs + (option.startsWith('link') ? 1 : 20) + 5;
          for (const [name, delaysThere] of theirs) {
            rows.push({
              what: `${kind.rtpmap}, packets of ${ptimeMs} ms${option === '' ? '' : `, ${option.replace('=', ' ')}`}`,
              ours: median(ours),
              unit: 'ms',
              peer: { name, value: median(delaysThere) },
              target: { id: 'mouth to ear', text: `at most ${limit} ms`, met: median(ours) <= limit },
              note: `99th percentile ${percentile(ours, 0.99).toFixed(1)} ms, ${name} ${percentile(delaysThere, 0.99).toFixed(1)} ms`,
            });
          }
        }
      }
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  kind: StreamKind,
  ptimeMs: number,
  seconds: number,
  listen: Listener['listen'],
): Promise<number[]> {
  const group = randomGroup();
  const speaker = startSubject('speak', group, PORT, kind.rtpmap, ptimeMs, seconds + 3);
  const said = outputOf(speaker, 'speak');
  const heard = await listen(group, seconds);
  const times = numbers(await said);
  return heard.slice(2).flatMap((at) => {
    const from = times.findLast((it) => it < at);
    return from === undefined || at - from > 400 ? [] : [at - from];
  });
}

const numbers = (text: string): number[] => text.trim().split('\n').map(Number);

function ffmpegListener(folder: string, kind: StreamKind): Listener | undefined {
  if (commandPath('ffmpeg') === undefined) return undefined;
  return {
    name: 'ffmpeg',
    listen: (group, seconds) => {
      const file = writeDescription(folder, group, PORT, kind);
      const args = ['-nostdin', '-v', 'quiet', '-protocol_whitelist', 'file,udp,rtp', '-fflags', 'nobuffer'];
      const out = ['-flags', 'low_delay', '-ac', '1', '-f', 's16le', '-flush_packets', '1', '-'];
      return clicksOf(
        spawnOn(SUBJECT_CORE, 'ffmpeg', [...args, '-i', file, ...out], PIPED),
        rateOf(kind),
        seconds,
      );
    },
  };
}

function gstreamerListener(kind: StreamKind, latencyMs: number): Listener | undefined {
  if (commandPath('gst-launch-1.0') === undefined) return undefined;
  const [encoding = '', rate = '', channels = '1'] = kind.rtpmap.split('/');
  const depay = encoding === 'PCMU' ? 'rtppcmudepay ! mulawdec' : 'rtpL24depay';
  return {
    name: `GStreamer latency ${latencyMs}`,
    listen: (group, seconds) => {
      const caps = `application/x-rtp,media=audio,clock-rate=${rate},encoding-name=${encoding},channels=${channels},payload=${kind.payloadType}`;
      const pipeline =
        `udpsrc address=${group} port=${PORT} caps=${caps} ! rtpjitterbuffer latency=${latencyMs} ! ${depay} ! audioconvert` +
        ' ! audio/x-raw,format=S16LE,channels=1 ! fdsink fd=1 sync=true';
      return clicksOf(
        spawnOn(SUBJECT_CORE, 'gst-launch-1.0', ['-q', ...pipeline.split(' ')], PIPED),
        rateOf(kind),
        seconds,
      );
    },
  };
}

const PIPED: SpawnOptions = { stdio: ['ignore', 'pipe', 'ignore'] };
const rateOf = (kind: StreamKind): number => Number(kind.rtpmap.split('/')[1]);

/** When the clicks of a program's standard output came out, 16-bit mono. */
async function clicksOf(child: ChildProcess, rate: number, seconds: number): Promise<number[]> {
  const finder = new ClickFinder(rate);
  const times: number[] = [];
  child.stdout?.on('data', (data: Buffer) => {
    const now = monotonicMs();
    for (let at = 0; at + 1 < data.length; at += 2)
      if (finder.hear(data.readInt16LE(at) / 32768)) times.push(now);
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await endChild(child);
  return times;
}
