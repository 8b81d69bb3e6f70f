import { formatEndpoint } from '../../src/ip/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Expectation } from './expectation.ts';
import type { Suspicion } from './finding-book.ts';
import type { SenderMeter } from './sender-meter.ts';

/** What checks go by besides what was measured. */
export interface CheckSettings {
  /** DSCP that packets should arrive with; undefined: any but 0. */
  readonly dscp: number | undefined;
  /** Whether an address is in a network of this host, so that no router was on the way. */
  readonly isNear: (address: string) => boolean;
}

/** Ten seconds: long enough for a share of the packets, short enough to see it end. */
const LATELY_MS: Ms = 10_000;
const WARNING_LOSS = 0.01;
const ERROR_LOSS = 0.05;
const REORDERED = 0.01;
const DUPLICATES = 0.02;
/** Receivers of voice have this much in hand. */
const UNEVEN_MS: Ms = 40;
const STALL_MS: Ms = 500;
const RATE_TOLERANCE = 0.02;
const DRIFT_PPM = 100;
/** Reports come every five seconds, a little more or less; so long nobody waits for one. */
const RTCP_PATIENCE_MS: Ms = 30_000;

/** How a sender is named in sentences: its name, or its address, with the SSRC. */
export function senderName({ source }: SenderMeter): string {
  const { sdes, rtpAddress, ssrc } = source;
  const id = `SSRC ${ssrc.toString(16).padStart(8, '0')}`;
  const who = sdes.name ?? sdes.cname;
  const from = rtpAddress === undefined ? '' : formatEndpoint(rtpAddress.address, rtpAddress.port);
  return who === undefined ? `${from} (${id})` : `${who} at ${from} (${id})`;
}

/** What is wrong with what one sender sends, or with how it arrives. */
export function* checkSender(
  meter: SenderMeter,
  expected: Expectation,
  settings: CheckSettings,
  localDrops: boolean,
  now: Ms,
): Generator<Suspicion> {
  if (meter.isSending(now)) {
    yield* checkPath(meter, localDrops);
    yield* checkAgainstDescription(meter, expected);
    yield* checkRtcp(meter, expected, now);
  }
  yield* checkMarks(meter, expected, settings);
}

/** How it arrives. */
function* checkPath(meter: SenderMeter, localDrops: boolean): Generator<Suspicion> {
  const { ssrc } = meter.source;
  const who = senderName(meter);
  const loss = meter.lossShare(LATELY_MS);
  // what this very host threw away is no news of the network
  if (loss >= WARNING_LOSS && !localDrops) {
    yield {
      code: 'loss',
      severity: loss >= ERROR_LOSS ? 'error' : 'warning',
      ssrc,
      message: `${percent(loss)} of the packets of ${who} are lost, up to ${meter.longestLoss} in a row`,
      tryThis:
        'look for a full link, a switch without QoS or Wi-Fi on the way; other receivers tell where: --matrix',
    };
  }
  const reordered = meter.shareOf(meter.reordered, LATELY_MS);
  if (reordered >= REORDERED) {
    yield {
      code: 'reordered',
      ssrc,
      message: `${percent(reordered)} of the packets of ${who} come out of order`,
      tryThis: 'look for two ways to here that share the load by packet instead of by stream',
    };
  }
  const twice = meter.shareOf(meter.duplicates, LATELY_MS);
  if (twice >= DUPLICATES) {
    yield {
      code: 'duplicates',
      ssrc,
      message: `${percent(twice)} of the packets of ${who} come twice`,
      tryThis: 'look for a loop, a second bridge or relay, or the sender sending on two interfaces',
    };
  }
  const jitter = meter.jitterMs(95);
  const packetMs = meter.packetMs ?? 0;
  if (jitter !== undefined && jitter > Math.max(UNEVEN_MS, 2 * packetMs)) {
    yield {
      code: 'jitter',
      ssrc,
      message: `packets of ${who} come up to ${jitter.toFixed(0)} ms early or late (95 of 100; packet time ${packetMs.toFixed(0)} ms)`,
      tryThis: 'look for a full link or Wi-Fi on the way, or a sender that sends in bursts',
    };
  }
  if (meter.worstGapMs > STALL_MS) {
    yield {
      code: 'stalls',
      ssrc,
      message: `nothing came of ${who} for ${meter.worstGapMs.toFixed(0)} ms, and then what was missing`,
      tryThis:
        'the sender or a queue on the way stood still: look at its load, and for bursts of other traffic',
    };
  }
  const jumps = meter.jumps.growth(LATELY_MS);
  if (jumps >= 2) {
    yield {
      code: 'sequenceJumps',
      ssrc,
      message: `the sequence numbers of ${who} jumped ${jumps} times in ten seconds`,
      tryThis:
        'either it starts again and again, or two senders behind one address share an SSRC; give each its own',
    };
  }
}

