import { formatEndpoint } from '../../src/ip/index.ts';
import type { ParticipantJson } from '../../conference/index.ts';
import { printable } from '../output/printable.ts';
import { clocksText } from '../output/clocks.ts';
import { clockText, spanText } from '../output/times.ts';
import { encryptionText } from './encryption-event.ts';
import type { JoinEvent } from './events.ts';
import type { MediumJson } from './medium-json.ts';
import { callLine, qualityTotals, sayQuality } from './quality-wording.ts';

/** How much an event matters to somebody who reads along: `detail` is only told with `--verbose`. */
export type Weight = 'news' | 'warning' | 'detail';

/** An event in words; several lines when it has much to say. */
export interface Sentence {
  readonly weight: Weight;
  readonly lines: readonly string[];
}

const news = (...lines: string[]): Sentence => ({ weight: 'news', lines });
const detail = (...lines: string[]): Sentence => ({ weight: 'detail', lines });
const warning = (...lines: string[]): Sentence => ({ weight: 'warning', lines });

/** Names of code points; the others that have one are class selectors and assured forwarding. */
const DSCP_NAMES: Readonly<Record<number, string>> = {
  0: 'best effort',
  1: 'LE',
  44: 'VOICE-ADMIT',
  46: 'EF',
};

function dscpName(dscp: number): string | undefined {
  if (DSCP_NAMES[dscp] !== undefined || dscp % 8 === 0) return DSCP_NAMES[dscp] ?? `CS${dscp / 8}`;
  const [group, drop] = [dscp >> 3, (dscp & 7) / 2];
  return group >= 1 && group <= 4 && Number.isInteger(drop) ? `AF${group}${drop}` : undefined;
}

/** `46 (EF)`, or why it is not what was asked for. */
export function dscpText({ dscp, dscpRequested }: Pick<MediumJson, 'dscp' | 'dscpRequested'>): string {
  const name = dscpName(dscp);
  const text = name === undefined ? String(dscp) : `${dscp} (${name})`;
  return dscp === dscpRequested ? text : `${text} instead of ${dscpRequested}`;
}

/** Who alone may be heard; undefined when everybody may. */
export function sourcesText({
  sources,
  interfaceAddress,
}: Pick<MediumJson, 'sources' | 'interfaceAddress'>): string | undefined {
  if (sources.length === 0) return undefined;
  const ours = sources.every((source) => source === interfaceAddress);
  return ours ? 'only you may be heard' : `hearing only ${sources.join(', ')}`;
}

/** The name to call a participant by. Everything in it is from elsewhere. */
export function nameOf({ name, cname, substreams, id }: ParticipantJson): string {
  const ssrc = substreams[0]?.ssrc.toString(16).padStart(8, '0');
  return printable(name ?? cname ?? ssrc ?? id);
}

