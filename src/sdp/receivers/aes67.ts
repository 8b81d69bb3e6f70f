import {
  bridgeOrigin,
  channelsAtMost,
  clockRateOneOf,
  dynamicPayloadType,
  encodingOneOf,
  groupWithin,
  hasAttribute,
  ipv4Only,
  noMedia,
  onlyAudio,
  payloadAtMost,
  portZero,
  protoOneOf,
  samplesOneOf,
  sharedGroup,
  shortTtl,
} from './checks.ts';
import {
  badOffset,
  badPtpClock,
  lowerCaseClock,
  mediaClockOneOf,
  otherClock,
  unnamedPtp,
} from './clock-checks.ts';
import { eachAudio, type Receiver, seen, standard } from './rule.ts';

export const AES67: Receiver = {
  id: 'aes67',
  title: 'AES67',
  about: 'AES67-2018, what every conforming receiver has to take',
  rules: [
    {
      id: 'no-media',
      severity: 'refuses',
      source: standard('AES67-2018 §8'),
      check: noMedia,
      advice: 'add a medium',
    },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: standard('AES67-2018 §8'),
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'kind',
      severity: 'warns',
      source: standard('AES67-2018 §1'),
      check: onlyAudio,
      advice: 'nothing, when receivers of other kinds are meant too',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: standard('AES67-2018 §6.3'),
      check: protoOneOf(['RTP/AVP']),
      advice: 'write RTP/AVP',
    },
    {
      id: 'ipv6',
      severity: 'warns',
      source: standard('AES67-2018 §6.1'),
      check: ipv4Only,
      advice: 'receivers need not know IPv6: use an IPv4 group',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: standard('AES67-2018 §7.1'),
      check: encodingOneOf(['L16', 'L24']),
      advice: 'send L24/48000',
    },
    {
      id: 'clock-rate',
      severity: 'refuses',
      source: standard('AES67-2018 §7.1'),
      check: clockRateOneOf([44_100, 48_000, 96_000]),
      advice: 'send at 48000 Hz',
    },
    {
      id: 'clock-rate-optional',
      severity: 'warns',
      source: standard('AES67-2018 §5, §7.1'),
      check: eachAudio(({ format, formatLine: line }) =>
        format?.clockRate === 44_100 || format?.clockRate === 96_000
          ? { line, reason: `receivers need not take ${format.clockRate} Hz` }
          : undefined,
      ),
      advice: 'send at 48000 Hz, which all take',
    },
    {
      id: 'channels',
      severity: 'warns',
      source: standard('AES67-2018 §7.3'),
      check: channelsAtMost(8),
      advice: 'split it into streams of at most 8 channels',
    },
    {
      id: 'ptime-missing',
      severity: 'refuses',
      source: standard('AES67-2018 §8.1'),
      check: hasAttribute('ptime'),
      advice: 'add "a=ptime:1" below the m= line',
    },
    {
      id: 'ptime',
      severity: 'warns',
      source: standard('AES67-2018 §7.2'),
      check: samplesOneOf([48], '1 ms (48 samples), which all receivers take'),
      advice: 'send packets of 1 ms',
    },
    {
      id: 'ptime-fraction',
      severity: 'refuses',
      source: standard('AES67-2018 §8.1'),
      // written with too few digits it may be 1 % off: 0.33 ms for 16 samples at 48 kHz
      check: eachAudio(({ samplesPerPacket: samples, ptimeLine: line, description }) =>
        samples === undefined || Math.abs(samples - Math.round(samples)) < Math.max(0.02 * samples, 1e-6)
          ? undefined
          : { line, reason: `${description.ptimeMs} ms is no whole number of samples` },
      ),
      advice: 'give the packet time of a whole number of samples, such as 1 or 0.125',
    },
    {
      id: 'maxptime',
      severity: 'refuses',
      source: standard('RFC 8866 §6.5'),
      check: eachAudio(({ description: { ptimeMs, maxptimeMs }, ptimeLine: line }) =>
        ptimeMs !== undefined && maxptimeMs !== undefined && maxptimeMs < ptimeMs
          ? { line, reason: `maxptime ${maxptimeMs} is below ptime ${ptimeMs}` }
          : undefined,
      ),
      advice: 'raise maxptime or leave it out',
    },
    {
      id: 'payload-size',
      severity: 'refuses',
      source: standard('AES67-2018 §6.3'),
      check: payloadAtMost(1440),
      advice: 'send shorter packets or fewer channels',
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
      source: standard('AES67-2018 §8.2'),
      check: hasAttribute('ts-refclk'),
      advice: 'add "a=ts-refclk:ptp=IEEE1588-2008:<clock>:<domain>"',
    },
    {
      id: 'ts-refclk-form',
      severity: 'refuses',
      source: standard('RFC 7273 §4.8'),
      check: badPtpClock,
      advice: 'write the clock as 8 bytes, such as 00-1D-C1-FF-FE-12-00-A3:0',
    },
    {
      id: 'ts-refclk-unnamed',
      severity: 'refuses',
      source: standard('RFC 7273 §4.8'),
      check: unnamedPtp,
      advice: 'write "ptp=IEEE1588-2008:traceable"',
    },
    {
      id: 'ts-refclk-other',
      severity: 'warns',
      source: standard('AES67-2018 §4, §8.2'),
      check: otherClock([]),
      advice: 'receivers follow PTP: without a common clock they drift, and drop out now and then',
    },
    {
      id: 'clock-letters',
      severity: 'warns',
      source: seen('bondagit/aes67-linux-daemon#94, Eyevinn/strom#147'),
      check: lowerCaseClock,
      advice: 'write the clock identity in capital letters, as most devices do',
    },
    {
      id: 'mediaclk',
      severity: 'refuses',
      source: standard('AES67-2018 §8.3'),
      check: hasAttribute('mediaclk'),
      advice: 'add "a=mediaclk:direct=0" below the m= line',
    },
    {
      id: 'mediaclk-kind',
      severity: 'refuses',
      source: standard('AES67-2018 §8.3'),
      check: mediaClockOneOf(['direct']),
      advice: 'write "a=mediaclk:direct=<offset>"',
    },
    {
      id: 'mediaclk-offset',
      severity: 'refuses',
      source: standard('RFC 7273 §5.2'),
      check: badOffset,
      advice: 'write the offset behind "direct=", such as 0',
    },
    {
      id: 'group',
      severity: 'warns',
      source: standard('AES67-2018 §7.6, RFC 2365'),
      check: groupWithin('239.', (group) => `${group} is not an administratively scoped group`),
      advice: 'take one from 239.0.0.0/8',
    },
    {
      id: 'direction',
      severity: 'warns',
      source: standard('AES67-2018 §8.5, RFC 8866 §6.7'),
      check: eachAudio(({ description, line }) =>
        description.effectiveDirection === 'recvonly'
          ? undefined
          : {
              line,
              reason: `the direction is ${description.effectiveDirection}: receivers are asked to send`,
            },
      ),
      advice: 'add "a=recvonly"',
    },
    {
      id: 'ttl',
      severity: 'warns',
      source: seen('Eyevinn/strom#152'),
      check: shortTtl,
      advice: 'write the TTL that packets are sent with, such as 15 or 32',
    },
    {
      id: 'shared-group',
      severity: 'warns',
      source: seen('philhartung/aes67-monitor#7'),
      check: sharedGroup,
      advice: 'give each stream a group: switches send a whole group to whoever wants one of its streams',
    },
    {
      id: 'origin-bridge',
      severity: 'warns',
      source: seen('Eyevinn/strom#147'),
      check: bridgeOrigin,
      advice: 'name the address that packets are sent from',
    },
  ],
};
