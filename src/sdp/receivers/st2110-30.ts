import { show } from '../rules/report.ts';
import {
  clockRateOneOf,
  dynamicPayloadType,
  encodingOneOf,
  formatText,
  hasAttribute,
  noMedia,
  payloadAtMost,
  portZero,
  protoOneOf,
  shortTtl,
} from './checks.ts';
import {
  badPtpClock,
  mediaClockOneOf,
  noPtpDomain,
  offsetNotZero,
  otherClock,
  otherPtpVersion,
  unnamedPtp,
} from './clock-checks.ts';
import type { Medium } from './description.ts';
import { duplicates } from './duplicates.ts';
import { eachAudio, eachMedium, type Receiver, seen, standard } from './rule.ts';

/** Conformance levels (ST 2110-30 §7): what a receiver of the level takes; those of level A all take. */
const LEVELS = [
  { level: 'A', clockRate: 48_000, ptimeMs: 1, channels: 8 },
  { level: 'AX', clockRate: 96_000, ptimeMs: 1, channels: 4 },
  { level: 'B', clockRate: 48_000, ptimeMs: 0.125, channels: 8 },
  { level: 'BX', clockRate: 96_000, ptimeMs: 0.125, channels: 8 },
  { level: 'C', clockRate: 48_000, ptimeMs: 0.125, channels: 64 },
  { level: 'CX', clockRate: 96_000, ptimeMs: 0.125, channels: 32 },
] as const;

/** The lowest level of receiver that takes the stream, such as `A` or `CX`; undefined when none does. */
function conformanceLevel({ format, description: { ptimeMs } }: Medium): string | undefined {
  const channels = format?.channels ?? 1;
  return LEVELS.find(
    (it) => it.clockRate === format?.clockRate && it.ptimeMs === ptimeMs && channels <= it.channels,
  )?.level;
}

/** Channels of each group in `channel-order` (ST 2110-30 §6.2.2, table 1); `U01` to `U64` besides. */
const GROUP_CHANNELS: Readonly<Record<string, number>> = {
  M: 1,
  DM: 2,
  ST: 2,
  LtRt: 2,
  '51': 6,
  '71': 8,
  '222': 24,
  SGRP: 4,
};

/** Channels that a value such as `SMPTE2110.(51,ST)` names; undefined when it cannot be read. */
function orderedChannels(order: string): number | undefined {
  const list = /^SMPTE2110\.\(([^()]+)\)$/.exec(order)?.[1];
  if (list === undefined) return undefined;
  let sum = 0;
  for (const group of list.split(',')) {
    const free = /^U(\d\d)$/.exec(group)?.[1];
    const channels =
      free === undefined
        ? Object.hasOwn(GROUP_CHANNELS, group)
          ? GROUP_CHANNELS[group]
          : undefined
        : Number(free);
    if (channels === undefined || channels < 1 || channels > 64) return undefined;
    sum += channels;
  }
  return sum;
}

const channelOrder = ({ description, payloadType }: Medium): string | undefined =>
  payloadType === undefined ? undefined : description.fmtp(payloadType)?.parameters.get('channel-order');

const fmtpLine = ({ attributes, line }: Medium): number =>
  attributes.find(({ name }) => name === 'fmtp')?.line ?? line;

