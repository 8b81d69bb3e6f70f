import { formatEndpoint } from '../../src/ip/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Suspicion } from './finding-book.ts';
import type { MediumWatch } from './medium-watch.ts';
import { type CheckSettings, checkSender, senderName } from './sender-checks.ts';
import type { SenderMeter } from './sender-meter.ts';

/** Of the conference that a medium belongs to. */
export interface ConferenceTiming {
  /** It takes place now. */
  readonly active: boolean;
  /** It is over for good. */
  readonly over: boolean;
}

const LATELY_MS: Ms = 10_000;
/** So much above b= is not explained by headers and bursts. */
const EXCESS = 1.1;
/** Sender reports come every five seconds or so; of a stream that they tell of something must have arrived. */
const RTP_PATIENCE_MS: Ms = 10_000;

/** What is wrong with one medium. */
export function* checkMedium(
  medium: MediumWatch,
  timing: ConferenceTiming,
  settings: CheckSettings,
  now: Ms,
): Generator<Suspicion> {
  const { expected, failure } = medium;
  const index = expected.index;
  if (failure !== undefined) {
    yield {
      code: 'notWatched',
      medium: index,
      message: failure,
      tryThis: 'rendezvous doctor tells more; it is tried again every half minute',
    };
    return;
  }
  for (const suspicion of checkAll(medium, timing, settings, now)) yield { ...suspicion, medium: index };
}

function* checkAll(
  medium: MediumWatch,
  timing: ConferenceTiming,
  settings: CheckSettings,
  now: Ms,
): Generator<Suspicion> {
  const senders = medium.senders(now);
  yield* checkPresence(medium, senders, timing, now);
  const drops = medium.kernelDrops.growth(LATELY_MS);
  if (drops > 0) yield localDrops(medium, drops);
  for (const meter of medium.meters.values()) {
    yield* checkSender(meter, medium.expected, settings, drops > 0, now);
    yield* checkAdmission(meter, medium, now);
  }
  yield* checkSenders(medium, senders);
  yield* checkTraffic(medium, now);
  for (const meter of medium.vanished.splice(0)) {
    yield {
      code: 'senderLost',
      ssrc: meter.source.ssrc,
      message: `${senderName(meter)} has sent neither RTP nor RTCP for a while, and said no goodbye`,
      tryThis: 'see whether it is switched off, has crashed, or lost its network',
    };
  }
}

/** Whether anything comes at all. */
function* checkPresence(
  medium: MediumWatch,
  senders: readonly SenderMeter[],
  { active, over }: ConferenceTiming,
  now: Ms,
): Generator<Suspicion> {
  const { expected, lastRtp, lastRtcp } = medium;
  const place = formatEndpoint(expected.group, expected.port);
  const via = medium.facts?.interfaces.join(' and ') ?? '';
  if (lastRtp === undefined && lastRtcp === undefined) {
    if (!active) return;
    yield {
      code: 'nothingHeard',
      message: `nothing has arrived at ${place}${via === '' ? '' : ` on ${via}`}`,
      tryThis: `see whether anybody sends, and whether it is the right interface: --interface; then rendezvous doctor ${expected.group}:${expected.port}`,
    };
    return;
  }
  if (over && senders.length > 0) {
    yield {
      code: 'sendingAfterEnd',
      message: `${senders.map(senderName).join(' and ')} still sends to ${place}, and the conference is over`,
      tryThis: 'switch the sender off, or give the conference more time: edit --stop',
    };
  }
  const promised = [...medium.session.sources.values()].filter(
    (it) =>
      it.senderInfo !== undefined && now - it.senderInfo.at < RTP_PATIENCE_MS && it.senderInfo.packets > 0,
  );
  for (const source of promised) {
    if (source.lastRtp !== undefined || now - source.firstHeard < RTP_PATIENCE_MS / 2) continue;
    yield {
      code: 'rtpMissing',
      ssrc: source.ssrc,
      message: `${source.sdes.name ?? source.cname ?? 'somebody'} at ${source.rtcpAddress?.address ?? '?'} reports that it has sent ${source.senderInfo?.packets} packets, and none has arrived at ${place}`,
      tryThis: `check that it sends to this group and port, and that a firewall lets ${expected.port} in as well as ${expected.rtcpPort}`,
    };
  }
  if (active && expected.oneSender !== undefined && lastRtp !== undefined && senders.length === 0) {
    yield {
      code: 'silent',
      message: `nothing has come from the sender of ${place} for ${((now - lastRtp) / 1000).toFixed(0)} s`,
      tryThis:
        'see whether the sender runs; if others still hear it, look for an IGMP querier: rendezvous doctor',
    };
  }
}

