import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bench,
  type BenchContext,
  commandPath,
  cpuSeconds,
  endChild,
  residentMb,
  type Row,
  sleep,
  udpCounters,
} from './harness.ts';
import { AES67, NativeLoad, PCMU, randomGroup, resultOf, startSubject } from './load.ts';
import { ffmpegMix, gstreamerMix, type StreamKind } from './peers/players.ts';

const PORT = 5004;

type ReceiveWay = 'events' | 'batches';
const IN_BATCHES: Readonly<Record<ReceiveWay, string>> = { events: '', batches: ' in batches' };

interface Usage {
  /** Per cent of one core. */
  readonly cpu: number;
  readonly rssMb: number;
  /** Datagrams that the kernel threw away for full buffers. */
  readonly dropped: number;
  readonly alive: boolean;
  /** What the subject itself says at its end. */
  readonly told?: {
    readonly packets: number;
    readonly lost: number;
    readonly late: number;
    readonly sources: number;
  };
}

export const bench: Bench = {
  title: 'Receiving many streams',
  method:
    'CPU of the receiving process, kernel time included, in per cent of one core, from the system’s accounts over some ' +
    'seconds of steady running; one stream to a group, sender and receiver on a core each, loopback. PCMU has 50 packets ' +
    'a second, L24 stereo 1000. Ours is the provider that `join` uses: RTP and RTCP sockets, statistics, playout buffers, ' +
    'decoding, mixing. ffmpeg mixes with amix, GStreamer has a jitter buffer for each stream and audiomixer.',
  async run(context) {
    using native = NativeLoad.compile();
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-streams-'));
    try {
      const rows: Row[] = [];
      for (const count of context.quick ? [1, 100] : context.long ? [1, 10, 100, 500] : [1, 10, 100]) {
        rows.push(...(await pcmu(native, folder, count, context)));
      }
      rows.push(await talkers(native, 50, context), await talkers(native, 100, context));
      if (!context.quick) rows.push(await thousand(native, context, 'events'));
      rows.push(await thousand(native, context, 'batches'));
      rows.push(...(await aes67(native, folder, 100, context)));
      rows.push(await batchedAes67(native, 100, context));
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function pcmu(
  native: NativeLoad,
  folder: string,
  count: number,
  context: BenchContext,
): Promise<Row[]> {
  const ours = await measure(native, PCMU, count, context, (group, seconds) =>
    startSubject('conference', group, PORT, count, PCMU.rtpmap, 20, seconds),
  );
  const target =
    count === 100
      ? {
          target: {
            id: 'P3',
            text: 'at most 6 % of a core, none lost',
            met: ours.cpu <= 6 && lossless(ours),
          },
        }
      : {};
  return besides(native, folder, PCMU, count, context, {
    what: `${count} PCMU streams, received, decoded, mixed`,
    ours: ours.cpu,
    unit: '% of a core',
    ...target,
    note: noteOf(ours),
  });
}

/** One conference in which everybody talks: what a receiver of a real conference mixes. */
async function talkers(native: NativeLoad, count: number, context: BenchContext): Promise<Row> {
  const usage = await measure(
    native,
    PCMU,
    count,
    context,
    (group, seconds) => startSubject('conference', group, PORT, 1, PCMU.rtpmap, 20, seconds),
    'talkers',
  );
  return {
    what: `one conference of ${count} PCMU talkers, received, decoded, mixed`,
    ours: usage.cpu,
    unit: '% of a core',
    target: { id: 'P3', text: 'at most 6 % of a core, none lost', met: usage.cpu <= 6 && lossless(usage) },
    note: noteOf(usage),
  };
}

async function thousand(native: NativeLoad, context: BenchContext, way: ReceiveWay): Promise<Row> {
  const usage = await measure(native, PCMU, 1000, context, (group, seconds) =>
    startSubject('conference', group, PORT, 1000, PCMU.rtpmap, 20, seconds, way),
  );
  const [id, limit] = way === 'events' ? (['P4', 33] as const) : (['P6', 8] as const);
  const met = usage.cpu <= limit && lossless(usage) && usage.rssMb <= 250;
  return {
    what: `1000 PCMU streams, received${IN_BATCHES[way]}, decoded, mixed`,
    ours: usage.cpu,
    unit: '% of a core',
    target: { id, text: `at most ${limit} % of a core and 250 MB, none lost`, met },
    note: noteOf(usage),
  };
}

/** The receive path for many streams, beside the plain one. */
async function batchedAes67(native: NativeLoad, count: number, context: BenchContext): Promise<Row> {
  const usage = await measure(native, AES67, count, context, (group, seconds) =>
    startSubject('statistics', group, PORT, count, 48_000, seconds, 'batches'),
  );
  return {
    what: `${count} L24 stereo streams of 1 ms packets, received in batches, with statistics`,
    ours: usage.cpu,
    unit: '% of a core',
    target: { id: 'P6', text: 'at most 11 % of a core, none lost', met: usage.cpu <= 11 && lossless(usage) },
    note: noteOf(usage),
  };
}

async function aes67(
  native: NativeLoad,
  folder: string,
  count: number,
  context: BenchContext,
): Promise<Row[]> {
  const ours = await measure(native, AES67, count, context, (group, seconds) =>
    startSubject('statistics', group, PORT, count, 48_000, seconds),
  );
  return besides(native, folder, AES67, count, context, {
    what: `${count} L24 stereo streams of 1 ms packets, received, with statistics`,
    ours: ours.cpu,
    unit: '% of a core',
    target: { id: 'P5', text: 'at most 45 % of a core, none lost', met: ours.cpu <= 45 && lossless(ours) },
    note: `${noteOf(ours)}; the others decode and mix`,
  });
}

/** The same load for the programs that people use. */
async function besides(
  native: NativeLoad,
  folder: string,
  kind: StreamKind,
  count: number,
  context: BenchContext,
  row: Row,
): Promise<Row[]> {
  const players: [string, string, (group: string) => ChildProcess][] = [
    ['ffmpeg', 'ffmpeg', (group) => ffmpegMix(folder, group, PORT, count, kind)],
    ['gst-launch-1.0', 'GStreamer', (group) => gstreamerMix(group, PORT, count, kind)],
  ];
  const rows: Row[] = [];
  for (const [command, name, start] of players) {
    if (commandPath(command) === undefined) {
      context.note(`${name} is not installed: nothing to compare with`);
      continue;
    }
    const usage = await measure(native, kind, count, context, start);
    const trouble = usage.alive ? '' : `; ${name} gave up`;
    rows.push({
      ...row,
      peer: { name, value: usage.cpu },
      note: `${row.note ?? ''}; ${name} ${Math.round(usage.rssMb)} MB, ${usage.dropped} dropped${trouble}`,
    });
  }
  return rows.length > 0 ? rows : [row];
}

async function measure(
  native: NativeLoad,
  kind: StreamKind,
  count: number,
  context: BenchContext,
  start: (group: string, seconds: number) => ChildProcess,
  layout: 'groups' | 'talkers' = 'groups',
): Promise<Usage> {
  const window = context.quick ? 3 : 10;
  const warm = 3 + count * (context.quick ? 0.03 : 0.08); // ffmpeg opens its inputs one after the other
  const group = randomGroup();
  const receiver = start(group, warm + window + 1);
  const told = tellsResult(receiver);
  await sleep(500);
  const seconds = warm + window + 2;
  const generator = native.start(
    0,
    ...(layout === 'talkers'
      ? (['talk', group, PORT, count, kind.size, kind.pps, seconds, kind.payloadType, kind.step] as const)
      : (['send', group, PORT, count, kind.size, kind.pps, seconds, kind.payloadType, kind.step] as const)),
  );
  const generated = resultOf(generator, 'generator');
  await sleep(warm * 1000);
  const pid = receiver.pid ?? 0;
  const [cpu, before, at] = [cpuSeconds(pid), udpCounters(), performance.now()];
  await sleep(window * 1000);
  const spent = cpuSeconds(pid) - cpu;
  const elapsed = (performance.now() - at) / 1000;
  const dropped = udpCounters().dropped - before.dropped;
  const rssMb = residentMb(pid);
  const alive = receiver.exitCode === null;
  const usage: Usage = { cpu: (100 * spent) / elapsed, rssMb, dropped, alive };
  const result = await Promise.race([told, sleep(alive ? 4000 : 0)]);
  await endChild(receiver);
  await generated;
  context.note(`${count} streams: ${usage.cpu.toFixed(1)} %, ${Math.round(rssMb)} MB, ${dropped} dropped`);
  return result === undefined ? usage : { ...usage, told: result };
}

/** The last line of a subject of ours; players say nothing. */
function tellsResult(child: ChildProcess): Promise<Usage['told']> {
  if (child.stdout === null) return new Promise(() => {});
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
    child.once('close', () => {
      const line = text.trim().split('\n').at(-1) ?? '';
      resolve(line.startsWith('{') ? JSON.parse(line) : undefined);
    });
  });
}

const lossless = ({ told, dropped }: Usage): boolean =>
  told !== undefined && told.lost === 0 && dropped === 0;

function noteOf({ told, rssMb, dropped }: Usage): string {
  const heard = told ? `${told.sources} sources, ${told.lost} lost, ${told.late} late` : 'gave no result';
  return `${heard}, ${dropped} dropped, ${Math.round(rssMb)} MB`;
}
