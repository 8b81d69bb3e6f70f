import {
  type Bench,
  type BenchContext,
  cpuSeconds,
  endChild,
  outputOf,
  residentMb,
  type Row,
  sleep,
  udpCounters,
} from './harness.ts';
import { AES67, NativeLoad, PCMU, randomGroup, resultOf, startSubject } from './load.ts';
import type { StreamKind } from './peers/players.ts';

const PORT = 5004;

export const bench: Bench = {
  title: 'Watching many conferences',
  method:
    'CPU of the process, kernel time included, in per cent of one core, from the system’s accounts over some seconds of ' +
    'steady running; one stream to a group, sender and monitor on a core each, loopback. What `rendezvous monitor` does: ' +
    'statistics, levels of ten packets a second and stream, checks each second, DSCP and TTL looked at in rounds. Nothing ' +
    'is decoded.',
  async run(context) {
    using native = NativeLoad.compile();
    const rows = [await watch(native, PCMU, 100, 20, 6, context)];
    if (!context.quick) rows.push(await watch(native, PCMU, 1000, 20, undefined, context));
    rows.push(await watch(native, AES67, 100, 1, 30, context));
    return rows;
  },
};

async function watch(
  native: NativeLoad,
  kind: StreamKind,
  count: number,
  ptime: number,
  limit: number | undefined,
  context: BenchContext,
): Promise<Row> {
  const window = context.quick ? 4 : 10;
  const warm = 3 + count * 0.01;
  const group = randomGroup();
  const subject = startSubject('monitor', group, PORT, count, kind.rtpmap, ptime, warm + window + 2);
  const told = outputOf(subject, 'monitor');
  await sleep(1000 + count * 5);
  const generator = native.send(group, PORT, count, kind, warm + window + 2);
  const generated = resultOf(generator, 'generator');
  await sleep(warm * 1000);
  const pid = subject.pid ?? 0;
  const [cpu, before, at] = [cpuSeconds(pid), udpCounters(), performance.now()];
  await sleep(window * 1000);
  const used = (100 * (cpuSeconds(pid) - cpu)) / ((performance.now() - at) / 1000);
  const dropped = udpCounters().dropped - before.dropped;
  const rssMb = residentMb(pid);
  const text = await told;
  await endChild(generator);
  await generated;
  const { packets, lost, sources }: { packets: number; lost: number; sources: number } = JSON.parse(
    text.trim().split('\n').at(-1) ?? '{}',
  );
  const name = kind === PCMU ? 'PCMU streams' : 'L24 stereo streams of 1 ms packets';
  return {
    what: `${count} ${name} watched`,
    ours: used,
    unit: '% of a core',
    ...(limit === undefined
      ? {}
      : {
          target: {
            id: 'goal',
            text: `at most ${limit} % of a core, none lost`,
            met: used <= limit && lost === 0,
          },
        }),
    note: `${sources} senders, ${packets} packets, ${lost} lost, ${dropped} dropped by the kernel, ${Math.round(rssMb)} MB`,
  };
}
