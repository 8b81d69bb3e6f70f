import {
  channelsAtMost,
  encodingOneOf,
  hasAttribute,
  ipv4Only,
  noMedia,
  onlyAudio,
  portZero,
  protoOneOf,
} from './checks.ts';
import {
  badOffset,
  badPtpClock,
  lowerCaseClock,
  mediaClockOffset,
  mediaClockOneOf,
  otherClock,
  ptpDomain,
  unnamedPtp,
} from './clock-checks.ts';
import { dupPort } from './duplicates.ts';
import { code, eachAudio, manual, type Receiver, seen } from './rule.ts';

const PRINCIPLES = manual(
  'RAVENNA operating principles, and what devices of Merging, Lawo and DirectOut write',
);
const DAEMON = code('bondagit/aes67-linux-daemon, session manager');

export const RAVENNA: Receiver = {
  id: 'ravenna',
  title: 'RAVENNA',
  about:
    'devices and aes67-linux-daemon, from public manuals, source and reports; not tried with a device here',
  rules: [
    { id: 'no-media', severity: 'refuses', source: PRINCIPLES, check: noMedia, advice: 'add a medium' },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: PRINCIPLES,
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'kind',
      severity: 'refuses',
      source: PRINCIPLES,
      check: onlyAudio,
      advice: 'announce the audio by itself',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: PRINCIPLES,
      check: protoOneOf(['RTP/AVP']),
      advice: 'write RTP/AVP',
    },
    {
      id: 'ipv6',
      severity: 'refuses',
      source: PRINCIPLES,
      check: ipv4Only,
      advice: 'use an IPv4 group',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: PRINCIPLES,
      check: encodingOneOf(['L16', 'L24', 'L32', 'AM824']),
      advice: 'send L24',
    },
    {
      id: 'encoding-optional',
      severity: 'warns',
      source: PRINCIPLES,
      check: eachAudio(({ format, formatLine: line }) =>
        format !== undefined && ['L32', 'AM824'].includes(format.encoding.toUpperCase())
          ? { line, reason: `not all devices take ${format.encoding}` }
          : undefined,
      ),
      advice: 'send L24, which all take',
    },
    {
      id: 'channels',
      severity: 'refuses',
      source: DAEMON,
      check: channelsAtMost(64),
      advice: 'split it into streams of at most 64 channels',
    },
    {
      id: 'packet-time',
      severity: 'refuses',
      source: PRINCIPLES,
      check: eachAudio(({ find, line }) =>
        find('ptime') === undefined && find('framecount') === undefined
          ? { line, reason: 'neither a=ptime nor a=framecount says how long a packet is' }
          : undefined,
      ),
      advice: 'add "a=ptime:1"',
    },
    {
      id: 'framecount',
      severity: 'misreads',
      source: PRINCIPLES,
      check: eachAudio(({ find, samplesPerPacket: samples }) => {
        const frames = find('framecount');
        if (frames === undefined || samples === undefined) return undefined;
        const [least = Number.NaN, most = least] = frames.value.split('-').map(Number);
        return least <= samples * 1.02 && samples * 0.98 <= most
          ? undefined
          : {
              line: frames.line,
              reason: `a=framecount:${frames.value} is not the ${Math.round(samples)} samples of a=ptime`,
            };
      }),
      advice: 'let both say the same, or leave framecount out',
    },
    {
      id: 'ts-refclk',
      severity: 'refuses',
      source: PRINCIPLES,
      check: hasAttribute('ts-refclk'),
      advice: 'add "a=ts-refclk:ptp=IEEE1588-2008:<clock>:<domain>"',
    },
    {
      id: 'ts-refclk-form',
      severity: 'refuses',
      source: PRINCIPLES,
      check: badPtpClock,
      advice: 'write the clock as 8 bytes, such as 00-0B-2F-FF-FE-01-7E-2D:0',
    },
    {
      id: 'ts-refclk-unnamed',
      severity: 'warns',
      source: seen('bondagit/aes67-linux-daemon#94: written and taken by some, refused by others'),
      check: unnamedPtp,
      advice: 'write "ptp=IEEE1588-2008:traceable"',
    },
    {
      id: 'ts-refclk-other',
      severity: 'refuses',
      source: PRINCIPLES,
      check: otherClock([]),
      advice: 'sender and receivers must follow one PTP clock',
    },
    {
      id: 'clock-letters',
      severity: 'warns',
      source: seen('bondagit/aes67-linux-daemon#94, Eyevinn/strom#147'),
      check: lowerCaseClock,
      advice: 'write the clock identity in capital letters, as devices do',
    },
    {
      id: 'mediaclk',
      severity: 'refuses',
      source: PRINCIPLES,
      check: eachAudio(({ find, line }) =>
        find('mediaclk') === undefined && find('sync-time') === undefined
          ? { line, reason: 'neither a=mediaclk nor a=sync-time says where the clock of the samples begins' }
          : undefined,
      ),
      advice: 'add "a=mediaclk:direct=0"',
    },
    {
      id: 'mediaclk-offset',
      severity: 'refuses',
      source: PRINCIPLES,
      check: badOffset,
      advice: 'write the offset behind "direct=", such as 0',
    },
    {
      id: 'mediaclk-kind',
      severity: 'refuses',
      source: PRINCIPLES,
      check: mediaClockOneOf(['direct']),
      advice: 'write "a=mediaclk:direct=<offset>"',
    },
    {
      id: 'sync-time',
      severity: 'misreads',
      source: PRINCIPLES,
      check: eachAudio((medium) => {
        const sync = medium.find('sync-time');
        const offset = mediaClockOffset(medium);
        return sync === undefined || offset === undefined || Number(sync.value) === offset
          ? undefined
          : { line: sync.line, reason: `a=sync-time:${sync.value} is not the ${offset} of a=mediaclk` };
      }),
      advice: 'let both say the same, or leave sync-time out',
    },
    {
      id: 'clock-domain',
      severity: 'misreads',
      source: PRINCIPLES,
      check: eachAudio(({ find }) => {
        const domain = find('clock-domain');
        if (domain === undefined) return undefined;
        const number = /^PTPv2 (\d{1,3})$/.exec(domain.value)?.[1];
        if (number === undefined)
          return { line: domain.line, reason: `a=clock-domain:${domain.value} is not "PTPv2 <domain>"` };
        const stated = ptpDomain(find('ts-refclk')?.value ?? '');
        return stated === undefined || stated === Number(number)
          ? undefined
          : { line: domain.line, reason: `domain ${number} is not the domain ${stated} of a=ts-refclk` };
      }),
      advice: 'let both say the same PTP domain',
    },
    dupPort,
  ],
};
