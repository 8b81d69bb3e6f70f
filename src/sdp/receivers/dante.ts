import {
  channelsAtMost,
  clockRateOneOf,
  dynamicPayloadType,
  encodingOneOf,
  groupWithin,
  hasAttribute,
  ipv4Only,
  lacksAttribute,
  multicastOnly,
  noMedia,
  onlyAudio,
  portZero,
  protoOneOf,
  samplesOneOf,
} from './checks.ts';
import { badOffset, badPtpClock, mediaClockOneOf, otherClock } from './clock-checks.ts';
import { sapGroupsFor } from '../../sap/index.ts';
import { code, eachAudio, manual, type Receiver, seen, type Source, standard } from './rule.ts';

/** Makers of Dante equipment print the same list of what AES67 mode takes. */
const AES67_MODE = manual('AES67 restrictions of Dante devices, as in the manuals of Glensound and Yamaha');
const AES67_CLOCK: Source = standard('AES67-2018 §8.2, §8.3, which the AES67 mode follows');

/** Where Dante listens for announcements. */
const SAP_GROUP = '239.255.255.255';

/** Lines that Dante itself never writes before the first `m=`. */
const UNUSUAL = 'iuepbrzk';

export const DANTE: Receiver = {
  id: 'dante',
  title: 'Dante',
  about:
    'devices in AES67 mode and Dante Controller, from public manuals and reports; not tried with a device here',
  rules: [
    { id: 'no-media', severity: 'refuses', source: AES67_MODE, check: noMedia, advice: 'add a medium' },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: AES67_MODE,
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'source-filter',
      severity: 'refuses',
      source: seen('bondagit/aes67-linux-daemon#94'),
      check: lacksAttribute('source-filter', 'Dante Controller does not show sources with a source filter'),
      advice: 'remove the a=source-filter line from what is announced to Dante',
    },
    {
      id: 'kind',
      severity: 'refuses',
      source: AES67_MODE,
      check: onlyAudio,
      advice: 'announce the audio by itself',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: AES67_MODE,
      check: protoOneOf(['RTP/AVP']),
      advice: 'write RTP/AVP',
    },
    {
      id: 'ipv6',
      severity: 'refuses',
      source: AES67_MODE,
      check: ipv4Only,
      advice: 'use a group from 239.69.0.0/16',
    },
    {
      id: 'unicast',
      severity: 'refuses',
      source: AES67_MODE,
      check: multicastOnly,
      advice: 'use a group from 239.69.0.0/16',
    },
    {
      id: 'group',
      severity: 'refuses',
      source: AES67_MODE,
      check: groupWithin('239.', (group) => `${group} is not from 239.0.0.0/8`),
      advice: 'use a group from 239.69.0.0/16',
    },
    {
      id: 'group-prefix',
      severity: 'warns',
      source: AES67_MODE,
      check: eachAudio(({ group, connectionLine: line }) =>
        group?.startsWith('239.') === true && !group.startsWith('239.69.')
          ? { line, reason: `${group} is not from 239.69.0.0/16, the prefix of new devices` }
          : undefined,
      ),
      advice: 'use that prefix, or set this one for the devices: Dante Controller, AES67 Config',
    },
    {
      id: 'sap-group',
      severity: 'warns',
      source: seen('martim01/pam#53: Dante announces to 239.255.255.255 and hears nothing else'),
      check: eachAudio(({ group, connectionLine: line }, { heardOn }) => {
        if (heardOn !== undefined) {
          const reason = `it was heard on ${heardOn}, and Dante listens to ${SAP_GROUP} alone`;
          return heardOn === SAP_GROUP ? undefined : { line, reason };
        }
        const announced = group?.startsWith('239.') === true ? sapGroupsFor(group) : [];
        return announced.length === 0 || announced.includes(SAP_GROUP)
          ? undefined
          : {
              line,
              reason: `sessions on ${group} are announced to ${announced.join(', ')} (RFC 2974 §3), not ${SAP_GROUP}`,
            };
      }),
      advice: 'announce it to 239.255.255.255 too, or take a group from 239.69.0.0/16',
    },
    {
      id: 'port',
      severity: 'refuses',
      source: AES67_MODE,
      check: eachAudio(({ port, line }) =>
        port === 5004 ? undefined : { line, reason: `the port is ${port}, not 5004` },
      ),
      advice: 'send to port 5004',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: AES67_MODE,
      check: encodingOneOf(['L16', 'L24']),
      advice: 'send L24/48000',
    },
    {
      id: 'clock-rate',
      severity: 'refuses',
      source: AES67_MODE,
      check: clockRateOneOf([48_000]),
      advice: 'send at 48000 Hz',
    },
    {
      id: 'channels',
      severity: 'refuses',
      source: AES67_MODE,
      check: channelsAtMost(8),
      advice: 'split it into streams of at most 8 channels',
    },
    {
      id: 'ptime-missing',
      severity: 'warns',
      source: standard('AES67-2018 §8.1'),
      check: hasAttribute('ptime'),
      advice: 'add "a=ptime:1"',
    },
    {
      id: 'ptime',
      severity: 'refuses',
      source: AES67_MODE,
      check: samplesOneOf([6, 12, 16, 48], '0.125, 0.25, 0.333 or 1 ms'),
      advice: 'send packets of 1 ms',
    },
    {
      id: 'payload-type',
      severity: 'warns',
      source: standard('AES67-2018 §8.4'),
      check: dynamicPayloadType,
      advice: 'use 96 to 127 with an a=rtpmap',
    },
    {
      id: 'ts-refclk',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: hasAttribute('ts-refclk'),
      advice: 'add "a=ts-refclk:ptp=IEEE1588-2008:<clock>:0", the grandmaster that the sender follows',
    },
    {
      id: 'ts-refclk-form',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: badPtpClock,
      advice: 'write the clock as 8 bytes, such as 00-1D-C1-FF-FE-12-00-A3:0',
    },
    {
      id: 'ts-refclk-other',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: otherClock([]),
      advice: 'sender and receivers must follow one PTP clock',
    },
    {
      id: 'mediaclk',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: hasAttribute('mediaclk'),
      advice: 'add "a=mediaclk:direct=0"',
    },
    {
      id: 'mediaclk-offset',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: badOffset,
      advice: 'write the offset behind "direct=", such as 0',
    },
    {
      id: 'mediaclk-kind',
      severity: 'refuses',
      source: AES67_CLOCK,
      check: mediaClockOneOf(['direct']),
      advice: 'write "a=mediaclk:direct=<offset>"',
    },
    {
      id: 'redundant',
      severity: 'warns',
      source: AES67_MODE,
      check: ({ media }) => {
        const second = media.filter(({ kind }) => kind === 'audio')[1];
        return second === undefined
          ? []
          : [{ line: second.line, reason: 'a second stream: AES67 mode takes none that is redundant' }];
      },
      advice: 'announce one stream in each description',
    },
    {
      id: 'session-lines',
      severity: 'warns',
      source: code('PipeWire module-rtp-sap keeps to v o s c t m, or Dante devices do not read it'),
      check: ({ sessionLines }) =>
        sessionLines
          .filter(({ type }) => type !== '' && UNUSUAL.includes(type))
          .slice(0, 1)
          .map(({ number, type }) => ({
            line: number,
            reason: `Dante never writes ${type}= before the first m=`,
          })),
      advice: 'leave it out if Dante Controller does not show the source',
    },
  ],
};