/** What it sends against what is described. */
function* checkAgainstDescription(meter: SenderMeter, expected: Expectation): Generator<Suspicion> {
  const { ssrc } = meter.source;
  const who = senderName(meter);
  const { format, payloadType } = meter;
  if (!meter.described) {
    const known = [...expected.formats.values()].map((it) => `${it.payloadType} (${it.label})`).join(', ');
    const what = format === undefined ? `${payloadType}` : `${payloadType} (${format.label})`;
    yield {
      code: 'payloadType',
      ssrc,
      message: `${who} sends payload type ${what}, the description has ${known || 'none'}`,
      tryThis: 'compare the sender’s description with this one: show --sdp; one of them is old',
    };
    return;
  }
  if (format === undefined) return;
  const rate = meter.clock.measuredRate;
  const wrongRate = rate !== undefined && Math.abs(rate / format.clockRate - 1) > RATE_TOLERANCE;
  if (wrongRate) {
    yield {
      code: 'clockRate',
      ssrc,
      message: `the timestamps of ${who} run at ${nearestRate(rate)} Hz, and ${format.label} has ${format.clockRate}`,
      tryThis: 'correct a=rtpmap, or the sample rate of the sender; receivers play it too fast or too slow',
    };
  }
  const drift = meter.clock.driftPpm;
  if (drift !== undefined && Math.abs(drift) > DRIFT_PPM) {
    yield {
      code: 'clockDrift',
      ssrc,
      message: `the clock of ${who} is ${Math.abs(drift).toFixed(0)} ppm ${drift > 0 ? 'fast' : 'slow'} against this host’s`,
      tryThis:
        'receivers have to correct it; where that is not wanted, give sender and receivers one clock (PTP)',
    };
  }
  const { packetMs } = meter;
  if (expected.ptimeMs !== undefined && packetMs !== undefined && !wrongRate) {
    // a millisecond of 44.1 kHz is not whole, and some say 0.12 for 0.125
    if (Math.abs(packetMs - expected.ptimeMs) > Math.max(0.02, expected.ptimeMs * 0.1)) {
      yield {
        code: 'packetTime',
        ssrc,
        message: `packets of ${who} last ${round(packetMs)} ms, and a=ptime says ${expected.ptimeMs}`,
        tryThis: 'set the packet time of the sender, or correct a=ptime; AES67 devices refuse what differs',
      };
    }
  }
  yield* checkSize(meter, expected, who);
}

function* checkSize(
  meter: SenderMeter,
  { encrypted, mediaType }: Expectation,
  who: string,
): Generator<Suspicion> {
  const { format } = meter;
  const [density, size] = [meter.density.value, meter.size.value];
  if (format?.bytesPerTick === undefined || encrypted || mediaType !== 'audio' || density === undefined)
    return;
  const ratio = density / 1000 / format.bytesPerTick;
  if (Math.abs(ratio - 1) < 0.001) return;
  const channels = ratio * format.channels;
  const guess = Number.isInteger(channels) && channels > 0;
  const step = meter.step.value ?? 0;
  const have =
    size === undefined || step <= 0
      ? `${round(density)} bytes for 1000 ticks`
      : `${size} bytes for ${step} ticks`;
  const wanted = size === undefined || step <= 0 ? format.bytesPerTick * 1000 : step * format.bytesPerTick;
  yield {
    code: 'packetSize',
    ssrc: meter.source.ssrc,
    message: `packets of ${who} have ${have}, and ${format.label} takes ${round(wanted)}${guess ? `: it looks like ${channels} channel${channels === 1 ? '' : 's'}` : ''}`,
    tryThis:
      'correct the channels or the encoding in a=rtpmap, or at the sender; it plays as noise or at the wrong speed',
  };
}

