import { show } from '../rules/report.ts';
import { noMedia, numericAddress, portZero, severalAddresses, severalPorts } from './checks.ts';
import { words } from '../lines.ts';
import { code, eachMedium, type Receiver } from './rule.ts';

const PARSER = code('FFmpeg 5.1, libavformat/rtsp.c: sdp_parse_line, sdp_probe');
const HANDLERS = code('FFmpeg 5.1, libavformat/rtp.c and rtpdec.c: payload types and depacketizers');

/** Encodings with a depacketizer or a codec behind the plain payload, by media kind, in capitals. */
const ENCODINGS: Readonly<Record<string, readonly string[]>> = {
  audio: [
    ...words('PCMU PCMA G722 L16 L24 GSM G723 QCELP MPA MPA-ROBUST SPEEX ILBC AMR AMR-WB G726-16 G726-24'),
    ...words('G726-32 G726-40 VORBIS OPUS AC3 AAL2-G726-16 AAL2-G726-24 AAL2-G726-32 AAL2-G726-40 MP4A-LATM'),
    ...words('MPEG4-GENERIC X-QT'),
  ],
  video: [
    ...words('H261 H263 H263-1998 H263-2000 H264 H265 VP8 VP9 JPEG MPV MP4V-ES THEORA DV VC2 RAW MP2T X-QT'),
  ],
};
/** Payload types of RFC 3551 that it knows without an `a=rtpmap`. */
const STATIC = [0, 4, 8, 9, 10, 11, 12, 14, 26, 31, 32, 33, 34];
/** Others are skipped. */
const KINDS = ['audio', 'video', 'application', 'text'];

export const FFMPEG: Receiver = {
  id: 'ffmpeg',
  title: 'ffmpeg',
  about: 'the sdp and sap demuxers; held against the installed program by the tests',
  rules: [
    { id: 'no-media', severity: 'refuses', source: PARSER, check: noMedia, advice: 'add a medium' },
    {
      id: 'line-ends',
      severity: 'refuses',
      source: PARSER,
      check: ({ lines }) =>
        lines[0]?.ending === '\r' ? [{ line: 1, reason: 'lines end with a lone CR' }] : [],
      advice: 'end lines with CRLF',
    },
    {
      id: 'connection-missing',
      severity: 'refuses',
      source: PARSER,
      check: ({ lines }) =>
        lines.some(({ type, value }) => type === 'c' && value.startsWith('IN IP'))
          ? []
          : [
              {
                line: lines.find(({ type }) => type === 'c')?.number ?? 1,
                reason: 'no line starts with "c=IN IP", by which it knows a description',
              },
            ],
      advice: 'write "c=IN IP4 <group>/<ttl>" without further blanks',
    },
    {
      id: 'address',
      severity: 'refuses',
      source: PARSER,
      check: numericAddress,
      advice: 'write the address in numbers',
    },
    {
      id: 'transport-stream-address',
      severity: 'refuses',
      source: PARSER,
      check: eachMedium(({ payloadType, description, lines }) => {
        const own = lines.find(({ type }) => type === 'c');
        const isTransportStream =
          payloadType === 33 || (!description.isRtp && description.formats[0] === '33');
        return isTransportStream && own !== undefined
          ? {
              line: own.number,
              reason: 'the c= line below the m= of a transport stream is not applied to it',
            }
          : undefined;
      }),
      advice: 'put the c= line before the m= line',
    },
    {
      id: 'media',
      severity: 'misreads',
      source: PARSER,
      check: eachMedium(({ kind, line }) =>
        KINDS.includes(kind) ? undefined : { line, reason: `the medium ${show(kind)} is skipped` },
      ),
      advice: `use one of ${KINDS.join(', ')}`,
    },
    {
      id: 'format-missing',
      severity: 'misreads',
      source: PARSER,
      check: eachMedium(({ description, line }) =>
        description.readable && description.formats.length === 0
          ? { line, reason: 'without a format it takes payload type 0, PCMU' }
          : undefined,
      ),
      advice: 'add the payload type behind RTP/AVP',
    },
    {
      id: 'rtpmap-missing',
      severity: 'refuses',
      source: HANDLERS,
      check: eachMedium(({ kind, isMapped, payloadType, line }) =>
        isMapped ||
        payloadType === undefined ||
        STATIC.includes(payloadType) ||
        !Object.hasOwn(ENCODINGS, kind)
          ? undefined
          : {
              line,
              reason: `there is no a=rtpmap for payload type ${payloadType}, which it does not know by itself`,
            },
      ),
      advice: 'add "a=rtpmap:<payload type> <encoding>/<clock rate>"',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: HANDLERS,
      check: eachMedium(({ kind, format, isMapped, formatLine: line }) =>
        format === undefined ||
        !isMapped ||
        ENCODINGS[kind]?.includes(format.encoding.toUpperCase()) !== false
          ? undefined
          : { line, reason: `it has no decoder for ${format.encoding} over RTP` },
      ),
      advice: 'send another encoding, such as PCMU, L16, L24 or opus',
    },
    {
      id: 'port-zero',
      severity: 'misreads',
      source: PARSER,
      check: portZero,
      advice: 'give the port that is sent to: it listens on one of its own choice',
    },
    {
      id: 'port-count',
      severity: 'misreads',
      source: PARSER,
      check: severalPorts,
      advice: 'only the first port is heard: write one m= line for each',
    },
    {
      id: 'layers',
      severity: 'misreads',
      source: PARSER,
      check: severalAddresses,
      advice: 'of several c= lines the last is heard, of a count the first address',
    },
    {
      id: 'source-filter',
      severity: 'misreads',
      source: PARSER,
      check: ({ attributes, media }) =>
        [...attributes, ...media.flatMap((medium) => medium.attributes)]
          .filter(
            ({ name, value }) =>
              name === 'source-filter' && !/^(incl|excl)\s+IN\s+(IP4|IP6|\*)\s+\S+\s+\S/.test(value),
          )
          .map(({ line, value }) => ({ line, reason: `the source filter ${show(value)} is not read` })),
      advice: 'write "a=source-filter: incl IN IP4 <group> <source>"',
    },
    {
      id: 'source-filter-group',
      severity: 'misreads',
      source: PARSER,
      check: eachMedium(({ description, group, line }) => {
        const filters = description.effectiveSourceFilters;
        if (group === undefined || filters.length === 0) return undefined;
        return description.sourceFilterFor(group) === undefined
          ? {
              line,
              reason: `a filter for another group is applied to ${group} too: the group in it is not looked at`,
            }
          : undefined;
      }),
      advice: 'put each filter below the m= line that it is for',
    },
    {
      id: 'keys',
      severity: 'misreads',
      source: PARSER,
      check: eachMedium(({ proto, find, line }) =>
        proto.includes('SAVP') && find('crypto') === undefined
          ? { line, reason: `${proto} without a=crypto is played as if it were not encrypted` }
          : undefined,
      ),
      advice: 'expect noise: it cannot be given the keys in another way',
    },
    {
      id: 'charset',
      severity: 'warns',
      source: PARSER,
      check: ({ attributes }) =>
        attributes
          .filter(({ name, value }) => name === 'charset' && value.toUpperCase() !== 'UTF-8')
          .map(({ line, value }) => ({ line, reason: `the title is taken as UTF-8, not ${value}` })),
      advice: 'write names in UTF-8',
    },
  ],
};
