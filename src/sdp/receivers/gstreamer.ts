import { portZero, severalAddresses, severalPorts, unknownFormat } from './checks.ts';
import { words } from '../lines.ts';
import { code, eachMedium, type Receiver } from './rule.ts';

const DEMUX = code('GStreamer 1.22, gstsdpdemux.c: gst_sdp_demux_create_stream');
const DEPAYLOADERS = code('GStreamer 1.22, depayloaders of gst-plugins-good and -bad');

/** Encodings with a depayloader, by media kind, in capitals as GStreamer writes them. */
const ENCODINGS: Readonly<Record<string, readonly string[]>> = {
  audio: [
    ...words(
      'PCMU PCMA G722 L8 L16 L24 GSM G723 G729 QCELP MPA MPA-ROBUST SPEEX ILBC ISAC AMR AMR-WB G726-16',
    ),
    ...words('G726-24 G726-32 G726-40 VORBIS OPUS AC3 MULTIOPUS X-GST-OPUS-DRAFT-SPITTKA-00 AAL2-G726-16'),
    ...words('AAL2-G726-24 AAL2-G726-32 AAL2-G726-40 MP4A-LATM MPEG4-GENERIC SBC SIREN CELT BV16 BV32'),
    ...words('TELEPHONE-EVENT X-GST X-QT'),
  ],
  video: [
    ...words('H261 H263 H263-1998 H263-2000 H264 H265 VP8 VP9 JPEG JPEG2000 MPV MP4V-ES THEORA DV RAW MP2T'),
    ...words('MP1S MPEG4-GENERIC X-GST X-QT X-SV3V-ES'),
  ],
};

export const GSTREAMER: Receiver = {
  id: 'gstreamer',
  title: 'GStreamer',
  about: 'sdpdemux with rtpbin; held against the installed program by the tests',
  rules: [
    {
      id: 'line-ends',
      severity: 'refuses',
      source: DEMUX,
      check: ({ lines }) =>
        lines[0]?.ending === '\r' ? [{ line: 1, reason: 'lines end with a lone CR' }] : [],
      advice: 'end lines with CRLF',
    },
    {
      id: 'nothing-to-play',
      severity: 'refuses',
      source: DEMUX,
      check: ({ lines, media }) =>
        media.some(({ connection }) => connection !== undefined)
          ? []
          : [
              {
                line: lines.length,
                reason: media.length === 0 ? 'there is no m= line' : 'no medium has a c= line',
              },
            ],
      advice: 'add the medium, and "c=IN IP4 <group>/<ttl>"',
    },
    {
      id: 'connection-missing',
      severity: 'misreads',
      source: DEMUX,
      check: ({ media }) =>
        media.some(({ connection }) => connection !== undefined)
          ? media
              .filter(({ connection }) => connection === undefined)
              .map(({ line }) => ({ line, reason: 'a medium without c= is left out' }))
          : [],
      advice: 'add "c=IN IP4 <group>/<ttl>" below its m= line',
    },
    {
      id: 'rtpmap-missing',
      severity: 'refuses',
      source: DEMUX,
      check: unknownFormat,
      advice: 'add "a=rtpmap:<payload type> <encoding>/<clock rate>": without a clock rate nothing comes out',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: DEPAYLOADERS,
      check: eachMedium(({ kind, format, formatLine: line }) =>
        format === undefined || ENCODINGS[kind]?.includes(format.encoding.toUpperCase()) !== false
          ? undefined
          : { line, reason: `there is no depayloader for ${format.encoding}` },
      ),
      advice: 'send another encoding, such as PCMU, L16, L24 or opus',
    },
    {
      id: 'formats',
      severity: 'misreads',
      source: DEMUX,
      check: eachMedium(({ description, line }) =>
        description.isRtp && description.formats.length > 1
          ? { line, reason: `of the formats ${description.formats.join(' ')} only the first is set up` }
          : undefined,
      ),
      advice: 'describe one format for each medium',
    },
    {
      id: 'port-zero',
      severity: 'misreads',
      source: DEMUX,
      check: portZero,
      advice: 'give the port that is sent to: it listens on one of its own choice',
    },
    {
      id: 'port-count',
      severity: 'misreads',
      source: DEMUX,
      check: severalPorts,
      advice: 'only the first port is heard: write one m= line for each',
    },
    {
      id: 'layers',
      severity: 'misreads',
      source: DEMUX,
      check: severalAddresses,
      advice: 'only the first address is heard',
    },
    {
      id: 'keys',
      severity: 'misreads',
      source: DEMUX,
      check: eachMedium(({ proto, line }) =>
        proto.includes('SAVP')
          ? { line, reason: `${proto} is played as if it were not encrypted` }
          : undefined,
      ),
      advice: 'build a pipeline with srtpdec instead of sdpdemux',
    },
    {
      id: 'rtcp-port',
      severity: 'misreads',
      source: DEMUX,
      check: eachMedium(({ description: { rtcp, rtcpMux }, port, line }) => {
        const stated = rtcpMux ? port : rtcp?.port;
        return stated === undefined || stated === port + 1
          ? undefined
          : { line, reason: `RTCP is awaited on port ${port + 1}, not on ${stated}` };
      }),
      advice: 'send RTCP to the port after that of RTP',
    },
    {
      id: 'source-filter',
      severity: 'warns',
      source: code('GStreamer, gstsdpdemux.c: not read in 1.22, read in later versions'),
      check: eachMedium(({ find }) => {
        const filter = find('source-filter');
        return filter === undefined
          ? undefined
          : {
              line: filter.line,
              reason: 'version 1.22 does not read the source filter: everybody is heard',
            };
      }),
      advice: 'take a later version for a source-specific group',
    },
  ],
};