function* checkRtcp(meter: SenderMeter, expected: Expectation, now: Ms): Generator<Suspicion> {
  const { source } = meter;
  if (expected.rtcpOff || expected.encrypted || source.rtcpAddress !== undefined) return;
  if (now - source.firstHeard < RTCP_PATIENCE_MS) return;
  yield {
    code: 'rtcpMissing',
    ssrc: source.ssrc,
    message: `${senderName(meter)} sends no RTCP to ${formatEndpoint(expected.rtcpGroup, expected.rtcpPort)}`,
    tryThis:
      'switch RTCP on at the sender, or let port and port + 1 through firewalls; without it there is no name and no clock',
  };
}

/** DSCP and TTL as they arrive. */
function* checkMarks(
  meter: SenderMeter,
  expected: Expectation,
  settings: CheckSettings,
): Generator<Suspicion> {
  const { marks, source, dscpBefore } = meter;
  if (marks === undefined) return;
  const { ssrc, rtpAddress } = source;
  const who = senderName(meter);
  const { dscp, ttl } = marks;
  if (dscpBefore !== undefined) {
    yield {
      code: 'dscpChanged',
      ssrc,
      message: `packets of ${who} come with DSCP ${dscp} now, and came with ${dscpBefore}`,
      tryThis:
        'something on the way marks anew since then, or the way is another one: ask who changed a switch or router',
    };
  }
  if (settings.dscp === undefined ? dscp === 0 : dscp !== settings.dscp) {
    yield {
      code: 'dscp',
      severity: settings.dscp === undefined ? 'info' : 'warning',
      ssrc,
      message:
        settings.dscp === undefined
          ? `packets of ${who} arrive unmarked (DSCP 0)`
          : `packets of ${who} arrive with DSCP ${dscp} in place of ${settings.dscp}`,
      tryThis: 'mark at the sender (join --qos needed), and let switches and routers trust the mark',
    };
  }
  if (ttl === undefined || expected.ttl === undefined || rtpAddress === undefined) return;
  const near = settings.isNear(rtpAddress.address);
  const described = expected.ttlDescribed ? 'the description says' : 'the scope of the group needs';
  if (near ? ttl < expected.ttl : ttl === 1 && expected.ttl > 1) {
    yield {
      code: 'ttlLow',
      ssrc,
      message: `packets of ${who} arrive with TTL ${ttl}, and ${described} ${expected.ttl}${near ? '' : ': no further router lets them through'}`,
      tryThis: `set the TTL of the sender to ${expected.ttl}; now they end at ${ttl <= 1 ? 'the first router' : 'a router that others are behind'}`,
    };
  } else if (ttl > expected.ttl && expected.ttlDescribed) {
    yield {
      code: 'ttlHigh',
      ssrc,
      message: `packets of ${who} arrive with TTL ${ttl}, and the description says ${expected.ttl}`,
      tryThis: 'set the TTL of the sender, or correct it in c=; they may go further than they are meant to',
    };
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const round = (value: number): string => String(Math.round(value * 1000) / 1000);

const RATES = [
  8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 90_000, 96_000, 176_400, 192_000,
];

/** The rate that is meant, when there is one near by. */
function nearestRate(measured: number): number {
  return RATES.find((rate) => Math.abs(measured / rate - 1) < RATE_TOLERANCE) ?? Math.round(measured);
}