/** Says an event in a sentence. Texts of others are made printable. */
export function say(event: JoinEvent, now: Date): Sentence {
  switch (event.type) {
    case 'waiting':
      return news(
        `waiting for "${printable(event.name)}", which begins in ${spanText(event.inSeconds * 1000)} ` +
          `(${clockText(new Date(event.start))})`,
      );
    case 'joined':
      return news(...joinedLines(event, now));
    case 'participant-joined':
      return news(`${arrivalName(event.participant)} is here${from(event.participant)}`);
    case 'participant-updated':
      return updated(event.participant, event.items);
    case 'participant-merged':
      return detail(`${nameOf(event.participant)} and ${event.mergedId} are the same participant`);
    case 'participant-left':
      return news(
        `${nameOf(event.participant)} has left${event.reason === null ? '' : `: ${printable(event.reason)}`}`,
      );
    case 'participant-timeout':
      return news(`${nameOf(event.participant)} has not been heard of for long and counts as gone`);
    case 'participant-recovered':
      return news(`${nameOf(event.participant)} is back`);
    case 'participant-active':
      return detail(`${nameOf(event.participant)} begins to send`);
    case 'participant-inactive':
      return detail(`${nameOf(event.participant)} has ceased to send`);
    case 'talking':
      return news(event.participant.local ? 'you are talking' : `${nameOf(event.participant)} is talking`);
    case 'silent':
      return news(event.participant.local ? 'you are silent' : `${nameOf(event.participant)} is silent`);
    case 'active-talker':
      if (event.participant === null) return detail('nobody has the floor');
      return detail(
        event.participant.local ? 'you have the floor' : `${nameOf(event.participant)} has the floor`,
      );
    case 'substream-added':
      return detail(`${nameOf(event.participant)} sends ${event.media} (SSRC ${hex(event.ssrc)})`);
    case 'substream-removed':
      return detail(`${nameOf(event.participant)} sends ${event.media} no more (SSRC ${hex(event.ssrc)})`);
    case 'participant-mapped':
      return news(`${nameOf(event.participant)} is heard on ${printable(event.terminal)}`);
    case 'participant-unmapped':
      return news(`${nameOf(event.participant)} is heard on ${printable(event.terminal)} no more`);
    case 'stream-active':
      return detail(`${event.stream} runs`);
    case 'stream-inactive':
      return detail(`${event.stream} rests`);
    case 'stream-failed':
      return warning(`${event.stream} has failed (${event.cause})`);
    case 'source-ended':
      return news(`${printable(event.terminal)} has been sent to its end; you stay and listen`);
    case 'recording':
      return news(`recording in ${printable(event.directory)}`);
    case 'recorded': {
      const { files, seconds, packetsLost, directory } = event;
      const lost = packetsLost === 0 ? 'no packet lost' : `${packetsLost} packets lost`;
      const what = files === 1 ? '1 file' : `${files} files`;
      return news(`recorded ${spanText(seconds * 1000)} in ${what} in ${printable(directory)}, ${lost}`);
    }
    case 'terminal-failed':
      return warning(`${printable(event.terminal)}: ${printable(event.message)}`);
    case 'floor':
      return news(
        FLOOR[event.cause] ?? (event.state === 'waiting' ? 'waiting until you may talk' : 'you may talk now'),
      );
    case 'floor-busy': {
      const names = event.participants.map(nameOf).join(', ');
      const verb = event.participants.length === 1 ? 'is' : 'are';
      return news(`${names} ${verb} talking${event.waiting ? '' : ' too'}`);
    }
    case 'digit':
      return news(`${nameOf(event.participant)} pressed ${event.digit}`);
    case 'key-picture-requested':
      return detail(`${nameOf(event.participant)} asks for a key picture`);
    case 'clipping':
      return warning(
        `too loud: ${event.stream} was cut off ${event.overs} times; turn the source down, or use --gain -6`,
      );
    case 'interface-back':
      return news(printable(event.message));
    case 'encryption':
      return event.kind === 'keyUsed' ? news(printable(event.message)) : warning(printable(event.message));
    case 'qos':
    case 'warning':
    case 'interface-lost':
      return warning(printable(event.message));
    case 'state':
      return detail(`call: ${event.from} → ${event.to}`);
    case 'verdict':
      return news(...verdictLines(event));
    case 'statistics':
      return {
        weight: event.final ? 'news' : 'detail',
        lines: [callLine(event.call), ...statisticsLines(event.participants)],
      };
    case 'ducking':
      return news(`talk here: ${event.others.map(printable).join(', ')} softer`);
    case 'ducking-over':
      return news('the others are as loud as before');
    case 'talk-target':
      return news(event.name === null ? 'you talk to nobody' : `you talk to ${printable(event.name)}`);
    case 'opened':
      return news(
        `the conference begins${event.stop === null ? '' : `; it ends at ${clockText(new Date(event.stop))}`}`,
      );
    case 'closing':
      return news(
        `the conference ends in ${spanText(event.inSeconds * 1000)} (${clockText(new Date(event.stop))})`,
      );
    case 'closed':
      return news(
        `the conference is over${event.next === null ? '' : `; it takes place again at ${new Date(event.next).toISOString()}`}`,
      );
    case 'quality-poor':
    case 'quality-restored':
    case 'reception':
    case 'matrix':
    case 'metrics':
      return sayQuality(event, nameOf);
    case 'left':
      break;
  }
  return news(`left ${LEFT[event.cause]} after ${spanText(event.seconds * 1000)}`);
}

const FLOOR: Readonly<Record<string, string>> = {
  released: 'released: the others do not hear you any more',
  timeout: 'pressed for too long: the others do not hear you any more; press again to talk',
  left: 'the others do not hear you any more',
};

const LEFT = {
  duration: 'as asked',
  quit: 'as asked',
  closed: 'because its time is over',
  interrupted: 'because of an interrupt',
  'output-closed': 'because nobody reads the output any more',
} as const;

