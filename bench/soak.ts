import { type Bench, cpuSeconds, endChild, residentMb, sleep, udpCounters } from './harness.ts';
import { NativeLoad, PCMU, randomGroup, startSubject } from './load.ts';

const PORT = 5004;
const STREAMS = 100;

export const bench: Bench = {
  title: 'A long time with many streams',
  method:
    'One hundred conferences of one PCMU talker each, received, decoded and mixed; resident memory each two seconds, its growth by a ' +
    'straight line through the second half. Five minutes with `--long`, else one; the first third warms up.',
  async run({ quick, long, note }) {
    using native = NativeLoad.compile();
    const seconds = long ? 300 : quick ? 20 : 60;
    const group = randomGroup();
    const receiver = startSubject('conference', group, PORT, STREAMS, PCMU.rtpmap, 20, seconds + 6);
    let text = '';
    receiver.stdout?.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
    const closed = new Promise((resolve) => receiver.once('close', resolve));
    await sleep(3000);
    const generator = native.send(group, PORT, STREAMS, PCMU, seconds + 1);
    generator.stdout?.resume();
    try {
      const pid = receiver.pid ?? 0;
      const before = udpCounters();
      const samples: { readonly at: number; readonly mb: number }[] = [];
      const cpu = cpuSeconds(pid);
      for (let at = 0; at < seconds; at += 2) {
        await sleep(2000);
        samples.push({ at, mb: residentMb(pid) });
      }
      const used = (100 * (cpuSeconds(pid) - cpu)) / seconds;
      const { dropped } = udpCounters();
      await closed;
      const told = JSON.parse(text.trim().split('\n').at(-1) ?? '{}');
      const late = samples.slice(Math.floor(samples.length / 2));
      const growth = slope(late) * 60;
      note(
        `${samples[0]?.mb.toFixed(0)} MB at first, ${samples.at(-1)?.mb.toFixed(0)} MB at last, ${used.toFixed(1)} % of a core`,
      );
      return [
        {
          what: `memory after ${seconds} s of ${STREAMS} streams`,
          ours: samples.at(-1)?.mb ?? 0,
          unit: 'MB',
          note: `${told.packets} packets, ${told.lost} lost, ${told.late} late, ${dropped - before.dropped} dropped`,
        },
        {
          what: 'its growth in the second half',
          ours: growth,
          unit: 'MB a minute',
          target: { id: 'soak', text: 'flat: less than 1 MB a minute', met: Math.abs(growth) < 1 },
        },
      ];
    } finally {
      await endChild(generator);
      await endChild(receiver);
    }
  },
};

function slope(samples: readonly { readonly at: number; readonly mb: number }[]): number {
  const mean = (pick: (each: (typeof samples)[number]) => number): number =>
    samples.reduce((sum, each) => sum + pick(each), 0) / samples.length;
  const [meanAt, meanMb] = [mean(({ at }) => at), mean(({ mb }) => mb)];
  const spread = samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  return samples.reduce((sum, { at, mb }) => sum + (at - meanAt) * (mb - meanMb), 0) / spread;
}
