import {
  channelsAtMost,
  encodingOneOf,
  noConnection,
  noMedia,
  numericAddress,
  portZero,
  protoOneOf,
  severalAddresses,
  severalPorts,
} from './checks.ts';
import { badOffset } from './clock-checks.ts';
import { code, eachMedium, type Receiver } from './rule.ts';

const SAP = code('PipeWire 1.x, module-rtp-sap: parse_sdp, parse_sap');
const SOURCE = code('PipeWire 1.x, module-rtp-source and module-rtp-sap: session_load_source');

/** A SAP packet is read into 2048 bytes, of which the last stays free; header and payload type take 24. */
const MOST_BYTES = 2047 - 24;

export const PIPEWIRE: Receiver = {
  id: 'pipewire',
  title: 'PipeWire',
  about: 'module-rtp-sap and module-rtp-source; held against the installed program by the tests',
  rules: [
    { id: 'no-media', severity: 'refuses', source: SAP, check: noMedia, advice: 'add a medium' },
    {
      id: 'first-line',
      severity: 'refuses',
      source: SAP,
      check: ({ lines, byteOrderMark }) => {
        const [first] = lines;
        if (byteOrderMark) return [{ line: 1, reason: 'a byte order mark stands before "v=0"' }];
        const text = first === undefined ? '' : `${first.type}=${first.value}`;
        return text === 'v=0' ? [] : [{ line: 1, reason: 'the first line is not exactly "v=0"' }];
      },
      advice: 'start with "v=0" and nothing else in that line',
    },
    {
      id: 'short-line',
      severity: 'refuses',
      source: SAP,
      check: ({ lines }) =>
        lines
          .filter(({ type, value }) => type === '' && value.trim().length === 1)
          .map(({ number }) => ({ line: number, reason: 'the line is a single character' })),
      advice: 'remove the line',
    },
    {
      id: 'size',
      severity: 'refuses',
      source: SAP,
      check: ({ byteLength }) =>
        byteLength > MOST_BYTES
          ? [
              {
                line: 1,
                reason: `${byteLength} bytes are more than the ${MOST_BYTES} it reads of an announcement`,
              },
            ]
          : [],
      advice: 'make it shorter',
    },
    {
      id: 'address',
      severity: 'refuses',
      source: SAP,
      check: numericAddress,
      advice: 'write the address in numbers',
    },
    {
      id: 'connection-missing',
      severity: 'refuses',
      source: SAP,
      check: noConnection,
      advice: 'add "c=IN IP4 <group>/<ttl>"',
    },
    {
      id: 'connection-blanks',
      severity: 'refuses',
      source: SAP,
      check: ({ lines }) =>
        lines
          .filter(({ type, value }) => type === 'c' && !/^IN IP[46] \S/.test(value))
          .map(({ number }) => ({
            line: number,
            reason: 'it reads "c=IN IP4 " and "c=IN IP6 " only when written exactly so',
          })),
      advice: 'leave one blank between the words',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: SAP,
      check: protoOneOf(['RTP/AVP']),
      advice: 'write RTP/AVP',
    },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: SAP,
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'port-count',
      severity: 'refuses',
      source: SAP,
      check: severalPorts,
      advice: 'write one m= line for each port',
    },
    {
      id: 'media',
      severity: 'misreads',
      source: SAP,
      check: ({ media }) =>
        media.slice(0, -1).map(({ line }) => ({ line, reason: 'of several media only the last is heard' })),
      advice: 'announce each medium by itself',
    },
    {
      id: 'layers',
      severity: 'misreads',
      source: SAP,
      check: severalAddresses,
      advice: 'describe each address as a medium of its own session',
    },
    {
      id: 'rtpmap-missing',
      severity: 'refuses',
      source: SOURCE,
      check: eachMedium(({ isMapped, payloadType, line }) =>
        isMapped || payloadType === undefined
          ? undefined
          : {
              line,
              reason: `there is no a=rtpmap for payload type ${payloadType}; static ones are not known to it`,
            },
      ),
      advice: 'add the a=rtpmap, also of a static payload type: "a=rtpmap:0 PCMU/8000"',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: SOURCE,
      check: encodingOneOf(['L8', 'L16', 'L24', 'PCMA', 'PCMU', 'opus', 'rtp-midi'], 'exact'),
      advice: 'send one of these, written so',
    },
    {
      id: 'opus',
      severity: 'warns',
      source: code('PipeWire 0.3.65 does not have it, 1.x has'),
      check: eachMedium(({ format, formatLine: line }) =>
        format?.encoding === 'opus'
          ? { line, reason: 'versions of 2023 and before do not take opus' }
          : undefined,
      ),
      advice: 'send L16 to old ones',
    },
    {
      id: 'kind',
      severity: 'refuses',
      source: SOURCE,
      check: eachMedium(({ kind, line }) =>
        kind === 'audio'
          ? undefined
          : { line, reason: `it plays audio, and this is ${kind || 'nothing known'}` },
      ),
      advice: 'announce the audio by itself',
    },
    {
      id: 'channels',
      severity: 'refuses',
      source: SOURCE,
      check: channelsAtMost(64),
      advice: 'split it into streams of at most 64 channels',
    },
    {
      id: 'mediaclk-offset',
      severity: 'refuses',
      source: SAP,
      check: badOffset,
      advice: 'write the offset behind "direct=", such as 0',
    },
    {
      id: 'source-filter',
      severity: 'misreads',
      source: SAP,
      check: ({ attributes, media }) =>
        [...attributes, ...media.flatMap((medium) => medium.attributes)]
          .filter(({ name }) => name === 'source-filter')
          .map(({ line }) => ({
            line,
            reason: 'the source filter is not read: whoever sends to the group is heard',
          })),
      advice: 'nothing, where there is one sender; a source-specific group needs another receiver',
    },
  ],
};