function joinedLines(event: Extract<JoinEvent, { type: 'joined' }>, now: Date): string[] {
  const until =
    event.stop === null ? '' : `, which ends in ${spanText(Date.parse(event.stop) - now.getTime())}`;
  const [first] = event.media;
  const lines = [`joined "${printable(event.name)}"${until}`];
  for (const medium of event.media) {
    const others = medium.interfaces.filter((name) => name !== medium.interface);
    const listening = others.length === 0 ? '' : `, listening on ${others.join(', ')} too`;
    lines.push(
      `  ${medium.media}: ${formatEndpoint(medium.group, medium.port)} through ${medium.interface} (${medium.interfaceAddress})${listening}`,
    );
    const sources = sourcesText(medium);
    if (sources !== undefined) lines.push(`  ${sources}`);
    const clocks = clocksText(medium.referenceClocks, medium.mediaClock);
    if (clocks !== '') lines.push(`  clock ${clocks}`);
    if (medium.rtcpTo !== null && medium.rtcpTo !== formatEndpoint(medium.group, medium.rtcpPort)) {
      lines.push(`  reporting to ${medium.rtcpTo}`);
    }
  }
  if (first !== undefined && first.encryption !== null) lines.push(`  ${encryptionText(first.encryption)}`);
  if (first !== undefined)
    lines.push(`  DSCP ${dscpText(first)}, TTL ${first.ttl}, loopback ${first.loopback}`);
  lines.push(
    `  sending ${event.sending ?? 'nothing'}, receiving to ${event.receiving.join(' and ') || 'nothing'}`,
  );
  return lines;
}

/** The verdict on a join: one line, then each likely cause with what to try. */
export function verdictLines({
  summary,
  reasons,
}: Pick<Extract<JoinEvent, { type: 'verdict' }>, 'summary' | 'reasons'>): string[] {
  return [
    reasons.length === 0 ? summary : `${summary}; likeliest first:`,
    ...reasons.flatMap(({ message, tryThis }) => [
      `  - ${printable(message)}`,
      `    try: ${printable(tryThis)}`,
    ]),
  ];
}

function updated(participant: ParticipantJson, items: readonly string[]): Sentence {
  const told = items.filter((item) => item !== 'cname' && item !== 'priv');
  if (told.length === 0)
    return detail(`${nameOf(participant)} has the CNAME ${printable(participant.cname ?? '?')}`);
  const values: Readonly<Record<string, string | null>> = {
    email: participant.email,
    phone: participant.phone,
    loc: participant.location,
    tool: participant.tool,
    note: participant.note,
  };
  const parts = Object.entries(values)
    .filter(([item]) => told.includes(item))
    .map(([item, value]) => `${item} ${value === null ? 'withdrawn' : printable(value)}`);
  if (!told.includes('name')) return news(`${nameOf(participant)} says: ${parts.join(', ')}`);
  return news([`${shortId(participant)} is ${nameOf(participant)}`, ...parts].join(', '));
}

/** What was to be seen of a participant before its name became known. */
function shortId({ address, substreams, id }: ParticipantJson): string {
  const ssrc = substreams[0]?.ssrc;
  const what = ssrc === undefined ? id : hex(ssrc);
  return address === null ? what : `${what} from ${printable(address)}`;
}

/** RTP usually comes first, and says no name; RTCP follows within seconds. */
function arrivalName(participant: ParticipantJson): string {
  return participant.name === null && participant.cname === null ? 'somebody' : nameOf(participant);
}

function from({ address }: ParticipantJson): string {
  return address === null ? '' : `, from ${printable(address)}`;
}

/** One line for each participant who sends: loss, jitter, level. */
export function statisticsLines(participants: readonly ParticipantJson[]): string[] {
  return participants
    .filter(({ local }) => !local)
    .map((it) => {
      const { packetsReceived, lossPercent, jitterMs } = totalsOf(it);
      if (packetsReceived === 0) return `${nameOf(it)}: sends nothing`;
      const level = it.levelDbfs === null ? 'silence' : `${it.levelDbfs.toFixed(0)} dBFS`;
      return `${nameOf(it)}: ${packetsReceived} packets, ${lossPercent.toFixed(1)} % lost, jitter ${jitterMs.toFixed(1)} ms${qualityTotals(it)}, ${level}`;
    });
}

/** All substreams of a participant together; the jitter is the worst one's. */
export function totalsOf({ substreams }: ParticipantJson): {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly lossPercent: number;
  readonly jitterMs: number;
} {
  let [packetsReceived, packetsLost, jitterMs] = [0, 0, 0];
  for (const it of substreams) {
    packetsReceived += it.packetsReceived;
    packetsLost += Math.max(0, it.packetsLost);
    jitterMs = Math.max(jitterMs, it.jitterMs);
  }
  const expected = packetsReceived + packetsLost;
  return {
    packetsReceived,
    packetsLost,
    lossPercent: expected === 0 ? 0 : (100 * packetsLost) / expected,
    jitterMs,
  };
}

function hex(ssrc: number): string {
  return ssrc.toString(16).padStart(8, '0');
}
