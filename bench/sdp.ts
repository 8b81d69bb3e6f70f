import { parse, write } from 'sdp-transform';
import { parseSessionDescription } from '../src/sdp/index.ts';
import { type Bench, callsPerSecond, type Row } from './harness.ts';

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`;

const SAMPLES: Record<string, string> = {
  'one voice medium': lines(
    'v=0',
    'o=alice 3927000000 1 IN IP4 192.0.2.10',
    's=Morning briefing',
    'i=What the day brings',
    'c=IN IP4 239.255.17.4/15',
    't=3927000000 3927001800',
    'm=audio 22716 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
  ),
  'studio audio with clock and two paths': lines(
    'v=0',
    'o=- 1311738121 1311738121 IN IP4 192.0.2.1',
    's=Stage left',
    't=0 0',
    'a=group:DUP primary secondary',
    ...['primary', 'secondary'].flatMap((path, index) => [
      'm=audio 5004 RTP/AVP 98',
      `c=IN IP4 239.69.${index}.1/32`,
      `a=source-filter: incl IN IP4 239.69.${index}.1 192.0.2.1`,
      'a=rtpmap:98 L24/48000/8',
      'a=ptime:1',
      'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37',
      'a=mediaclk:direct=963214424',
      `a=mid:${path}`,
    ]),
  ),
};

export const bench: Bench = {
  title: 'Session descriptions: parse and serialize',
  method:
    'One thread, medians of interleaved rounds. We keep every line and its order, sdp-transform keeps what it knows; ' +
    'ours gives the description back byte for byte. "read" also asks for origin, media, addresses and formats.',
  async run({ quick }) {
    return Object.entries(SAMPLES).flatMap(([name, text]): Row[] => {
      const rate = callsPerSecond(
        {
          ours: () => void parseSessionDescription(text).toString(),
          read: () => void readAll(text),
          peer: () => void write(parse(text)),
        },
        quick ? 50 : 400,
      );
      const peer = { name: 'sdp-transform', value: rate.peer ?? 0 };
      return [
        { what: `${name}, parse + serialize`, ours: rate.ours ?? 0, unit: 'per second', peer },
        { what: `${name}, parse + read + serialize`, ours: rate.read ?? 0, unit: 'per second', peer },
      ];
    });
  },
};

function readAll(text: string): unknown[] {
  const description = parseSessionDescription(text);
  const seen: unknown[] = [description.origin, description.name, description.connection];
  for (const medium of description.media) seen.push(medium.connection, medium.formats, medium.port);
  return [...seen, description.toString()];
}
