import type {
  ConferenceFigures,
  Finding,
  MonitorEvent,
  SenderFigures,
  Severity,
} from '../../conference/monitor/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { spanText } from '../output/times.ts';
import { EVENT_NAMES, ssrcText } from './json.ts';

export const MARKS: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', info: '·' };

/** Kilobits and megabits, three digits. */
export function bitsText(bits: number): string {
  if (bits < 1) return '';
  if (bits < 999_500) return `${Math.round(bits / 1000)} kbit/s`;
  return `${(bits / 1e6).toPrecision(3)} Mbit/s`;
}
export const percentText = (share: number): string =>
  share === 0 ? '0 %' : share < 0.0005 ? '<0.1 %' : `${(share * 100).toFixed(1)} %`;
const numberText = (value: number | undefined, digits = 0, unit = ''): string =>
  value === undefined ? '—' : `${value.toFixed(digits)}${unit}`;

/** `−18 dB`, or of each channel `−18/−21 dB`. */
export function levelText(levels: readonly number[] | undefined): string {
  if (levels === undefined) return '—';
  return `${levels.map((it) => (it <= -100 ? '−∞' : it.toFixed(0).replace('-', '−'))).join('/')} dB`;
}

/** Who it is, in few words. */
export function whoText({ name, cname, address, ssrc }: SenderFigures): string {
  return printable(name ?? cname ?? address ?? ssrcText(ssrc));
}

/** `2 talking`, `1 sending`, `silent`, … */
export function stateText({ state, since, sending, talking }: ConferenceFigures, wall: number): string {
  const span = spanText(wall - since);
  if (state === 'alive') return talking > 0 ? `${talking} talking` : `${sending} sending`;
  if (state === 'silent') return `silent ${span}`;
  if (state === 'unheard') return `unheard ${span}`;
  return state;
}

function findingsText({ findings }: ConferenceFigures): string {
  const [worst, ...others] = byTrouble(findings);
  if (worst === undefined) return '';
  return worst.title + (others.length > 0 ? ` +${others.length}` : '');
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

export const byTrouble = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity] || a.since - b.since);

