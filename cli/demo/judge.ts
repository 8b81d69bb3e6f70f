import type { ParticipantJson } from '../../conference/index.ts';
import type { DscpReport } from '../../src/net/index.ts';
import type { JoinEvent } from '../join/events.ts';
import { totalsOf } from '../join/wording.ts';
import { printable } from '../output/printable.ts';
import { envelope, envelopeMatch, soundSpan, strongestTone } from './measure.ts';
import type { MemberResult } from './member.ts';
import type { Recording } from './recording.ts';

/** One thing that the demonstration shows. */
export interface Step {
  /** Stable, for programs. */
  readonly id:
    | 'sound'
    | 'directory'
    | 'published'
    | 'found'
    | 'joined'
    | 'heard'
    | 'recorded'
    | 'marked'
    | 'goodbye'
    | 'withdrawn';
  readonly ok: boolean;
  /** What was seen, or what was not. */
  readonly lines: readonly string[];
  /** The same for programs. */
  readonly data?: unknown;
}

/** What one participant was to do, what it did, and what the other one recorded of it. */
export interface MemberEvidence {
  readonly name: string;
  /** What it sent: a tone of so many hertz, or a recording. */
  readonly sent: { readonly hz: number } | { readonly file: string; readonly recording: Recording };
  readonly pid: number | undefined;
  readonly result: MemberResult;
  /** What it heard; undefined when there is no recording that could be read. */
  readonly heard: Recording | undefined;
}

/** Packets that must arrive: two seconds of a tone; of a recording whose silence is not sent, any. */
const ENOUGH_PACKETS = { tone: 100, recording: 1 };
const MOST_LOSS_PERCENT = 1;
const ENOUGH_SECONDS = 3;
const LONGEST_GAP_SECONDS = 0.5;
/** How far a tone may be off, and how much of the energy must be in it. */
const HZ_TOLERANCE = 0.005;
const PURITY = 0.9;
const ALIKE = 0.85;

type Joined = Extract<JoinEvent, { type: 'joined' }>;

function joinedOf({ result }: MemberEvidence): Joined | undefined {
  return result.events.find((it) => it.type === 'joined');
}

function ssrcOf(member: MemberEvidence): number | undefined {
  return joinedOf(member)?.media[0]?.ssrc;
}

/** Did both join, and end well? */
export function judgeJoined(members: readonly MemberEvidence[]): Step {
  const lines: string[] = [];
  let ok = true;
  for (const member of members) {
    const medium = joinedOf(member)?.media[0];
    const { exitCode, complaint } = member.result;
    if (medium === undefined || exitCode !== 0) {
      ok = false;
      const said = complaint.trim().split('\n').map(printable).join('; ');
      const what = medium === undefined ? 'did not join' : `ended with status ${exitCode ?? 'killed'}`;
      lines.push(`${member.name} ${what}${said === '' ? '' : `: ${said}`}`);
      continue;
    }
    lines.push(
      `${member.name} in process ${member.pid}, through ${medium.interface} (${medium.interfaceAddress}), TTL ${medium.ttl}`,
    );
  }
  return { id: 'joined', ok, lines };
}

/** What a listener counted of a sender while it was there. */
export function countOf(listener: MemberEvidence, sender: MemberEvidence): ParticipantJson | undefined {
  const ssrc = ssrcOf(sender);
  return listener.result.events
    .toReversed()
    .filter((it) => it.type === 'statistics')
    .flatMap(({ participants }) => participants)
    .find(({ substreams }) => substreams.some((it) => it.ssrc === ssrc));
}

/** Did each hear the other, and how well? */
export function judgeHeard(members: readonly MemberEvidence[]): Step {
  const lines: string[] = [];
  const data: object[] = [];
  let ok = true;
  for (const [listener, sender] of pairs(members)) {
    const counted = countOf(listener, sender);
    if (counted === undefined) {
      ok = false;
      lines.push(`${listener.name} heard nothing of ${sender.name}`);
      continue;
    }
    const { packetsReceived, packetsLost, lossPercent, jitterMs } = totalsOf(counted);
    const enough = ENOUGH_PACKETS['hz' in sender.sent ? 'tone' : 'recording'];
    if (packetsReceived < enough || lossPercent > MOST_LOSS_PERCENT) ok = false;
    lines.push(
      `${listener.name} heard ${sender.name}: ${packetsReceived} packets of ${counted.substreams[0]?.format ?? 'an unknown format'}, ` +
        `${lossPercent.toFixed(1)} % lost, jitter ${jitterMs.toFixed(1)} ms`,
    );
    data.push({
      listener: listener.name,
      sender: sender.name,
      packetsReceived,
      packetsLost,
      lossPercent,
      jitterMs,
    });
  }
  return { id: 'heard', ok, lines, data };
}

/** Is in the recordings what was sent? */
export function judgeRecorded(members: readonly MemberEvidence[]): Step {
  const found = pairs(members).map(([listener, sender]) => judgeRecording(listener, sender));
  return {
    id: 'recorded',
    ok: found.every(({ ok }) => ok),
    lines: found.map(({ line }) => line),
    data: found.map(({ data }) => data),
  };
}

