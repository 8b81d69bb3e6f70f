import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUDIO_ENCODINGS } from '../../conference/codec/index.ts';
import { planMedia } from '../../conference/rtp/medium-plan.ts';
import { parseSessionDescription } from '../../src/sdp/index.ts';
import { type Finding, lintDescription, OWN_ENCODINGS, RECEIVERS } from '../../src/sdp/receivers/index.ts';
import { sdpText } from './arbitraries.ts';
import { quirkNames, quirksFolder, readQuirk } from './quirks.ts';

const AES67 = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=x',
  'c=IN IP4 239.69.1.1/32',
  't=0 0',
  'm=audio 5004 RTP/AVP 97',
  'a=rtpmap:97 L24/48000/2',
  'a=ptime:1',
  'a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1-FF-FE-12-00-A3:0',
  'a=mediaclk:direct=0',
  'a=recvonly',
];
const lint = (lines: readonly string[]): Finding[] =>
  lintDescription(parseSessionDescription(lines.map((line) => `${line}\r\n`).join(''))).flatMap(
    ({ findings }) => findings,
  );
/** The good description with a line exchanged for others. */
const changed = (start: string, ...lines: string[]): string[] =>
  AES67.flatMap((line) => (line.startsWith(start) ? lines : [line]));
const names = (findings: readonly Finding[]): string[] =>
  findings.map(({ receiver, rule }) => `${receiver}/${rule}`);