/** The worst first; equals by name, so that nothing jumps about. */
export function inOrder(all: readonly ConferenceFigures[]): readonly ConferenceFigures[] {
  const rank = ({ severity, state }: ConferenceFigures): number =>
    severity === undefined ? (state === 'alive' ? 3 : 4) : RANK[severity];
  return all.toSorted(
    (a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.key.localeCompare(b.key),
  );
}

/** The table of conferences. */
export function conferenceColumns(wall: number): readonly Column<ConferenceFigures>[] {
  return [
    {
      title: '',
      human: ({ severity }) => (severity === undefined ? '' : MARKS[severity]),
      plain: ({ severity }) => severity ?? 'ok',
    },
    { title: 'CONFERENCE', human: ({ name }) => printable(name), shrinks: 2 },
    {
      title: 'GROUP',
      human: ({ media }) => media.map(({ group, port }) => formatEndpoint(group, port)).join(' '),
      shrinks: 3,
    },
    { title: 'STATE', human: (it) => stateText(it, wall), plain: ({ state }) => state },
    {
      title: 'PACKETS/S',
      human: ({ packetsPerSecond }) => (packetsPerSecond < 0.5 ? '' : packetsPerSecond.toFixed(0)),
      plain: ({ packetsPerSecond }) => packetsPerSecond.toFixed(1),
    },
    {
      title: 'RATE',
      human: ({ bitsPerSecond }) => bitsText(bitsPerSecond),
      plain: ({ bitsPerSecond }) => bitsPerSecond.toFixed(0),
    },
    {
      title: 'LOSS',
      human: ({ lossShare, sending }) => (sending === 0 ? '' : percentText(lossShare)),
      plain: ({ lossShare }) => lossShare.toFixed(4),
    },
    {
      title: 'JITTER',
      human: (it) => jitterText(it),
      plain: (it) => worstJitter(it)?.toFixed(2) ?? '',
    },
    {
      title: 'LEVEL',
      human: ({ media, sending }) =>
        sending === 0 ? '' : levelText(loudest(media.flatMap(({ senders }) => senders))),
      plain: ({ media }) => loudest(media.flatMap(({ senders }) => senders))?.[0]?.toFixed(1) ?? '',
    },
    {
      title: 'FINDINGS',
      human: findingsText,
      plain: ({ findings }) =>
        byTrouble(findings)
          .map(({ code }) => code)
          .join(','),
      shrinks: 1,
    },
    {
      title: '',
      human: () => '', // in a pipe only: on a terminal the sentences stand below the table
      plain: ({ findings }) =>
        printable(
          byTrouble(findings)
            .map(({ message }) => message)
            .join(' | '),
        ),
    },
  ];
}

function worstJitter({ media }: ConferenceFigures): number | undefined {
  const all = media.flatMap(({ senders }) => senders).filter(({ sending }) => sending);
  const jitters = all.flatMap(({ jitter95Ms }) => jitter95Ms ?? []);
  return jitters.length === 0 ? undefined : Math.max(...jitters);
}
function jitterText(it: ConferenceFigures): string {
  const jitter = worstJitter(it);
  return jitter === undefined ? '' : `${jitter.toFixed(jitter < 10 ? 1 : 0)} ms`;
}
/** Of several senders the loudest; one level, since a table has little room. */
function loudest(senders: readonly SenderFigures[]): readonly number[] | undefined {
  const levels = senders.filter(({ sending }) => sending).flatMap(({ levelsDbfs = [] }) => levelsDbfs);
  return levels.length === 0 ? undefined : [Math.max(...levels)];
}

/** The table of the senders of one medium. */
export const SENDER_COLUMNS: readonly Column<SenderFigures>[] = [
  { title: '', human: ({ sending, talking }) => (talking ? '●' : sending ? '○' : '') },
  { title: 'SENDER', human: whoText, shrinks: 1 },
  {
    title: 'FROM',
    human: ({ address, port }) => (address === undefined ? '' : formatEndpoint(address, port ?? 0)),
    shrinks: 2,
  },
  { title: 'SSRC', human: ({ ssrc }) => ssrcText(ssrc) },
  {
    title: 'FORMAT',
    human: ({ format, payloadType, described }) => `${format ?? `PT ${payloadType}`}${described ? '' : '?'}`,
  },
  {
    title: 'PTIME',
    human: ({ packetMs }) => (packetMs === undefined ? '—' : String(Math.round(packetMs * 1000) / 1000)),
  },
  { title: 'P/S', human: ({ packetsPerSecond }) => packetsPerSecond.toFixed(0) },
  { title: 'LOSS', human: ({ lossShare }) => percentText(lossShare) },
  { title: 'LOST', human: ({ lost }) => String(lost) },
  {
    title: 'JITTER 50/95/99',
    human: ({ jitter50Ms, jitter95Ms, jitter99Ms }) =>
      [jitter50Ms, jitter95Ms, jitter99Ms].map((it) => numberText(it, 1)).join('/'),
  },
  { title: 'GAP', human: ({ worstGapMs }) => numberText(worstGapMs, 0, ' ms') },
  { title: 'LEVEL', human: ({ levelsDbfs }) => levelText(levelsDbfs) },
  { title: 'DSCP', human: ({ dscp }) => numberText(dscp) },
  { title: 'TTL', human: ({ ttl }) => numberText(ttl) },
  { title: 'DRIFT', human: ({ driftPpm }) => (driftPpm === undefined ? '' : `${driftPpm.toFixed(0)} ppm`) },
  { title: 'RTCP', human: ({ rtcp }) => (rtcp ? 'yes' : 'no') },
];

/** What happened, as fields of a line. */
export function eventFields(event: MonitorEvent, time: string): readonly string[] {
  const head = [time, EVENT_NAMES[event.type], printable(event.conference)];
  if ('finding' in event) {
    const { severity, code, message, tryThis } = event.finding;
    const advice = event.type === 'findingCleared' ? '' : ` (${tryThis})`;
    return [...head, severity, code, printable(`${message}${advice}`)];
  }
  if ('sender' in event) {
    const { sender, cause } = event;
    const from = sender.address === undefined ? '' : formatEndpoint(sender.address, sender.port ?? 0);
    const name = sender.name ?? sender.cname; // without one, address and SSRC say enough
    const who = [name && printable(name), from, ssrcText(sender.ssrc), sender.format];
    return [...head, '', cause ?? '', who.filter((it) => it !== undefined && it !== '').join(' ')];
  }
  return 'state' in event ? [...head, '', event.state, `was ${event.before}`] : [...head, '', '', ''];
}
