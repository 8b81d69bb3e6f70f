import { type Bench, type BenchContext, median, type Row, sleep } from './harness.ts';
import {
  type LoadResult,
  microseconds,
  NativeLoad,
  randomGroup,
  resultOf,
  startSubject,
  SUBJECT_CORE,
} from './load.ts';

const PORT = 5004;
const PACKET = { size: 172, pps: 0, payloadType: 0, step: 160 };

export const bench: Bench = {
  title: 'Packets through sockets: send, receive, stall',
  method:
    'Loopback, 172-byte RTP packets, generator and subject on a core each, interleaved rounds, medians. "Bare" is ' +
    '`node:dgram` with a header written by hand and sequence numbers counted; C is sendto and recvmmsg. Ours is the ' +
    'socket with its queue and counters and the whole RTP session: source table, validation, loss, jitter, RTCP state.',
  async run(context) {
    using native = NativeLoad.compile();
    return [
      ...(await send(native, context)),
      ...(await receive(native, context)),
      await stall(native, context),
    ];
  },
};

async function send(native: NativeLoad, { quick }: BenchContext): Promise<Row[]> {
  const seconds = quick ? 1 : 3;
  const results = await rounds(quick ? 1 : 5, {
    ours: () => resultOf(startSubject('send', 'ours', randomGroup(), PORT, seconds), 'our sender'),
    bare: () => resultOf(startSubject('send', 'bare', randomGroup(), PORT, seconds), 'bare sender'),
    c: () =>
      resultOf(
        native.start(SUBJECT_CORE, 'send', randomGroup(), PORT, 1, PACKET.size, 0, seconds, 0, 160),
        'C sender',
      ),
  });
  const cost = medians(results, microseconds);
  const rate = medians(results, ({ packets, seconds: spent }) => packets / spent);
  return [
    {
      what: 'send, CPU for each packet',
      ours: cost.ours,
      unit: 'µs',
      peer: { name: 'bare dgram', value: cost.bare },
      target: { id: 'P1', text: 'at most 1.15 × bare dgram', met: cost.ours <= 1.15 * cost.bare },
    },
    {
      what: 'send, flat out',
      ours: rate.ours,
      unit: 'packets/s',
      peer: { name: 'C sendto', value: rate.c },
      target: { id: 'P1', text: 'at least 0.6 × C', met: rate.ours >= 0.6 * rate.c },
    },
  ];
}

async function receive(native: NativeLoad, { quick }: BenchContext): Promise<Row[]> {
  const seconds = quick ? 1 : 3;
  const flooded =
    (subject: (group: string) => Promise<LoadResult>, pps: number) => async (): Promise<LoadResult> => {
      const group = randomGroup();
      const result = subject(group);
      await sleep(700);
      const generator = native.start(0, 'flood', group, PORT, PACKET.size, pps, seconds + 1);
      await Promise.all([result, resultOf(generator, 'generator')]);
      return result;
    };
  const node =
    (mode: string) =>
    (group: string): Promise<LoadResult> =>
      resultOf(startSubject('receive', mode, group, PORT, seconds), `${mode} receiver`);
  const c = (group: string): Promise<LoadResult> =>
    resultOf(native.start(SUBJECT_CORE, 'recv', group, PORT, 1, seconds), 'C receiver');
  const flood = await rounds(quick ? 1 : 5, {
    ours: flooded(node('ours'), 0),
    batches: flooded(node('batches'), 0),
    bare: flooded(node('bare'), 0),
    c: flooded(c, 0),
  });
  const paced = await rounds(quick ? 1 : 3, {
    ours: flooded(node('ours'), 300_000),
    batches: flooded(node('batches'), 300_000),
    bare: flooded(node('bare'), 300_000),
  });
  const rate = medians(flood, ({ packets, seconds: spent }) => packets / spent);
  const cost = medians(flood, microseconds);
  const lost = medians(paced, ({ lost: missing }) => missing);
  return [
    {
      what: 'receive, flooded',
      ours: rate.ours,
      unit: 'packets/s',
      peer: { name: 'bare dgram', value: rate.bare },
      target: { id: 'P2', text: 'at least 0.85 × bare dgram', met: rate.ours >= 0.85 * rate.bare },
    },
    {
      what: 'receive, flooded',
      ours: rate.ours,
      unit: 'packets/s',
      peer: { name: 'C recvmmsg', value: rate.c },
      target: { id: 'P2', text: 'at least 0.28 × C', met: rate.ours >= 0.28 * rate.c },
    },
    {
      what: 'receive, flooded, CPU for each packet',
      ours: cost.ours,
      unit: 'µs',
      peer: { name: 'bare dgram', value: cost.bare },
    },
    {
      what: 'lost of 300 000 packets/s',
      ours: lost.ours,
      unit: 'packets',
      target: { id: 'P2', text: 'none', met: lost.ours === 0 },
      note: `bare dgram lost ${lost.bare}`,
    },
    {
      what: 'receive in batches, flooded',
      ours: rate.batches,
      unit: 'packets/s',
      peer: { name: 'C recvmmsg', value: rate.c },
      note: `${cost.batches.toFixed(2)} µs of CPU for each packet`,
    },
    {
      what: 'lost of 300 000 packets/s, in batches',
      ours: lost.batches,
      unit: 'packets',
      target: { id: 'P2', text: 'none', met: lost.batches === 0 },
    },
  ];
}

async function stall(native: NativeLoad, { quick }: BenchContext): Promise<Row> {
  const results = await rounds(quick ? 1 : 5, {
    ours: async () => {
      const group = randomGroup();
      const receiver = resultOf(startSubject('receive', 'ours', group, PORT, 2, 100), 'stalled receiver');
      await sleep(700);
      const generator = native.send(group, PORT, 1, { ...PACKET, pps: 5000 }, 3);
      await Promise.all([receiver, resultOf(generator, 'generator')]);
      return receiver;
    },
  });
  const lost = Math.max(...results.ours.map((result) => result.lost));
  return {
    what: 'lost in a stall of 100 ms at 5000 packets/s',
    ours: lost,
    unit: 'packets',
    target: { id: 'P12', text: 'none', met: lost === 0 },
  };
}

/** Runs each of `work` in turn, `count` times. */
async function rounds<Name extends string>(
  count: number,
  work: Record<Name, () => Promise<LoadResult>>,
): Promise<Record<Name, LoadResult[]>> {
  const names = namesOf(work);
  const results = record(names, (): LoadResult[] => []);
  for (let round = 0; round < count; round++) {
    for (const name of names) results[name].push(await work[name]());
  }
  return results;
}

function medians<Name extends string>(
  results: Record<Name, LoadResult[]>,
  value: (result: LoadResult) => number,
): Record<Name, number> {
  return record(namesOf(results), (name) => median(results[name].map(value)));
}

const namesOf = <Name extends string>(of: Record<Name, unknown>): Name[] => {
  const names: Name[] = [];
  for (const name in of) names.push(name);
  return names;
};

function record<Name extends string, Value>(names: Name[], make: (name: Name) => Value): Record<Name, Value> {
  const made: Partial<Record<Name, Value>> = {};
  for (const name of names) made[name] = make(name);
  const whole = (from: Partial<Record<Name, Value>>): from is Record<Name, Value> =>
    names.every((name) => name in from);
  if (!whole(made)) throw new Error('unreachable');
  return made;
}
