import { describe, expect, test } from 'vitest';
import { MulticastRtpProvider } from '../../conference/index.ts';
import { planMedia } from '../../conference/rtp/medium-plan.ts';
import { SessionDescription } from '../../src/sdp/index.ts';

function plan(...lines: string[]) {
  const text = ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', 't=0 0', ...lines, ''].join('\r\n');
  const [first] = planMedia(SessionDescription.parse(text));
  if (first === undefined) throw new Error('no medium');
  return first;
}
const CONNECTION = 'c=IN IP4 239.1.1.1/15';

describe('what a description asks for', () => {
  test.each([
    { name: 'the even port and the odd one above', m: 'm=audio 5004 RTP/AVP 0', rtp: 5004, rtcp: 5005 },
    {
      name: 'an odd port is the RTCP port (RFC 3550 §11)',
      m: 'm=audio 5005 RTP/AVP 0',
      rtp: 5004,
      rtcp: 5005,
    },
    { name: 'a=rtcp', m: 'm=audio 5004 RTP/AVP 0\r\na=rtcp:6001', rtp: 5004, rtcp: 6001 },
    { name: 'a=rtcp-mux', m: 'm=audio 5004 RTP/AVP 0\r\na=rtcp-mux', rtp: 5004, rtcp: 5004 },
  ])('ports: $name', ({ m, rtp, rtcp }) => {
    expect(plan(CONNECTION, m)).toMatchObject({ group: '239.1.1.1', port: rtp, rtcpPort: rtcp, ttl: 15 });
  });

  test.each([
    { why: 'encrypted', lines: [CONNECTION, 'm=audio 5004 RTP/SAVP 0'] },
    { why: 'encrypted', lines: [CONNECTION, 'm=audio 5004 UDP/TLS/RTP/SAVPF 0'] },
    { why: 'notRtp', lines: [CONNECTION, 'm=audio 5004 udp 0'] },
    { why: 'switchedOff', lines: [CONNECTION, 'm=audio 0 RTP/AVP 0'] },
    { why: 'noAddress', lines: ['m=audio 5004 RTP/AVP 0'] },
    { why: 'hostName', lines: ['c=IN IP4 conference.example', 'm=audio 5004 RTP/AVP 0'] },
    { why: 'notMulticast', lines: ['c=IN IP4 10.1.1.1', 'm=audio 5004 RTP/AVP 0'] },
    { why: 'noSource', lines: ['c=IN IP4 232.1.1.1/15', 'm=audio 5004 RTP/AVP 0'] },
    { why: 'noFormat', lines: [CONNECTION, 'm=audio 5004 RTP/AVP 96'] },
  ])('not joined: $why', ({ why, lines }) => {
    const { support, reasonCode, reason } = plan(...lines);
    expect({ support, reasonCode }).toEqual({ support: 'none', reasonCode: why });
    expect(reason).toMatch(/\w/);
  });

  test('counted only: a codec that is not here, and video', () => {
    expect(plan(CONNECTION, 'm=audio 5004 RTP/AVP 3 96', 'a=rtpmap:96 SPEEX/16000')).toMatchObject({
      support: 'counted',
      reasonCode: 'unsupportedCodec',
      reason: expect.stringContaining('GSM'),
    });
    expect(plan(CONNECTION, 'm=video 5004 RTP/AVP 31')).toMatchObject({
      support: 'counted',
      reasonCode: 'notAudio',
    });
  });

  test('the first format with a codec is sent; the richest is what is heard', () => {
    const it = plan(CONNECTION, 'm=audio 5004 RTP/AVP 3 8 97', 'a=rtpmap:97 L16/48000/2');
    expect(it.preferred).toMatchObject({ payloadType: 8, label: 'PCMA/8000' });
    expect(it.mixFormat).toEqual({ sampleRate: 48_000, channels: 2 });
    expect(it.formats.map(({ label }) => label)).toEqual(['GSM/8000', 'PCMA/8000', 'L16/48000/2']);
  });

  test('source filters: including and excluding ones, for this group', () => {
    const m = 'm=audio 5004 RTP/AVP 0';
    const incl = plan('c=IN IP4 232.1.1.1/15', m, 'a=source-filter: incl IN IP4 232.1.1.1 10.0.0.9 10.0.0.8');
    expect(incl).toMatchObject({ support: 'full', sources: ['10.0.0.9', '10.0.0.8'], excludedSources: [] });
    const excl = plan(CONNECTION, m, 'a=source-filter: excl IN IP4 * 10.0.0.9');
    expect(excl).toMatchObject({ sources: [], excludedSources: ['10.0.0.9'] });
  });

  test.each([
    { lines: ['b=AS:64'], bandwidth: 64_000, stated: true },
    { lines: ['b=TIAS:50000'], bandwidth: 50_000, stated: true },
    { lines: [], bandwidth: 80_000, stated: false }, // 64 kbit/s and 50 headers of 40 octets
  ])('bandwidth $bandwidth from $lines', ({ lines, bandwidth, stated }) => {
    expect(plan(CONNECTION, 'm=audio 5004 RTP/AVP 0', ...lines)).toMatchObject({
      bandwidth,
      bandwidthStated: stated,
    });
  });

  test('b=RS and b=RR go to RTCP (RFC 3556)', () => {
    const it = plan(CONNECTION, 'm=audio 5004 RTP/AVP 0', 'b=AS:100', 'b=RS:0');
    expect(it.rtcpBandwidth).toEqual({ senders: 0, receivers: 3750 });
  });

  test.each([
    { lines: [], m: 'RTP/AVP 0', want: 20 },
    { lines: ['a=ptime:40'], m: 'RTP/AVP 0', want: 40 },
    { lines: ['a=maxptime:10'], m: 'RTP/AVP 0', want: 10 },
    { lines: ['a=ptime:1', 'a=rtpmap:96 L16/48000/2'], m: 'RTP/AVP 96', want: 1 },
    { lines: ['a=rtpmap:96 L16/48000/2'], m: 'RTP/AVP 96', want: 7 }, // 20 ms would not fit in a packet
    { lines: ['a=ptime:1', 'a=rtpmap:96 L24/48000/2'], m: 'RTP/AVP 96', want: 1 },
    { lines: ['a=ptime:0.125', 'a=rtpmap:96 L24/96000/8'], m: 'RTP/AVP 96', want: 0.125 },
    { lines: ['a=rtpmap:96 L24/48000/2'], m: 'RTP/AVP 96', want: 4 },
    { lines: [], m: 'RTP/AVP 9', want: 20 },
    { lines: ['a=ptime:0.01'], m: 'RTP/AVP 9', want: 0.125 }, // an octet, two samples
  ])('$m with $lines is sent $want ms at a time', ({ lines, m, want }) => {
    expect(plan(CONNECTION, `m=audio 5004 ${m}`, ...lines).ptimeMs).toBe(want);
  });

  test('support is told for every medium', () => {
    const text = `v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\n${CONNECTION}\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0 3\r\nm=audio 5006 RTP/SAVP 0\r\n`;
    const it = new MulticastRtpProvider().supports(SessionDescription.parse(text));
    expect(it.supported).toBe(true);
    expect(it.reason).toMatch(/encrypted/);
    expect(it.media).toMatchObject([
      { support: 'full', formats: ['PCMU/8000', 'GSM/8000*'] },
      { support: 'none', code: 'encrypted' },
    ]);
  });
});
