import {
  channelsAtMost,
  encodingOneOf,
  multicastOnly,
  noConnection,
  noMedia,
  portZero,
  severalAddresses,
  sharedGroup,
  unknownFormat,
} from './checks.ts';
import { isSourceSpecific } from '../../ip/index.ts';
import { show } from '../rules/report.ts';
import { code, eachAudio, eachMedium, type Receiver } from './rule.ts';
import type { RtpMap } from '../payload-types.ts';

const PLAN = code('Rendezvous, conference/rtp/medium-plan.ts');

/** What it has codecs for; held against `AUDIO_ENCODINGS` by the tests. */
export const OWN_ENCODINGS: readonly string[] = ['PCMU', 'PCMA', 'G722', 'L16', 'L24', 'OPUS'];

function isOwn({ encoding }: RtpMap): boolean {
  return OWN_ENCODINGS.includes(encoding.toUpperCase());
}

/** As some write it; the codec is made for what RFC 3551 says. */
function isForeignG722({ encoding, clockRate, channels = 1 }: RtpMap): boolean {
  return encoding.toUpperCase() === 'G722' && (clockRate !== 8000 || channels !== 1);
}

/** RFC 7587 §7: one way of writing it, however many channels are used. */
function isForeignOpus({ encoding, clockRate, channels = 1 }: RtpMap): boolean {
  return encoding.toUpperCase() === 'OPUS' && (clockRate !== 48_000 || channels !== 2);
}

export const THIS_PROGRAM: Receiver = {
  id: 'rendezvous',
  title: 'Rendezvous',
  about: 'this program: what "rendezvous join" makes of it; held against it by the tests',
  rules: [
    {
      id: 'unreadable',
      severity: 'refuses',
      source: PLAN,
      check: eachMedium(({ description, line }) =>
        description.readable ? undefined : { line, reason: 'the m= line cannot be read' },
      ),
      advice: 'write "m=audio <port> RTP/AVP <payload type>"',
    },
    {
      id: 'no-media',
      severity: 'refuses',
      source: PLAN,
      check: noMedia,
      advice: 'add a medium',
    },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: PLAN,
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: PLAN,
      check: eachMedium(({ description, proto, line }) =>
        !description.readable || description.isRtp
          ? undefined
          : { line, reason: `the transport ${show(proto)} is not RTP` },
      ),
      advice: 'write RTP/AVP',
    },
    {
      id: 'encrypted',
      severity: 'refuses',
      source: PLAN,
      check: eachMedium(({ proto, find, line }) => {
        if (!/SAVP/i.test(proto)) return undefined;
        if (/TLS/i.test(proto))
          return { line, reason: `${proto} agrees on keys by DTLS, which groups cannot` };
        return find('crypto') === undefined
          ? { line, reason: `${proto} is encrypted, and there is no key in the description` }
          : undefined;
      }),
      advice: 'keep the key where members find it: in the directory entry, or in a file with a=crypto',
    },
    {
      id: 'connection-missing',
      severity: 'refuses',
      source: PLAN,
      check: noConnection,
      advice: 'add "c=IN IP4 <group>/<ttl>"',
    },
    {
      id: 'unicast',
      severity: 'refuses',
      source: PLAN,
      check: multicastOnly,
      advice: 'use a multicast group, written in numbers',
    },
    {
      id: 'source-missing',
      severity: 'refuses',
      source: PLAN,
      check: eachMedium(({ group, description, connectionLine: line }) =>
        group !== undefined && isSourceSpecific(group) && description.sourceFilterFor(group)?.mode !== 'incl'
          ? { line, reason: `${group} is source-specific, and no a=source-filter names the source` }
          : undefined,
      ),
      advice: 'add "a=source-filter: incl IN IP4 <group> <source>"',
    },
    {
      id: 'rtpmap-missing',
      severity: 'refuses',
      source: PLAN,
      check: unknownFormat,
      advice: 'add "a=rtpmap:<payload type> <encoding>/<clock rate>"',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: PLAN,
      // any format of the line will do, unlike for most others
      check: (description) =>
        [...encodingOneOf(OWN_ENCODINGS)(description)].filter(({ line }) => {
          const medium = description.media.findLast((it) => it.line <= line);
          return !medium?.description.rtpMaps.some(isOwn);
        }),
      advice: 'send PCMU, PCMA, G722, L16, L24 or opus; of others it counts packets and shows who is there',
    },
    {
      id: 'g722',
      severity: 'refuses',
      source: code('Rendezvous, conference/codec/g722.ts'),
      check: eachAudio(({ formatLine: line, description: { rtpMaps } }) =>
        rtpMaps.some(isForeignG722) && !rtpMaps.some((map) => isOwn(map) && !isForeignG722(map))
          ? { line, reason: 'G722 has one channel and a clock of 8000 Hz here' }
          : undefined,
      ),
      advice: 'write G722/8000, though it samples at 16000 Hz (RFC 3551 §4.5.2)',
    },
    {
      id: 'opus',
      severity: 'refuses',
      source: code('Rendezvous, conference/codec/opus.ts'),
      check: eachAudio(({ formatLine: line, description: { rtpMaps } }) =>
        rtpMaps.some(isForeignOpus) && !rtpMaps.some((map) => isOwn(map) && !isForeignOpus(map))
          ? { line, reason: 'opus is always written with 48000 Hz and two channels' }
          : undefined,
      ),
      advice:
        'write opus/48000/2; one channel is what it has without stereo=1 or sprop-stereo=1 (RFC 7587 §7)',
    },
    {
      id: 'channels',
      severity: 'refuses',
      source: PLAN,
      check: channelsAtMost(64),
      advice: 'split it into streams of at most 64 channels',
    },
    {
      id: 'kind',
      severity: 'misreads',
      source: PLAN,
      check: eachMedium(({ kind, line }) =>
        kind === 'audio' || kind === ''
          ? undefined
          : { line, reason: `${show(kind)} is not shown: its packets are counted` },
      ),
      advice: 'watch it with another program',
    },
    {
      id: 'layers',
      severity: 'misreads',
      source: PLAN,
      check: severalAddresses,
      advice: 'only the first address is heard',
    },
    {
      id: 'shared-group',
      severity: 'warns',
      source: PLAN,
      check: sharedGroup,
      advice: 'nothing here; switches send the whole group to whoever wants one of its streams',
    },
  ],
};
