import { noConnection } from './checks.ts';
import { show } from '../rules/report.ts';
import { isIp } from '../../ip/index.ts';
import { code, eachMedium, type Hit, type Receiver } from './rule.ts';
import type { Description } from './description.ts';
import type { SdpLine } from '../lines.ts';

const PARSER = code('VLC 3.0, modules/services_discovery/sap.c: ParseSDP');
const CONNECTION = code('VLC 3.0, modules/services_discovery/sap.c: ParseConnection, IsWellKnownPayload');

/** Lines in the only order it takes, before the first `m=` and below each; capital letters stand for several. */
const SESSION_ORDER = 'vosiuEPcBTzkA';
const MEDIA_ORDER = 'micBkA';
/** Payload types that it plays without the live555 module. */
const BUILT_IN = [0, 3, 8, 10, 11, 12, 14, 32, 33];
const TRANSPORTS = ['UDP', 'RTP/AVP', 'UDPLITE/RTP/AVP', 'DCCP/RTP/AVP', 'TCP/RTP/AVP'];

/** The first line that its parser stumbles over. */
function outOfOrder({ lines }: Description): Hit | undefined {
  let media: number | undefined;
  let place = 0;
  for (const { number, type, value, media: section } of lines) {
    if (section !== media) {
      media = section;
      place = 0;
    }
    if (type === '' || !'vosiuepcbtrzkam'.includes(type)) {
      const what =
        type === '' ? (value === '' ? 'a blank line' : 'a line that is not <letter>=<value>') : `${type}=`;
      return { line: number, reason: `${what} makes it refuse the whole description` };
    }
    const order = section === undefined ? SESSION_ORDER : MEDIA_ORDER;
    const letter = type === 'r' ? 'T' : type;
    const single = order.indexOf(letter, place);
    const repeated = order.indexOf(letter.toUpperCase(), place);
    if (single >= 0) place = single + 1;
    else if (repeated >= 0) place = repeated;
    else return { line: number, reason: `${type}= is not taken at this place` };
  }
  return undefined;
}

const first = (lines: readonly SdpLine[], type: string): SdpLine | undefined =>
  lines.find((line) => line.type === type);