/** What the corpus has no file for. */
const CASES: [string, string[]][] = [
  ['aes67/transport', changed('m=', 'm=audio 5004 RTP/SAVP 97')],
  ['aes67/kind', changed('m=', 'm=video 5004 RTP/AVP 97')],
  ['aes67/clock-rate', changed('a=rtpmap', 'a=rtpmap:97 L24/32000/2')],
  ['aes67/payload-size', changed('a=rtpmap', 'a=rtpmap:97 L24/48000/16')],
  ['aes67/ts-refclk-form', changed('a=ts-refclk', 'a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1:0')],
  ['aes67/ts-refclk-other', changed('a=ts-refclk', 'a=ts-refclk:localmac=00-1D-C1-12-00-A3')],
  ['aes67/group', changed('c=', 'c=IN IP4 224.2.200.1/32')],
  ['aes67/direction', changed('a=recvonly')],
  ['aes67/ptime-missing', changed('a=ptime')],
  ['aes67/mediaclk', changed('a=mediaclk')],
  ['st2110-30/transport', changed('m=', 'm=audio 5004 RTP/AVPF 97')],
  ['st2110-30/encoding', changed('a=rtpmap', 'a=rtpmap:97 L20/48000/2')],
  ['st2110-30/clock-rate', changed('a=rtpmap', 'a=rtpmap:97 L24/32000/2')],
  ['st2110-30/encoding-rate', changed('a=rtpmap', 'a=rtpmap:97 L16/96000/2')],
  ['st2110-30/payload-size', changed('a=rtpmap', 'a=rtpmap:97 L24/48000/16')],
  ['st2110-30/payload-type', changed('m=', 'm=audio 5004 RTP/AVP 10')],
  ['st2110-30/ts-refclk-form', changed('a=ts-refclk', 'a=ts-refclk:ptp=IEEE1588-2008:x:0')],
  [
    'st2110-30/ts-refclk-version',
    changed('a=ts-refclk', 'a=ts-refclk:ptp=IEEE802.1AS-2011:00-1D-C1-FF-FE-12-00-A3'),
  ],
  ['st2110-30/ts-refclk-other', changed('a=ts-refclk', 'a=ts-refclk:private')],
  ['st2110-30/mediaclk-kind', changed('a=mediaclk', 'a=mediaclk:IEEE1722=00-1D-C1-FF-FE-12-00-A3')],
  ['st2110-30/channel-order-form', [...AES67, 'a=fmtp:97 channel-order=SMPTE2110.(STEREO)']],
  ['st2110-30/traffic-shape', [...AES67, 'a=fmtp:97 channel-order=SMPTE2110.(ST); TP=2110TPN']],
  ['st2110-30/dup-missing', [...AES67, ...changed('c=', 'c=IN IP4 239.69.1.2/32').slice(5)]],
  ['dante/transport', changed('m=', 'm=audio 5004 RTP/AVPF 97')],
  ['dante/ts-refclk-form', changed('a=ts-refclk', 'a=ts-refclk:ptp=IEEE1588-2008:x:0')],
  ['dante/ts-refclk-other', changed('a=ts-refclk', 'a=ts-refclk:localmac=00-1D-C1-12-00-A3')],
  ['dante/mediaclk-kind', changed('a=mediaclk', 'a=mediaclk:sender')],
  ['dante/ptime-missing', changed('a=ptime')],
  ['dante/payload-type', changed('m=', 'm=audio 5004 RTP/AVP 10')],
  ['ravenna/transport', changed('m=', 'm=audio 5004 RTP/AVPF 97')],
  ['ravenna/kind', changed('m=', 'm=video 5004 RTP/AVP 97')],
  ['ravenna/ipv6', changed('c=', 'c=IN IP6 ff15::1')],
  ['ravenna/encoding', changed('a=rtpmap', 'a=rtpmap:97 opus/48000/2')],
  ['ravenna/channels', changed('a=rtpmap', 'a=rtpmap:97 L24/48000/80')],
  ['ravenna/packet-time', changed('a=ptime')],
  ['ravenna/ts-refclk', changed('a=ts-refclk')],
  ['ravenna/ts-refclk-form', changed('a=ts-refclk', 'a=ts-refclk:ptp=IEEE1588-2008:x:0')],
  ['ravenna/ts-refclk-other', changed('a=ts-refclk', 'a=ts-refclk:ntp=/traceable/')],
  ['ravenna/mediaclk', changed('a=mediaclk')],
  ['ravenna/mediaclk-kind', changed('a=mediaclk', 'a=mediaclk:sender')],
  ['pipewire/connection-blanks', changed('c=', 'c=IN  IP4 239.69.1.1/32')],
  ['pipewire/short-line', [...AES67, 'x']],
  ['pipewire/channels', changed('a=rtpmap', 'a=rtpmap:97 L24/48000/80')],
  ['ffmpeg/format-missing', changed('m=', 'm=audio 5004 RTP/AVP')],
  ['ffmpeg/source-filter', [...AES67, 'a=source-filter: incl IN FQDN 239.69.1.1 a.example']],
  ['ffmpeg/keys', changed('m=', 'm=audio 5004 RTP/SAVP 97')],
  ['rendezvous/encrypted', changed('m=', 'm=audio 5004 RTP/SAVP 97')],
  ['ffmpeg/charset', changed('t=', 't=0 0', 'a=charset:ISO-8859-1')],
  [
    'gstreamer/connection-missing',
    [...changed('c=').slice(0, 4), ...AES67.slice(5), 'c=IN IP4 239.69.1.1/32', 'm=audio 5006 RTP/AVP 0'],
  ],
  ['vlc/origin', changed('o=', 'o=- x 1 IN IP4 192.0.2.1')],
  ['vlc/name', changed('s=', 's=')],
  ['vlc/format', changed('m=', 'm=audio 5004 RTP/AVP')],
  ['vlc/live555-encoding', changed('a=rtpmap', 'a=rtpmap:97 AM824/48000/2')],
  ['rendezvous/encoding', changed('a=rtpmap', 'a=rtpmap:97 SPEEX/16000')],
  ['rendezvous/opus', changed('a=rtpmap', 'a=rtpmap:97 opus/48000')],
  ['rendezvous/g722', changed('a=rtpmap', 'a=rtpmap:97 G722/16000')],
  ['rendezvous/channels', changed('a=rtpmap', 'a=rtpmap:97 L16/48000/65')],
  ['rendezvous/unreadable', changed('m=', 'm=audio x RTP/AVP 97')],
  ['rendezvous/layers', changed('c=', 'c=IN IP4 239.69.1.1/32/3')],
];
/** Shown by the pair below. */
const PAIRS = ['st2110-30/dup-format', 'st2110-30/dup-place'];

test.each([
  ['239.69.1.1', undefined, []], // what RFC 2974 says of the group
  ['239.192.1.1', undefined, ['sap-group']],
  ['239.192.1.1', '239.255.255.255', []], // and what is so
  ['239.69.1.1', '224.0.0.56', ['sap-group']],
])('Dante, a session on %s that was heard on %s: %j', (group, heardOn, rules) => {
  const lines = changed('c=', `c=IN IP4 ${group}/32`).map((line) => `${line}\r\n`);
  const dante = RECEIVERS.filter(({ id }) => id === 'dante');
  const [verdict] = lintDescription(parseSessionDescription(lines.join('')), dante, { heardOn });
  expect(verdict?.findings.map(({ rule }) => rule).filter((it) => it === 'sap-group')).toEqual(rules);
});

