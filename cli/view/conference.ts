import { formatEndpoint } from '../../src/ip/index.ts';
import type { Conference, ConferenceOccurrence } from '../../directory/index.ts';
import { formatMediaClock, formatReferenceClock, type MediaDescription } from '../../src/sdp/index.ts';
import { clocksText } from '../output/clocks.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { momentText, spanFromNow, spanText } from '../output/times.ts';

/** Occurrences that `show` names behind the next one. */
const NEXT_SHOWN = 3;

const iso = (date: Date | null | undefined): string => date?.toISOString() ?? '';

/** Group and port of the first medium that has them. */
function firstGroup(conference: Conference): string {
  const [endpoint] = (conference.sdp?.media.toArray() ?? []).flatMap((medium) => medium.endpoints);
  return endpoint === undefined ? '' : formatEndpoint(endpoint.address, endpoint.port);
}

/** `audio PCMU/8000`, with what is less preferred behind. */
export function mediumText(medium: MediaDescription): string {
  return printable(`${medium.kind} ${mediumFormats(medium)}`.trim());
}

function mediumFormats(medium: MediaDescription): string {
  const formats = medium.formats.map((format) => {
    const map = medium.isRtp ? medium.rtpMap(Number(format)) : undefined;
    if (map === undefined) return format;
    const { encoding, clockRate, channels = 1 } = map;
    return `${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
  });
  return formats.join(' ');
}

export function mediaText(conference: Conference): string {
  return (conference.sdp?.media.toArray() ?? []).map(mediumText).join(', ');
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** `Round 9` before `Round 10`. */
export function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return collator.compare(a.name, b.name);
}

/**
 * Columns of `list`; their order in a pipe is documented, so new ones go to the end.
 *
 * @param from tells when it takes place from here on
 */
export function conferenceColumns(now: Date, long: boolean, from: Date = now): Column<Conference>[] {
  const text = (pick: (it: Conference) => string | undefined): Omit<Column<Conference>, 'title'> => ({
    human: (it) => printable(pick(it) ?? ''),
    plain: (it) => pick(it) ?? '',
    shrinks: 1,
  });
  const start = (it: Conference): string => iso(it.startTime);
  const short: Column<Conference>[] = [
    { title: 'NAME', ...text((it) => it.name), shrinks: 3 },
    { title: 'GROUP', human: firstGroup },
    { title: 'SCOPE', human: (it) => it.advertisingScope ?? '' },
  ];
  const media: Column<Conference> = { title: 'MEDIA', human: mediaText, shrinks: 1 };
  const more: Column<Conference>[] = [
    { title: 'ORIGINATOR', ...text((it) => it.originator) },
    { title: 'DESCRIPTION', ...text((it) => it.description) },
    { title: 'URL', ...text((it) => it.url) },
    {
      title: 'ENCRYPTED',
      human: (it) => (it.isEncrypted ? 'yes' : ''),
      plain: (it) => (it.isEncrypted ? 'yes' : 'no'),
    },
    {
      title: 'EXPIRES',
      human: (it) => (it.expiresAt === undefined ? '' : momentText(it.expiresAt, now)),
      plain: (it) => iso(it.expiresAt),
    },
  ];
  return [
    ...short,
    // a person reads one sentence where a program wants two fields
    { title: 'WHEN', human: (it) => spanOf(it, now, from), plain: start, shrinks: 2 },
    ...(long ? [media, ...more] : [media]),
  ];
}

/** For people, with where conferences come from when a gateway brought one of them. */
export function withOrigins(
  columns: readonly Column<Conference>[],
  found: readonly Conference[],
): readonly Column<Conference>[] {
  if (found.every(({ origin }) => origin === undefined)) return columns;
  return [...columns, { title: 'ORIGIN', human: originText, shrinks: 2 }];
}

/** Fields in a pipe: start and stop are two, and the sentence about both is none. */
export function pipeColumns(now: Date, long: boolean, from: Date = now): Column<Conference>[] {
  const stop: Column<Conference> = { title: 'STOP', human: (it) => iso(it.stopTime) };
  const dn: Column<Conference> = { title: 'DN', human: (it) => it.dn ?? '' };
  const origin: Column<Conference> = { title: 'ORIGIN', human: originText };
  const next: Column<Conference> = { title: 'NEXT', human: (it) => iso(nextOccurrence(it, from)?.start) };
  const columns = conferenceColumns(now, long, from).flatMap((column) =>
    column.title === 'WHEN' ? [column, stop] : [column],
  );
  return long ? [...columns, dn, next, origin] : columns;
}

/** When it takes place, for people. Repeats count: what takes place at the moment is "now". */
export function spanOf(conference: Conference, now: Date, from: Date = now): string {
  const next = nextOccurrence(conference, from);
  const text = spanFromNow(next ?? { start: conference.startTime, stop: conference.stopTime }, now);
  return conference.repeats ? `${text}, repeatedly` : text;
}

function nextOccurrence(conference: Conference, from: Date): ConferenceOccurrence | undefined {
  return conference.occurrences(from).take(1).toArray()[0];
}

/** How often, and when next: the occurrence that stands under "When" is left out. */
function repeatPairs(conference: Conference, now: Date): (readonly [string, string])[] {
  const repeats = (conference.sdp?.times.toArray() ?? []).flatMap((time) => time.repeats);
  const rules = repeats.map(({ intervalSeconds, durationSeconds, offsetsSeconds }) => {
    const often = offsetsSeconds.length === 1 ? 'every' : `${offsetsSeconds.length} times every`;
    return `${often} ${spanText(intervalSeconds * 1000)}, for ${spanText(durationSeconds * 1000)} each`;
  });
  const end = conference.stopTime === null ? 'without end' : `until ${momentText(conference.stopTime, now)}`;
  const later = conference.repeats ? conference.occurrences(now).drop(1).take(NEXT_SHOWN) : [];
  return [
    ...rules.map((rule) => ['Repeats', `${rule}, ${end}`] as const),
    ...[...later].flatMap(({ start }) =>
      start === undefined ? [] : [['Then', momentText(start, now)] as const],
    ),
  ];
}

/** What `show` tells a person, as label and value. @param directory where it is, when that is worth saying */
export function conferencePairs(
  conference: Conference,
  now: Date,
  directory?: string,
): (readonly [label: string, value: string | undefined])[] {
  const { sdp } = conference;
  const maybe = (text: string | undefined): string | undefined =>
    text === undefined || text === '' ? undefined : printable(text);
  return [
    ['Name', printable(conference.name)],
    ['Description', maybe(conference.description)],
    ['When', spanOf(conference, now)],
    ...repeatPairs(conference, now),
    ...(sdp?.media.toArray() ?? []).map((medium) => ['Medium', mediumLine(medium)] as const),
    ...(sdp?.media.toArray() ?? []).flatMap(clockPairs),
    ['Scope', conference.advertisingScope],
    ['Originator', maybe(originatorOf(conference))],
    ['URL', maybe(conference.url)],
    ...(sdp?.emails ?? []).map(({ address, name }) => ['E-mail', maybe(contact(address, name))] as const),
    ...(sdp?.phones ?? []).map(({ number, name }) => ['Phone', maybe(contact(number, name))] as const),
    ['Encrypted', conference.isEncrypted ? 'yes' : undefined],
    ['Problem', maybe(conference.sdpProblem)],
    ['Origin', maybe(originSentence(conference))],
    ['Access', maybe(conference.acl?.toString())],
    ['Entry', maybe(conference.dn)],
    ['Expires', expiry(conference, now)],
    ['Directory', maybe(directory)],
  ];
}

/**
 * What `show` tells a program: lines of a field's name and its value or values, names as in the JSON. What there is
 * none of has no line; media, e-mail addresses and telephone numbers have a line each.
 */
export function conferenceFields(conference: Conference, now: Date, directory?: string): string[][] {
  const { sdp } = conference;
  const one = (name: string, value: string | undefined): string[][] =>
    value === undefined || value === '' ? [] : [[name, value]];
  const next = conference.repeats ? nextOccurrence(conference, now) : undefined;
  return [
    ['name', conference.name],
    ...one('description', conference.description),
    ...one('startTime', iso(conference.startTime)),
    ...one('stopTime', iso(conference.stopTime)),
    ...one('nextStart', iso(next?.start)),
    ...one('nextStop', iso(next?.stop)),
    ...(sdp?.media.toArray() ?? []).map(mediumFields),
    ...one('advertisingScope', conference.advertisingScope),
    ...one('originator', conference.originator),
    ...one('url', conference.url),
    ...(sdp?.emails ?? []).flatMap(({ address, name }) => one('email', contact(address, name))),
    ...(sdp?.phones ?? []).flatMap(({ number, name }) => one('phone', contact(number, name))),
    ['isEncrypted', conference.isEncrypted ? 'yes' : 'no'],
    ...one('sdpProblem', conference.sdpProblem),
    ...one('origin', originText(conference)),
    ...one('dn', conference.dn),
    ...one('acl', conference.acl?.toString()),
    ...one('expiresAt', iso(conference.expiresAt)),
    ...one('directory', directory),
  ];
}

/** `SAP 192.0.2.7` for what a gateway brought, else nothing. */
export function originText({ origin }: Conference): string {
  return origin === undefined ? '' : printable(`${origin.kind.toUpperCase()} ${origin.source}`);
}

function originSentence({ origin }: Conference): string | undefined {
  if (origin === undefined) return undefined;
  const how = origin.gateway === null ? '' : `, brought here by gateway ${origin.gateway}`;
  return `announced by SAP from ${origin.source} on ${origin.group}${how}`;
}

function mediumFields(medium: MediaDescription): string[] {
  const [endpoint] = medium.endpoints;
  const where = endpoint === undefined ? '' : formatEndpoint(endpoint.address, endpoint.port);
  return ['medium', medium.kind, mediumFormats(medium), where, medium.ttl?.toString() ?? ''];
}

/** What `a=ts-refclk` and `a=mediaclk` say. */
function clockPairs(medium: MediaDescription): (readonly [string, string])[] {
  const clock = medium.mediaClock();
  const references = medium.referenceClocks().map(formatReferenceClock);
  const text = clocksText(references, clock === undefined ? undefined : formatMediaClock(clock));
  return text === '' ? [] : [['Clock', text]];
}

function mediumLine(medium: MediaDescription): string {
  const [endpoint] = medium.endpoints;
  const where = endpoint === undefined ? 'no address' : formatEndpoint(endpoint.address, endpoint.port);
  const ttl = medium.ttl === undefined ? '' : `, TTL ${medium.ttl}`;
  const title = medium.title === undefined ? '' : ` (${printable(medium.title)})`;
  const { admittedSources: sources } = medium;
  const from = sources.length === 0 ? '' : `, only from ${printable(sources.join(', '))}`;
  return `${mediumText(medium)}${title} on ${where}${ttl}${from}`;
}

function originatorOf({ originator, sdp }: Conference): string | undefined {
  const machine = sdp?.machineAddress;
  if (originator === undefined) return machine;
  return machine === undefined ? originator : `${originator} at ${machine}`;
}

function contact(value: string, name: string | undefined): string {
  return name === undefined ? value : `${name} <${value}>`;
}

function expiry({ expiresAt }: Conference, now: Date): string | undefined {
  if (expiresAt === undefined) return undefined;
  const left = expiresAt.getTime() - now.getTime();
  return `${momentText(expiresAt, now)} (in ${spanText(left)}), unless it is refreshed`;
}