export const ST_2110_30: Receiver = {
  id: 'st2110-30',
  title: 'ST 2110-30',
  about:
    'SMPTE ST 2110-30:2017 over ST 2110-10:2017 and 2022, as AMWA sdpoker and public summaries give them',
  rules: [
    {
      id: 'no-media',
      severity: 'refuses',
      source: standard('ST 2110-10 §8'),
      check: noMedia,
      advice: 'add a medium',
    },
    {
      id: 'port-zero',
      severity: 'refuses',
      source: standard('ST 2110-10 §8'),
      check: portZero,
      advice: 'give the port that is sent to',
    },
    {
      id: 'kind',
      severity: 'refuses',
      source: standard('ST 2110-30 §6.1'),
      check: eachMedium(({ kind, line }) =>
        kind === 'audio' ? undefined : { line, reason: `the medium is ${show(kind)}` },
      ),
      advice: 'describe each essence by itself',
    },
    {
      id: 'transport',
      severity: 'refuses',
      source: standard('ST 2110-10 §6.2'),
      check: protoOneOf(['RTP/AVP']),
      advice: 'write RTP/AVP',
    },
    {
      id: 'encoding',
      severity: 'refuses',
      source: standard('ST 2110-30 §6.2.1'),
      check: encodingOneOf(['L16', 'L24']),
      advice: 'send L24',
    },
    {
      id: 'clock-rate',
      severity: 'refuses',
      source: standard('ST 2110-30 §6.1'),
      check: clockRateOneOf([44_100, 48_000, 96_000]),
      advice: 'send at 48000 Hz',
    },
    {
      id: 'encoding-rate',
      severity: 'warns',
      source: standard('ST 2110-30 §6.2.1, AES67-2018 §7.1'),
      check: eachAudio((medium) =>
        ['L16/96000', 'L24/44100'].includes(formatText(medium).split('/', 2).join('/'))
          ? { line: medium.formatLine, reason: `${formatText(medium)} is outside of what AES67 defines` }
          : undefined,
      ),
      advice: 'use L16 at 44100 and L24 at 96000 Hz',
    },
    {
      id: 'ptime-missing',
      severity: 'refuses',
      source: standard('ST 2110-30 §6.2.1, AES67-2018 §8.1'),
      check: hasAttribute('ptime'),
      advice: 'add "a=ptime:1" or "a=ptime:0.125"',
    },
    {
      id: 'level',
      severity: 'refuses',
      source: standard('ST 2110-30 §7'),
      check: eachAudio((medium) => {
        const { ptimeMs } = medium.description;
        const known = medium.format !== undefined && [48_000, 96_000].includes(medium.format.clockRate);
        return !known || ptimeMs === undefined || conformanceLevel(medium) !== undefined
          ? undefined
          : {
              line: medium.ptimeLine,
              reason: `${formatText(medium)} in packets of ${ptimeMs} ms is of no level`,
            };
      }),
      advice:
        'send packets of 1 ms with at most 8 channels (level A), or of 0.125 ms with at most 64 (level C)',
    },
    {
      id: 'above-level-a',
      severity: 'warns',
      source: standard('ST 2110-30 §7'),
      check: eachAudio((medium) => {
        const level = conformanceLevel(medium);
        return level === undefined || level === 'A'
          ? undefined
          : { line: medium.ptimeLine, reason: `only receivers of level ${level} take it` };
      }),
      advice: 'send 48000 Hz, packets of 1 ms and at most 8 channels, which all take',
    },
    {
      id: 'payload-size',
      severity: 'refuses',
      source: standard('ST 2110-10 §6.3'),
      check: payloadAtMost(1460 - 8 - 12),
      advice: 'send shorter packets or fewer channels',
    },
    {
      id: 'payload-type',
      severity: 'refuses',
      source: standard('ST 2110-10 §6.2'),
      check: dynamicPayloadType,
      advice: 'use 96 to 127 with an a=rtpmap',
    },
    {
      id: 'ts-refclk',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2'),
      check: hasAttribute('ts-refclk'),
      advice: 'add "a=ts-refclk:ptp=IEEE1588-2008:<clock>:<domain>" or "a=ts-refclk:localmac=<address>"',
    },
    {
      id: 'ts-refclk-form',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2, RFC 7273 §4.8'),
      check: badPtpClock,
      advice: 'write the clock as 8 bytes, such as 00-1D-C1-FF-FE-12-00-A3:127',
    },
    {
      id: 'ts-refclk-unnamed',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2, RFC 7273 §4.8'),
      check: unnamedPtp,
      advice: 'write "ptp=IEEE1588-2008:traceable": an early example in ST 2110-10 had it wrong',
    },
    {
      id: 'ts-refclk-version',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2'),
      check: otherPtpVersion,
      advice: 'write IEEE1588-2008',
    },
    {
      id: 'ts-refclk-other',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2'),
      check: otherClock(['localmac']),
      advice: 'name a PTP clock, or "localmac" for one that is its own',
    },
    {
      id: 'ts-refclk-domain',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.2'),
      check: noPtpDomain,
      advice: 'write the PTP domain behind the clock, such as :127',
    },
    {
      id: 'mediaclk',
      severity: 'refuses',
      source: standard('ST 2110-10 §8.1'),
      check: eachAudio(({ attributes, line }) =>
        attributes.some(({ name }) => name === 'mediaclk')
          ? undefined
          : { line, reason: 'there is no a=mediaclk below the m= line' },
      ),
      advice: 'add "a=mediaclk:direct=0" below the m= line',
    },
    {
      id: 'mediaclk-kind',
      severity: 'refuses',
      source: standard('ST 2110-10:2022 §8.3'),
      check: mediaClockOneOf(['direct', 'sender']),
      advice: 'write "a=mediaclk:direct=0"',
    },
    {
      id: 'mediaclk-offset',
      severity: 'refuses',
      source: standard('ST 2110-10 §7.4'),
      check: offsetNotZero,
      advice: 'write "a=mediaclk:direct=0": RTP time is that of PTP',
    },
    {
      id: 'source-filter',
      severity: 'warns',
      source: seen('AMWA sdpoker takes it for an error (RFC 4570 §3)'),
      check: eachMedium(({ group, find, line }) =>
        group === undefined || find('source-filter') !== undefined
          ? undefined
          : { line, reason: `no a=source-filter names who sends to ${group}` },
      ),
      advice: 'add "a=source-filter: incl IN IP4 <group> <sender>"',
    },
    {
      id: 'ttl',
      severity: 'warns',
      source: standard('RFC 8866 §5.7'),
      check: shortTtl,
      advice: 'write the TTL that packets are sent with, such as 32',
    },
    {
      id: 'channel-order',
      severity: 'warns',
      source: standard('ST 2110-30 §6.2.2'),
      check: eachAudio((medium) =>
        channelOrder(medium) === undefined
          ? { line: medium.formatLine, reason: 'nothing says what the channels are' }
          : undefined,
      ),
      advice: 'add "a=fmtp:<payload type> channel-order=SMPTE2110.(ST)", say',
    },
    {
      id: 'channel-order-form',
      severity: 'refuses',
      source: standard('ST 2110-30 §6.2.2'),
      check: eachAudio((medium) => {
        const order = channelOrder(medium);
        return order === undefined || orderedChannels(order) !== undefined
          ? undefined
          : { line: fmtpLine(medium), reason: `${show(order)} is not an order of SMPTE 2110` };
      }),
      advice: 'write SMPTE2110.(…) with M, DM, ST, LtRt, 51, 71, 222, SGRP or U01 to U64 between commas',
    },
    {
      id: 'channel-order-count',
      severity: 'warns',
      source: standard('ST 2110-30 §6.2.2'),
      check: eachAudio((medium) => {
        const named = orderedChannels(channelOrder(medium) ?? '');
        const channels = medium.format?.channels ?? 1;
        return named === undefined || named === channels
          ? undefined
          : { line: fmtpLine(medium), reason: `${named} channels are named, but there are ${channels}` };
      }),
      advice: 'name each channel once; U04 stands for 4 of no known order',
    },
    {
      id: 'traffic-shape',
      severity: 'warns',
      source: standard('ST 2110-21 §8'),
      check: eachAudio((medium) =>
        medium.payloadType !== undefined &&
        medium.description.fmtp(medium.payloadType)?.parameters.has('TP') === true
          ? { line: fmtpLine(medium), reason: 'TP is for video' }
          : undefined,
      ),
      advice: 'remove TP',
    },
    ...duplicates,
  ],
};
