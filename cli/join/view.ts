import { formatEndpoint } from '../../src/ip/index.ts';
import type { Output } from '../output/output.ts';
import { padTo, printable, textWidth, truncate } from '../output/printable.ts';
import { spanText } from '../output/times.ts';
import { encryptionText } from './encryption-event.ts';
import { matrixLines } from './reception-matrix.ts';
import type { PersonView, ViewState } from './view-state.ts';
import { dscpText, sourcesText } from './wording.ts';

/** How a line's parts are coloured; `(style, text) => text` for no colour. */
export type Paint = Output['style'];

/** Level of an empty bar, and its width when there is room. */
const SILENCE_DBFS = -60;
const BAR = 10;
/** Widest part of a row that is not the name: number, bar, state, loss, jitter. */
const FIXED = 2 + 2 + BAR + 2 + 8 + 8 + 9;
const SHORTEST_NAME = 8;
const LONGEST_NAME = 32;

const KEYS =
  'm mute · 1-9 mute participant · ↑↓ select · +- volume · r who hears whom · h hold · q leave · ? help';
const SHORT_KEYS = 'm mute · h hold · q leave · ? help';
const TALK = {
  idle: 'hold the space bar to talk',
  waiting: 'waiting to talk …',
  talking: 'TALKING',
  tail: 'TALKING',
} as const;
const HELP: readonly string[] = [
  'm    mute or unmute yourself: the others hear nothing of you',
  'space  with --ptt: talk while it is held, or from tap to tap; else as m',
  '1-9  mute or unmute a participant, for you alone',
  '↑ ↓  select a participant; + - volume, ← → balance, x mute; with none: of all',
  'r    who hears whom how well, by what all report; talking◂ has the floor',
  'h    hold and resume: nothing is sent or played, you stay in the conference',
  'q    leave and say goodbye (so does Ctrl-C; a second one quits at once)',
  'l    draw everything anew',
  '?    this help',
];

/**
 * Draws the live view. Pure: the same state gives the same lines, none of them wider than `columns`, not more than
 * `rows` of them (at least the first two).
 */
export function viewLines(state: ViewState, columns: number, rows: number, paint: Paint): string[] {
  const width = Math.max(10, columns);
  const head = headLines(state, width, paint);
  const foot = footLines(state, width, paint);
  const room = Math.max(1, rows - head.length - foot.length - 1);
  const people =
    state.matrix === undefined
      ? peopleLines(state, width, room, paint)
      : matrixLines(state.matrix, width, room, paint);
  return [...head, ...people, ...foot].slice(0, Math.max(2, rows - 1));
}

function headLines(state: ViewState, width: number, paint: Paint): string[] {
  const { medium, interfaceSentence, remainingMs, phase } = state;
  const where = medium === undefined ? '' : formatEndpoint(medium.group, medium.port);
  const title = truncate(printable(state.title), Math.max(1, width - textWidth(where) - 2));
  const gap = ' '.repeat(Math.max(1, width - textWidth(title) - textWidth(where)));
  const lines = [''];
  lines.push(
    where === '' || gap.length + textWidth(title) + where.length > width
      ? paint('bold', title)
      : `${paint('bold', title)}${gap}${paint('cyan', where)}`,
  );
  const facts: string[] = [];
  if (phase === 'waiting') facts.push(`begins in ${spanText(remainingMs ?? 0)}`);
  else if (phase === 'joining') facts.push('joining …');
  else if (phase === 'leaving') facts.push('leaving …');
  if (medium !== undefined && medium.encryption !== null) facts.push(encryptionText(medium.encryption));
  if (medium !== undefined) facts.push(`DSCP ${dscpText(medium)}`, `TTL ${medium.ttl}`);
  if (medium !== undefined && phase !== 'waiting') {
    facts.push(remainingMs === undefined ? 'no end' : `${spanText(remainingMs)} left`);
  }
  if (state.held) facts.push('ON HOLD');
  if (state.talk !== 'open') facts.push(TALK[state.talk]);
  const marked = medium === undefined || medium.dscp === medium.dscpRequested;
  const factLine = truncate(facts.join(' · '), width);
  lines.push(state.held || !marked ? paint('yellow', factLine) : paint('dim', factLine));
  if (state.away)
    lines.push(paint('yellow', truncate(`${medium?.interface} has gone; waiting for it`, width)));
  else if (interfaceSentence !== undefined) lines.push(paint('dim', truncate(interfaceSentence, width)));
  const sources = medium === undefined ? undefined : sourcesText(medium);
  if (sources !== undefined) lines.push(paint('dim', truncate(sources, width)));
  lines.push('');
  return lines;
}