function localDrops({ facts, expected }: MediumWatch, drops: number): Suspicion {
  return {
    code: 'localDrops',
    message: `this host threw away ${drops} packets of ${formatEndpoint(expected.group, expected.port)} in ten seconds because they were not fetched in time${facts?.away === true ? ' (its interface is away)' : ''}`,
    tryThis:
      'raise net.core.rmem_max to 4194304, or watch fewer conferences in one process; it is no loss in the network',
  };
}

/** Whether this sender may send here. */
function* checkAdmission(meter: SenderMeter, medium: MediumWatch, now: Ms): Generator<Suspicion> {
  const { sources, excludedSources } = medium.expected;
  const address = meter.source.rtpAddress?.address;
  if (address === undefined || !meter.isSending(now)) return;
  if ((sources.length === 0 || sources.includes(address)) && !excludedSources.includes(address)) return;
  const rule =
    sources.length > 0 ? `lets only ${sources.join(', ')} send` : `excludes ${excludedSources.join(', ')}`;
  yield {
    code: 'foreignSource',
    ssrc: meter.source.ssrc,
    message: `${senderName(meter)} sends, and a=source-filter ${rule}`,
    tryThis:
      'correct the filter if this is the right sender, which filtering receivers do not hear; else tell who sends there',
  };
}

/** Several where one is expected, and two under one SSRC. */
function* checkSenders(medium: MediumWatch, senders: readonly SenderMeter[]): Generator<Suspicion> {
  const { expected, intruders, collisions } = medium;
  if (senders.length > 1 && expected.oneSender !== undefined) {
    yield {
      code: 'tooManySenders',
      message: `${senders.length} send to ${formatEndpoint(expected.group, expected.port)}, and ${expected.oneSender}: ${senders.slice(0, 4).map(senderName).join('; ')}`,
      tryThis: 'give one of them another group; receivers take what both send for one stream with loss',
    };
  }
  if (collisions.growth(LATELY_MS) === 0) return;
  for (const [ssrc, address] of intruders) {
    const meter = medium.meters.get(ssrc);
    if (meter === undefined) continue;
    yield {
      code: 'ssrcCollision',
      ssrc,
      message: `another sender at ${address} uses the SSRC of ${senderName(meter)}`,
      tryThis:
        'restart one of them, or give it an SSRC of its own; receivers hear one of the two, or bits of both',
    };
  }
}

/** What else is on the port, and how much there is of it all. */
function* checkTraffic(medium: MediumWatch, now: Ms): Generator<Suspicion> {
  const { expected, facts } = medium;
  const place = formatEndpoint(expected.group, expected.port);
  const malformed = medium.malformed.growth(LATELY_MS);
  if (malformed > 0) {
    const from = [...medium.strangers].filter(([, at]) => now - at < LATELY_MS).map(([address]) => address);
    yield {
      code: 'foreignTraffic',
      subject: 'malformed',
      message: `${malformed} packets in ten seconds at ${place} are not RTP${from.length === 0 ? '' : `, from ${from.join(', ')}`}`,
      tryThis: 'something else uses this group and port: find it by its address, or choose another group',
    };
  }
  const filtered = medium.filtered.growth(LATELY_MS);
  if (filtered > 0) {
    yield {
      code: 'foreignTraffic',
      subject: 'filtered',
      message: `${filtered} packets in ten seconds at ${place} are of others than ${expected.joinSources.join(', ')}: ${facts?.refusedSources.join(', ') ?? ''}`,
      tryThis: 'correct a=source-filter if that is the right sender; else tell who sends there',
    };
  }
  const bits = medium.bits.perSecond(LATELY_MS);
  if (expected.bandwidth !== undefined && bits > expected.bandwidth * EXCESS) {
    yield {
      code: 'bandwidth',
      message: `${Math.round(bits / 1000)} kbit/s arrive at ${place}, and b= allows ${Math.round(expected.bandwidth / 1000)}`,
      tryThis: 'correct b=, which networks are planned by, or send less: another codec or fewer senders',
    };
  }
}
