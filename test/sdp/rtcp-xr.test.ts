import { expect, test } from 'vitest';
import { parseSessionDescription, type RtcpXrFormat, readRtcpXr } from '../../src/sdp/index.ts';

test.each<{ text: string; want: RtcpXrFormat[] | undefined }>([
  { text: 'rtcp-xr', want: [] },
  { text: 'rtcp-xr:', want: [] },
  {
    text: 'rtcp-xr:pkt-loss-rle pkt-dup-rle=100 pkt-rcpt-times=40',
    want: [
      { name: 'pkt-loss-rle' },
      { name: 'pkt-dup-rle', maxSize: 100 },
      { name: 'pkt-rcpt-times', maxSize: 40 },
    ],
  },
  {
    text: 'rtcp-xr:rcvr-rtt=all:10000 rcvr-rtt=sender',
    want: [
      { name: 'rcvr-rtt', mode: 'all', maxSize: 10_000 },
      { name: 'rcvr-rtt', mode: 'sender' },
    ],
  },
  {
    text: 'rtcp-xr:stat-summary=loss,dup,jitt,TTL,HL voip-metrics stat-summary',
    want: [
      { name: 'stat-summary', flags: ['loss', 'dup', 'jitt', 'TTL', 'HL'] },
      { name: 'voip-metrics' },
      { name: 'stat-summary', flags: [] },
    ],
  },
  {
    text: 'rtcp-xr:pkt-loss-rle-2=x delay=7 voip-metrics',
    want: [
      { name: 'extension', text: 'pkt-loss-rle-2=x' },
      { name: 'extension', text: 'delay=7' },
      { name: 'voip-metrics' },
    ],
  },
  { text: 'rtcp-xr:pkt-loss-rle=', want: undefined },
  { text: 'rtcp-xr:pkt-loss-rle=many', want: undefined },
  { text: 'rtcp-xr:rcvr-rtt', want: undefined },
  { text: 'rtcp-xr:rcvr-rtt=some', want: undefined },
  { text: 'rtcp-xr:stat-summary=ttl', want: undefined },
  { text: 'rtcp-xr:voip-metrics=1', want: undefined },
  { text: 'rtcp-xray:voip-metrics', want: undefined },
])('a=$text (RFC 3611 §5.1)', ({ text, want }) => {
  expect(readRtcpXr(text)).toEqual(want);
});

const description = (session: string, media: string): ReturnType<typeof parseSessionDescription> =>
  parseSessionDescription(
    `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=x\r\nt=0 0\r\n${session}m=audio 5004 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n${media}`,
  );

test('said for the medium, else for the session', () => {
  const line = (report: string): string => `a=rtcp-xr:${report}\r\n`;
  expect(description('', '').media.at(0).rtcpXr).toBeUndefined();
  expect(description(line('voip-metrics'), '').media.at(0).rtcpXr).toEqual([{ name: 'voip-metrics' }]);
  const own = description(line('voip-metrics'), line('pkt-dup-rle')).media.at(0).rtcpXr;
  expect(own).toEqual([{ name: 'pkt-dup-rle' }]);
});

test('one that cannot be read is told', () => {
  const issues = description('', 'a=rtcp-xr:rcvr-rtt\r\n').validate();
  expect(issues).toEqual([expect.objectContaining({ rule: 'RFC 3611 §5.1', line: 7 })]);
  expect(description('', 'a=rtcp-xr:rcvr-rtt=all\r\n').validate()).toEqual([]);
});