function footLines({ trouble, help, keys }: ViewState, width: number, paint: Paint): string[] {
  const lines: string[] = [];
  if (trouble.length > 0) lines.push('', ...trouble.map((line) => paint('yellow', truncate(line, width))));
  if (help) lines.push('', ...HELP.map((line) => paint('dim', truncate(line, width))));
  const last = keys ? (textWidth(KEYS) <= width ? KEYS : SHORT_KEYS) : 'Ctrl-C leaves';
  return [...lines, '', paint('dim', truncate(last, width))];
}

function peopleLines(state: ViewState, width: number, room: number, paint: Paint): string[] {
  const { self, others, sending, selected, mixDb } = state;
  const own = `${self.name} (you)`;
  const longest = Math.max(...[own, ...others.map(({ name }) => name)].map(textWidth));
  const nameWidth = Math.max(SHORTEST_NAME, Math.min(LONGEST_NAME, longest, width - FIXED));
  const row = (number: string, person: PersonView, label: string, tail: string): string =>
    personLine(number, person, label, tail, nameWidth, width, paint);
  const volume = mixDb === 0 ? '' : `  all ${signed(mixDb)} dB`;
  const what = (sending === undefined ? 'listening' : `sends ${printable(sending)}`) + volume;
  const lines = [row('·', self, own, what)];
  const shown = others.length <= room - 1 ? others.length : Math.max(0, room - 2);
  const first = Math.max(0, Math.min(selected - shown + 1, others.length - shown)); // the selected one is in sight
  for (const [at, person] of others.slice(first, first + shown).entries()) {
    const i = first + at;
    const number = i === selected ? '▸' : i < 9 ? String(i + 1) : ' ';
    lines.push(row(number, person, person.name, quality(person)));
  }
  if (others.length === 0) lines.push(paint('dim', truncate('  nobody else is here yet', width)));
  else if (shown < others.length)
    lines.push(paint('dim', truncate(`  … and ${others.length - shown} more`, width)));
  return lines;
}

function personLine(
  number: string,
  person: PersonView,
  label: string,
  tail: string,
  nameWidth: number,
  width: number,
  paint: Paint,
): string {
  const name = padTo(truncate(label, nameWidth), nameWidth);
  const bar = levelBar(person);
  const state = person.muted ? 'muted' : person.talking ? (person.floor ? 'talking◂' : 'talking') : '';
  // cut first and paint then: escape sequences have no width, but truncate would count them
  const plain = [`${number} `, `${name}  `, `${bar}  `, padTo(state, 8), `  ${tail}`];
  const colors = [
    'dim',
    person.talking && !person.muted ? 'bold' : undefined,
    person.muted ? 'dim' : 'green',
    person.muted ? 'yellow' : 'green',
    loses(person) ? 'red' : 'dim',
  ] as const;
  let left = width;
  return plain
    .map((part, i) => {
      const kept = truncate(part, left);
      left -= textWidth(kept);
      const color = colors[i];
      return color === undefined || kept === '' ? kept : paint(color, kept);
    })
    .join('')
    .trimEnd();
}

function loses({ lossPercent }: PersonView): boolean {
  return lossPercent !== undefined && lossPercent >= 1;
}

function quality(person: PersonView): string {
  const { active, lossPercent, jitterMs, delayMs, mos, note } = person;
  const said = note === undefined ? '' : `  ${printable(note)}`;
  const set = settings(person);
  if (lossPercent === undefined || jitterMs === undefined) return `listening${set}${said}`;
  // what was just set, then what matters most: narrow terminals cut the rest
  const numbers =
    `${lossPercent.toFixed(1)} % lost`.padStart(11) + `${jitterMs.toFixed(1)} ms jitter`.padStart(16);
  const rating = mos === undefined ? '' : `  MOS ${mos.toFixed(1)}`;
  const delay = delayMs === undefined ? '' : `  ${Math.round(delayMs)} ms delay`;
  return `${set}${numbers}${rating}${active ? '' : '  quiet now'}${delay}${said}`;
}

/** What the listener has set, when it is anything. */
function settings({ gainDb, pan }: PersonView): string {
  const volume = gainDb === 0 ? '' : `  ${signed(gainDb)} dB`;
  const side = pan === 0 ? '' : `  ${Math.round(Math.abs(pan) * 100)} % ${pan < 0 ? 'left' : 'right'}`;
  return volume + side;
}

/** `+3`, `−6`. */
export function signed(db: number): string {
  const text = String(Math.abs(Math.round(db * 10) / 10));
  return db < 0 ? `−${text}` : `+${text}`;
}

/** A bar from silence to full level; eighths of a cell, so that speech is seen to move. */
export function levelBar({ levelDbfs, muted }: Pick<PersonView, 'levelDbfs' | 'muted'>): string {
  if (muted) return '─'.repeat(BAR);
  const share = Math.min(1, Math.max(0, (levelDbfs - SILENCE_DBFS) / -SILENCE_DBFS));
  const eighths = Number.isFinite(share) ? Math.round(share * BAR * 8) : 0;
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return (full + part).padEnd(BAR, '·');
}
