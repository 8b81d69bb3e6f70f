import { formatEndpoint, isMulticast } from '../../src/ip/index.ts';
import { SnoopingWatch } from '../../src/igmp/index.ts';
import {
  loadNativeSockets,
  openMarkedReceiver,
  openMulticastSocket,
  watchQueries,
} from '../../src/net/index.ts';
import { rtpPortPair } from '../../src/sdp/index.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { CliContext } from '../context.ts';
import { attempt } from '../doctor/attempt.ts';
import { judgeGroup } from '../doctor/group/judge.ts';
import { GroupSurvey, type Sender } from '../doctor/group/survey.ts';
import { FailedError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { parseGroup } from '../input/group.ts';
import { Interrupts } from '../interrupts.ts';
import { findDescription } from '../join/description.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { checkLines } from './doctor.ts';

const DEFAULT_MS = 5000;
const POLL_MS = 10;
/** After so long without anything it is looked up whether the conference is still there. */
const SILENCE_MS = 10_000;

/** An address, perhaps with a port; a conference may be called `101` or `10:30`. */
const LIKE_A_GROUP = /^\d+\.\d+\.[\d.]+(:\d+)?$|^\[?[\da-f]{0,4}:[\da-f]{0,4}:[\da-f:.]*(\](:\d+)?)?$/i;

interface Target {
  readonly group: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly expected: readonly number[] | undefined;
  /** Found by its name or in a file, and not given as a group. */
  readonly described: boolean;
}

/**
 * Listens to a group, or that of a conference, and tells who sends there, and whether they are in each other's way.
 *
 * @throws {FailedError} when nothing is heard
 */
export async function runDoctorGroup(ctx: CliContext, what: string, options: DoctorOptions): Promise<void> {
  const target = await findTarget(ctx, what);
  const lasts = options.duration === undefined ? DEFAULT_MS : parseDuration(options.duration);
  const survey = new GroupSurvey();
  using interrupts = new Interrupts(ctx.host);
  const { clock } = ctx;
  const begun = clock.now();
  const watch = new SnoopingWatch(begun);
  await listen(ctx, target, options.interface, survey, watch, begun + lasts, interrupts.signal);
  if (target.described && !interrupts.happened && watch.silentFor(clock.now()) >= SILENCE_MS) {
    const again = await attempt(() => findTarget(ctx, what));
    if (again.value === undefined) watch.handleEnd();
    else watch.handleAnnouncement(clock.now());
  }
  const { senders, strangers } = survey;
  const endpoint = formatEndpoint(target.group, target.port);
  const seconds = Math.round((clock.now() - begun) / 1000);
  const suspicion = watch.suspicion(clock.now());
  const checks = judgeGroup({ endpoint, seconds, senders, strangers, expected: target.expected, suspicion });
  const failed = checks.filter(({ status }) => status === 'fail');
  if (options.json === true) {
    const { group, port } = target;
    const told = senders.map((it) => senderJson(it));
    ctx.out.json({ ok: failed.length === 0, group, port, seconds, senders: told, others: strangers, checks });
  } else {
    if (senders.length > 0) ctx.out.table(COLUMNS, senders);
    for (const line of checks.flatMap((check) => checkLines(ctx, check, false))) ctx.out.line(line);
  }
  const [first] = failed;
  if (first !== undefined) throw new FailedError(first.detail);
}

async function findTarget(ctx: CliContext, what: string): Promise<Target> {
  if (LIKE_A_GROUP.test(what)) {
    const { address, port = 5004 } = parseGroup(what);
    return { group: address, port, rtcpPort: port + 1, expected: undefined, described: false };
  }
  const { description, name } = await findDescription(ctx, what);
  const medium = description.media.toArray().find((it) => it.endpoints.some((at) => isMulticast(at.address)));
  const at = medium?.endpoints.find(({ address }) => isMulticast(address));
  if (medium === undefined || at === undefined) throw new FailedError(`"${name}" has no multicast group`);
  const expected = medium.formats.map(Number).filter((it) => Number.isInteger(it));
  const rtcpPort = at.rtcpPort ?? rtpPortPair(at.port).rtcp;
  return { group: at.address, port: at.port, rtcpPort, expected, described: true };
}

async function listen(
  { clock, err }: CliContext,
  { group, port, rtcpPort }: Target,
  wanted: string | undefined,
  survey: GroupSurvey,
  watch: SnoopingWatch,
  end: number,
  signal: AbortSignal,
): Promise<void> {
  const via = wanted === undefined ? {} : { interface: wanted };
  await using control = await openMulticastSocket({ group, port: rtcpPort, ttl: 0, ...via });
  control.onDatagram(({ bytes }) => survey.addControl(bytes));
  err.note(
    `Listening to ${formatEndpoint(group, port)} for ${Math.round((end - clock.now()) / 1000)} s through ${control.interface.sentence}`,
  );
  const native = await loadNativeSockets();
  await using opened = new AsyncDisposableStack();
  const receiver = native.available
    ? opened.use(openMarkedReceiver(native, { group, port, interfaceIndex: control.interface.index ?? 0 }))
    : undefined;
  if (receiver === undefined) {
    const media = opened.use(await openMulticastSocket({ group, port, ...via }));
    media.onDatagram(({ bytes, from, at }) => {
      survey.addMedia(bytes, from, at);
      watch.handleMedia(at);
    });
  }
  const { name, index } = control.interface;
  const queries = index === undefined ? undefined : await watchQueries(name, index);
  if (queries !== undefined) opened.use(queries);
  while (clock.now() < end && !signal.aborted) {
    if (queries?.wereAsked(group) === true) watch.handleQuery(clock.now());
    for (let next = receiver?.receive(); next !== undefined; next = receiver?.receive()) {
      survey.addMedia(next.bytes, next, clock.now());
      watch.handleMedia(clock.now());
    }
    await new Promise<void>((resolve) => {
      clock.timer(resolve).set(clock.now() + POLL_MS);
    });
  }
}

const COLUMNS: readonly Column<Sender>[] = [
  { title: 'SENDER', human: ({ address }) => address },
  { title: 'SSRC', human: ({ ssrc }) => ssrc.toString(16).padStart(8, '0') },
  { title: 'CNAME', human: ({ cname }) => (cname === undefined ? '' : printable(cname)), shrinks: 1 },
  { title: 'PACKETS', human: ({ packets }) => String(packets) },
  { title: 'MISSING', human: ({ missing }) => String(missing) },
  { title: 'PT', human: ({ payloadTypes }) => payloadTypes.join(',') },
  { title: 'TTL', human: ({ ttl }) => (ttl === undefined ? '' : String(ttl)) },
  { title: 'DSCP', human: ({ dscp }) => (dscp === undefined ? '' : String(dscp)) },
];

function senderJson({ firstAt: _first, lastAt: _last, cname, ttl, dscp, ...it }: Sender): object {
  return { ...it, cname: cname ?? null, ttl: ttl ?? null, dscp: dscp ?? null };
}