function judgeRecording(
  { name, heard }: MemberEvidence,
  sender: MemberEvidence,
): { readonly ok: boolean; readonly line: string; readonly data: object } {
  if (heard === undefined) return { ok: false, line: `${name} recorded nothing`, data: { listener: name } };
  const levels = envelope(heard.samples, heard.sampleRate);
  const span = soundSpan(levels);
  if (span === undefined) return { ok: false, line: `${name} recorded silence`, data: { listener: name } };
  const { seconds, dbfs, longestGap } = span;
  const enough = seconds >= ENOUGH_SECONDS && longestGap <= LONGEST_GAP_SECONDS;
  const gap = longestGap >= 0.1 ? `, with a gap of ${longestGap.toFixed(2)} s` : '';
  const common = `${seconds.toFixed(1)} s at ${dbfs.toFixed(1)} dBFS`;
  const data = { listener: name, sender: sender.name, seconds, dbfs, longestGap };
  if ('hz' in sender.sent) {
    const tone = strongestTone(heard.samples, heard.sampleRate);
    const { hz } = sender.sent;
    const fits = tone !== undefined && Math.abs(tone.hz - hz) <= hz * HZ_TOLERANCE && tone.purity >= PURITY;
    const line = `${name} recorded ${tone?.hz.toFixed(1) ?? 'no'} Hz, ${common}${gap}; ${sender.name} sent ${hz} Hz`;
    return { ok: fits && enough, line, data: { ...data, sentHz: hz, hz: tone?.hz, purity: tone?.purity } };
  }
  const { recording, file } = sender.sent;
  const match = envelopeMatch(envelope(recording.samples, recording.sampleRate), levels, 3);
  const alike = `${(100 * match).toFixed(0)} % like ${printable(file)}`;
  // speech has pauses of its own
  const ok = match >= ALIKE && (seconds >= ENOUGH_SECONDS || seconds >= 0.8 * durationOf(recording));
  return {
    ok,
    line: `${name} recorded ${common}, ${alike}, which ${sender.name} sent`,
    data: { ...data, file, match },
  };
}

function durationOf({ samples, sampleRate }: Recording): number {
  return samples.length / sampleRate;
}

/** Which marks did the packets arrive with? */
export function judgeMarked(members: readonly MemberEvidence[], report: DscpReport | undefined): Step {
  const wanted = joinedOf0(members)?.dscpRequested ?? 46;
  if (report === undefined) return { id: 'marked', ok: false, lines: ['nobody could look'] };
  if (report.unavailable !== undefined) {
    return { id: 'marked', ok: false, lines: [`the marks cannot be seen here: ${report.unavailable}`] };
  }
  const counts = new Map<number, number>();
  for (const { dscp, count } of report.observations) counts.set(dscp, (counts.get(dscp) ?? 0) + count);
  const total = [...counts.values()].reduce((sum, it) => sum + it, 0);
  const lines = [...counts].map(
    ([dscp, count]) =>
      `DSCP ${dscp}${dscp === 46 ? ' (EF)' : ''} on ${count} of ${total} packets as they arrived`,
  );
  const ok = total > 0 && counts.get(wanted) === total;
  if (total === 0) lines.push('no packet was seen by the observer');
  return { id: 'marked', ok, lines, data: report.observations };
}

function joinedOf0(members: readonly MemberEvidence[]): Joined['media'][number] | undefined {
  const [first] = members;
  return first === undefined ? undefined : joinedOf(first)?.media[0];
}

/** Did everybody say goodbye, and did the one who stayed longer hear it? */
export function judgeGoodbye(members: readonly MemberEvidence[], goodbyes: ReadonlySet<number>): Step {
  const lines: string[] = [];
  let ok = true;
  for (const member of members) {
    const ssrc = ssrcOf(member);
    const seen = ssrc !== undefined && goodbyes.has(ssrc);
    if (!seen) ok = false;
    lines.push(seen ? `${member.name} sent an RTCP BYE` : `no RTCP BYE of ${member.name} was seen`);
  }
  const [stayed, first] = members;
  if (stayed !== undefined && first !== undefined) {
    const cname = joinedOf(first)?.cname;
    const told = stayed.result.events.some(
      (it) =>
        it.type === 'participant-left' && it.participant.cname !== null && it.participant.cname === cname,
    );
    if (!told) ok = false;
    lines.push(`${stayed.name} ${told ? 'saw' : 'did not see'} ${first.name} leave`);
  }
  return { id: 'goodbye', ok, lines };
}

function pairs(members: readonly MemberEvidence[]): [listener: MemberEvidence, sender: MemberEvidence][] {
  return members.flatMap((listener) =>
    members
      .filter((it) => it !== listener)
      .map((sender): [MemberEvidence, MemberEvidence] => [listener, sender]),
  );
}