describe('the corpus of quirks', () => {
  test('has expectations for each description, and nothing else', () => {
    const files = readdirSync(quirksFolder).filter((file) => /\.(sdp|json)$/.test(file));
    expect(files.sort()).toEqual(quirkNames.flatMap((name) => [`${name}.json`, `${name}.sdp`]).sort());
  });

  test.each(quirkNames)('%s', (name) => {
    const { description, expected } = readQuirk(name);
    const verdicts = lintDescription(description);
    expect(Object.fromEntries(verdicts.map(({ receiver, verdict }) => [receiver.id, verdict]))).toEqual(
      expected.verdicts,
    );
    const found = verdicts
      .flatMap(({ findings }) => findings)
      .map(({ receiver, rule, severity, line, source }) =>
        [receiver, rule, severity, line, source.reference, source.basis].join(' '),
      );
    const shown = expected.shows.map(({ receiver, rule, severity, line, source, basis }) =>
      [receiver, rule, severity, line, source, basis].join(' '),
    );
    expect(shown.length).toBeGreaterThan(0);
    expect(found).toEqual(expect.arrayContaining(shown));
    expect(expected.title + expected.like).not.toBe('');
  });

  test('this program does what lint says of it', () => {
    for (const name of quirkNames) {
      const { description } = readQuirk(name);
      const plans = planMedia(description);
      const isHeard = ({ support, mediaType }: (typeof plans)[number]): boolean =>
        support === 'full' || (support === 'counted' && mediaType !== 'audio');
      const [own] = lintDescription(
        description,
        RECEIVERS.filter(({ id }) => id === 'rendezvous'),
      );
      expect([name, own?.verdict !== 'refuses']).toEqual([name, plans.length > 0 && plans.every(isHeard)]);
    }
  });
});

describe('the rules', () => {
  const all = RECEIVERS.flatMap(({ id, rules }) =>
    rules.map((rule) => ({ ...rule, name: `${id}/${rule.id}` })),
  );

  test('have names of their own, a source and advice', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { id, source, advice } of all) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(source.reference).not.toBe('');
      expect(advice).not.toBe('');
    }
  });

  test('an AES67 stream as it should be is refused by nobody', () => {
    const findings = lint(AES67).filter(({ severity }) => severity === 'refuses');
    expect(names(findings)).toEqual([]);
  });

  test.each(CASES)('%s', (name, lines) => {
    expect(names(lint(AES67))).not.toContain(name);
    expect(names(lint(lines))).toContain(name);
  });

  test('the legs of a pair have to be alike, and go to different places', () => {
    const pair = [
      ...AES67.slice(0, 3),
      't=0 0',
      'a=group:DUP a b',
      ...changed('c=').slice(4),
      'c=IN IP4 239.69.1.1/32',
      'a=mid:a',
      ...changed('a=rtpmap', 'a=rtpmap:97 L16/48000/2').slice(5),
      'c=IN IP4 239.69.1.1/32',
      'a=mid:b',
    ];
    expect(names(lint(pair))).toEqual(expect.arrayContaining(PAIRS));
  });

  test('read anything without falling over, and say the line that is meant', () => {
    fc.assert(
      fc.property(sdpText, (text) => {
        const description = parseSessionDescription(text);
        const last = description.lines.length + 1;
        for (const { findings } of lintDescription(description)) {
          for (const { line } of findings) expect(line >= 1 && line <= last).toBe(true);
        }
      }),
    );
  });

  test('this program has the encodings that its rules know', () => {
    expect([...OWN_ENCODINGS].sort()).toEqual([...AUDIO_ENCODINGS].sort());
  });

  test('are all shown by the corpus or by a case here', () => {
    const corpus = quirkNames.flatMap((name) =>
      lintDescription(readQuirk(name).description).flatMap(({ findings }) => names(findings)),
    );
    const shown = new Set([...corpus, ...CASES.map(([name]) => name), ...PAIRS]);
    expect(all.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });
});
