import { expect, test } from 'vitest';
import { parseSessionDescription, readRtcpFeedback } from '../../src/sdp/index.ts';

const CASES: [text: string, want: ReturnType<typeof readRtcpFeedback>][] = [
  ['rtcp-fb:* nack', { payloadType: undefined, value: 'nack', parameters: [] }],
  ['rtcp-fb:96 nack pli', { payloadType: 96, value: 'nack', parameters: ['pli'] }],
  ['rtcp-fb:96 ccm fir', { payloadType: 96, value: 'ccm', parameters: ['fir'] }],
  ['rtcp-fb:* trr-int 5000', { payloadType: undefined, value: 'trr-int', parameters: ['5000'] }],
  [
    'rtcp-fb:98  ccm  tmmbr smaxpr=120',
    { payloadType: 98, value: 'ccm', parameters: ['tmmbr', 'smaxpr=120'] },
  ],
  ['rtcp-fb:128 nack', undefined],
  ['rtcp-fb:* ', undefined],
  ['rtcp-fb:nack pli', undefined],
];

test.each(CASES)('%s (RFC 4585 §4.2)', (text, want) => {
  expect(readRtcpFeedback(text)).toEqual(want);
});

test('those of a medium that can be read, in their order', () => {
  const lines = [
    'm=video 5004 RTP/AVPF 96',
    'a=rtcp-fb:* nack pli',
    'a=rtcp-fb:what',
    'a=rtcp-fb:96 ccm fir',
  ];
  const text = ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', 'c=IN IP4 239.1.1.1/1', 't=0 0', ...lines, ''];
  const [medium] = parseSessionDescription(text.join('\r\n')).media;
  expect(medium?.rtcpFeedback.map(({ parameters }) => parameters)).toEqual([['pli'], ['fir']]);
});
