import { type Announcement, conferenceOf, hashText } from '../../directory/index.ts';
import { formatEndpoint } from '../../src/ip/index.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { spanText } from '../output/times.ts';
import { mediaText } from './conference.ts';

/** `user@host` of its origin; empty when that cannot be read. */
function originName({ origin }: Announcement): string {
  if (origin === undefined) return '';
  return origin.username === '-' ? origin.address : `${origin.username}@${origin.address}`;
}

function groupText(announcement: Announcement): string {
  const { sdp } = conferenceOf(announcement);
  const [endpoint] = (sdp?.media.toArray() ?? []).flatMap(({ endpoints }) => endpoints);
  return endpoint === undefined ? '' : formatEndpoint(endpoint.address, endpoint.port);
}

const agoText = (then: Date, now: Date): string => `${spanText(now.getTime() - then.getTime())} ago`;

/** When it should be heard again; one that is late by more than its period is worth a word. */
function nextText({ nextExpected, periodMs = 0 }: Announcement, now: Date): string {
  if (nextExpected === undefined) return '';
  const left = nextExpected.getTime() - now.getTime();
  if (left >= 500) return `in ${spanText(left)}`;
  return -left > periodMs ? `late by ${spanText(-left)}` : 'now';
}

const groupsOf = ({ heard }: Announcement): string[] => [...new Set(heard.map(({ group }) => group))];
const interfacesOf = ({ heard }: Announcement): string[] => [
  ...new Set(heard.flatMap(({ interface: by }) => by ?? [])),
];

/** What `show` and `join` take for each of them. */
export type Calls = ReadonlyMap<Announcement, string>;

/** For people. What has the name of another is told with what else it can be called. */
export function announcementColumns(now: Date, long: boolean, calls: Calls): Column<Announcement>[] {
  const text = (title: string, pick: (it: Announcement) => string): Column<Announcement> => ({
    title,
    human: (it) => printable(pick(it)),
    shrinks: 1,
  });
  const short: Column<Announcement>[] = [
    { ...text('NAME', (it) => it.name), shrinks: 3 },
    {
      title: 'CALL IT',
      human: (it) => {
        const call = calls.get(it) ?? '';
        return call === it.name ? '' : printable(call);
      },
    },
    { title: 'GROUP', human: (it) => printable(groupText(it)) },
    text('MEDIA', (it) => mediaText(conferenceOf(it))),
    { ...text('ORIGIN', originName), shrinks: 2 },
    { title: 'SENDER', human: (it) => printable(it.sender) },
    { title: 'HEARD', human: (it) => agoText(it.lastHeard, now) },
    { title: 'NEXT', human: (it) => nextText(it, now) },
  ];
  if (!long) return short;
  return [
    ...short,
    { title: 'HASH', human: ({ hash }) => hashText(hash) },
    {
      title: 'EVERY',
      human: ({ periodMs }) => (periodMs === undefined ? '' : spanText(periodMs)),
    },
    { title: 'SINCE', human: (it) => spanText(now.getTime() - it.firstHeard.getTime()) },
    { title: 'EXPIRES', human: (it) => `in ${spanText(it.expiresAt.getTime() - now.getTime())}` },
    text('SAP GROUP', (it) => groupsOf(it).join(' ')),
    text('INTERFACE', (it) => interfacesOf(it).join(' ')),
    text('SIGNED', (it) => it.authentication ?? ''),
  ];
}

/** For programs; their order is documented, so new ones go to the end. */
export const ANNOUNCEMENT_FIELDS: readonly Column<Announcement>[] = (
  [
    ['NAME', (it) => it.name],
    ['GROUP', groupText],
    ['MEDIA', (it) => mediaText(conferenceOf(it))],
    ['ORIGIN', originName],
    ['SENDER', (it) => it.sender],
    ['HASH', (it) => hashText(it.hash)],
    ['FIRST', (it) => it.firstHeard.toISOString()],
    ['LAST', (it) => it.lastHeard.toISOString()],
    ['NEXT', (it) => it.nextExpected?.toISOString() ?? ''],
    ['EXPIRES', (it) => it.expiresAt.toISOString()],
    ['GROUPS', (it) => groupsOf(it).join(' ')],
    ['INTERFACES', (it) => interfacesOf(it).join(' ')],
    ['AUTHENTICATION', (it) => it.authentication ?? ''],
  ] satisfies (readonly [string, (it: Announcement) => string])[]
).map(([title, human]) => ({ title, human }));

/** What `discover --json` prints of a session. @param call what it can be called by that no other can */
export function announcementJson(announcement: Announcement, call = announcement.name): object {
  const { name, key, origin, sender, source, hash, heard, count, periodMs } = announcement;
  const { authentication = null, isCompressed, isRecalled, firstHeard, lastHeard, expiresAt } = announcement;
  const { sdp, media } = conferenceOf(announcement).toJSON();
  return {
    kind: 'announcement',
    name,
    call,
    session: key,
    user: origin?.username ?? null,
    host: origin?.address ?? null,
    sender,
    source,
    hash,
    heard: heard.map(({ group, interface: by = null }) => ({ group, interface: by })),
    media,
    sdp: sdp ?? Buffer.from(announcement.payload).toString('utf8'),
    count,
    firstHeard: firstHeard.toISOString(),
    lastHeard: lastHeard.toISOString(),
    periodSeconds: periodMs === undefined ? null : Math.round(periodMs / 100) / 10,
    nextExpected: announcement.nextExpected?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
    authentication,
    isCompressed,
    isRecalled,
  };
}