export const VLC: Receiver = {
  id: 'vlc',
  title: 'VLC',
  about: 'VLC 3, files and announcements; held against the installed program (without live555) by the tests',
  rules: [
    {
      id: 'connection-missing',
      severity: 'refuses',
      source: CONNECTION,
      check: noConnection,
      advice: 'add "c=IN IP4 <group>/<ttl>"',
    },
    {
      id: 'start',
      severity: 'refuses',
      source: code('VLC 3.0, modules/services_discovery/sap.c: OpenDemux'),
      check: ({ lines: [version, origin], byteOrderMark }) =>
        !byteOrderMark &&
        version?.type === 'v' &&
        version.value === '0' &&
        version.ending !== '\r' &&
        origin?.type === 'o'
          ? []
          : [{ line: 1, reason: 'it does not begin with the lines "v=0" and "o="' }],
      advice: 'begin with these two lines, ended by CRLF or LF, without a byte order mark',
    },
    {
      id: 'order',
      severity: 'refuses',
      source: PARSER,
      check: (description) => {
        const hit = outOfOrder(description);
        return hit === undefined ? [] : [hit];
      },
      advice: 'keep exactly to the order of RFC 8866 §5 and to its letters, without blank lines',
    },
    {
      id: 'required',
      severity: 'refuses',
      source: PARSER,
      check: ({ sessionLines, media }) => {
        const missing = ['o', 's', 't'].filter((type) => first(sessionLines, type) === undefined);
        if (media.length === 0) missing.push('m');
        return missing.map((type) => ({ line: 1, reason: `there is no ${type}= line` }));
      },
      advice: 'add it',
    },
    {
      id: 'origin',
      severity: 'refuses',
      source: PARSER,
      check: ({ lines }) => {
        const origin = first(lines, 'o');
        return origin === undefined || /^\S+\s+\d+\s+\d+\s+IN IP[46]\s+\S/.test(origin.value)
          ? []
          : [{ line: origin.number, reason: 'it wants "<user> <digits> <digits> IN IP4 <address>"' }];
      },
      advice: 'write numbers in digits, and IN IP4 or IN IP6',
    },
    {
      id: 'name',
      severity: 'refuses',
      source: PARSER,
      check: ({ lines }) =>
        lines
          .filter(({ type, value }) => type === 's' && value === '')
          .map(({ number }) => ({ line: number, reason: 'the session name is empty' })),
      advice: 'write "s=-"',
    },
    {
      id: 'connection',
      severity: 'refuses',
      source: PARSER,
      check: ({ lines }) =>
        lines
          .filter(({ type, value }) => {
            const address = /^IN IP[46]\s+([^/]+)/.exec(value)?.[1];
            return type === 'c' && (address === undefined || !isIp(address));
          })
          .map(({ number, value }) => ({ line: number, reason: `${show(value)} has no address in numbers` })),
      advice: 'write "c=IN IP4 <group>/<ttl>", without blanks at the end',
    },
    {
      id: 'port',
      severity: 'refuses',
      source: PARSER,
      check: eachMedium(({ description, port, line }) =>
        description.readable && port === 0 ? { line, reason: 'the port is 0' } : undefined,
      ),
      advice: 'give the port that is sent to',
    },
    {
      id: 'format',
      severity: 'refuses',
      source: CONNECTION,
      check: eachMedium(({ description, line }) =>
        description.formats.length === 0
          ? { line, reason: 'there is no format behind the transport' }
          : undefined,
      ),
      advice: 'add the payload type',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: CONNECTION,
      check: eachMedium(({ description, proto, line }) =>
        !description.readable || TRANSPORTS.includes(proto.toUpperCase())
          ? undefined
          : { line, reason: `the transport ${show(proto)} is not known to it` },
      ),
      advice: 'write RTP/AVP',
    },
    {
      id: 'live555',
      severity: 'warns',
      source: CONNECTION,
      check: ({ media }) => {
        const [medium] = media;
        if (medium === undefined) return [];
        const { line, payloadType, proto } = medium;
        const places = new Set(media.map(({ connection, port }) => `${connection?.address} ${port}`));
        if (places.size > 1)
          return [{ line: media[1]?.line ?? line, reason: 'several media on different groups or ports' }];
        if (medium.description.addresses.length > 1)
          return [{ line, reason: 'several addresses for one medium' }];
        return payloadType === undefined || proto.toLowerCase() === 'udp' || BUILT_IN.includes(payloadType)
          ? []
          : [{ line, reason: `payload type ${payloadType} is not one that it plays by itself` }];
      },
      advice: 'use a VLC with the live555 module, which those of Debian and Ubuntu do not have',
    },
    {
      id: 'live555-encoding',
      severity: 'warns',
      source: code('VLC 3.0, modules/access/live555.cpp'),
      check: eachMedium(({ kind, format, formatLine: line }) =>
        kind === 'audio' &&
        format !== undefined &&
        ['AM824', 'L32', 'G7221', 'CN', 'RTP-MIDI'].includes(format.encoding.toUpperCase())
          ? { line, reason: `${format.encoding} is not played, with that module or without` }
          : undefined,
      ),
      advice: 'send L16, L24, PCMU, PCMA or opus',
    },
    {
      id: 'source-filter',
      severity: 'misreads',
      source: CONNECTION,
      check: eachMedium(({ find }) => {
        const filter = find('source-filter');
        if (filter === undefined || /^incl IN IP[46] \S+ \S+$/.test(filter.value)) return undefined;
        const reason = 'of a source filter it reads "incl" and one address: others are heard, or not';
        return { line: filter.line, reason };
      }),
      advice: 'name one source: "a=source-filter: incl IN IP4 <group> <source>"',
    },
  ],
};
