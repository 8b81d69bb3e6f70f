import { describe, expect, test } from 'vitest';
import { EncodeError, StateError } from '../../src/errors.ts';
import {
  type MediaDescription,
  parseSessionDescription,
  rtpPortPair,
  type SessionDescription,
  staticPayloadType,
  staticPayloadTypeFor,
} from '../../src/sdp/index.ts';

const HEAD = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 239.255.1.1/15\r\nt=0 0\r\n';
const sdpOf = (lines: string, session = ''): SessionDescription =>
  parseSessionDescription(HEAD + (session + lines).replaceAll('|', '\r\n') + '\r\n');
const mediumOf = (lines: string, session = ''): MediaDescription => sdpOf(lines, session).media.at(0);

describe('media collection', () => {
  test('[MED-01] a new medium has defaults and its place', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0|a=ptime:20');
    sdp.media.insert(0);
    sdp.media.insert(2, { kind: 'video', port: 5010, formats: ['34'] });
    expect(sdp.serialize()).toBe(
      `${HEAD}m=audio 5004 RTP/AVP 0\r\nm=audio 5004 RTP/AVP 0\r\na=ptime:20\r\nm=video 5010 RTP/AVP 34\r\n`,
    );
    expect(() => sdp.media.insert(4)).toThrow(RangeError);
    expect(() => sdp.media.insert(-1)).toThrow(RangeError);
    expect(() => sdp.media.add({ port: 70_000 })).toThrow(EncodeError);
    expect(() => sdp.media.add({ formats: [] })).toThrow(EncodeError);
  });

  test('[MED-02] a medium goes with all its lines', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0|a=ptime:20|m=video 5006 RTP/AVP 34|i=x');
    const gone = sdp.media.at(0);
    sdp.media.remove(0);
    expect(sdp.serialize()).toBe(`${HEAD}m=video 5006 RTP/AVP 34\r\ni=x\r\n`);
    expect(() => sdp.media.remove(1)).toThrow(RangeError);
    expect(() => gone.kind).toThrow(StateError);
  });

  test('[MED-03] [MED-04] [MED-05] count, item and iteration agree', () => {
    const { media } = sdpOf('m=audio 5004 RTP/AVP 0|m=video 5006 RTP/AVP 34');
    expect(media.length).toBe(2);
    expect(media.at(1).kind).toBe('video');
    expect(Array.from(media, ({ kind }) => kind)).toEqual(['audio', 'video']);
    expect(media.find('video')?.port).toBe(5006);
    expect(media.find('text')).toBeUndefined();
    expect(() => media.at(2)).toThrow(RangeError);
  });
});

describe('one medium', () => {
  test('[MED-06] [MED-07] kind', () => {
    const sdp = sdpOf('m=whiteboard  32416 udp wb');
    const medium = sdp.media.at(0);
    expect(medium.kind).toBe('whiteboard');
    medium.kind = 'application';
    expect(sdp.serialize()).toContain('m=application  32416 udp wb\r\n'); // odd spacing stays
    expect(() => (medium.kind = 'two words')).toThrow(EncodeError);
  });

  test('[MED-08] [MED-09] [MED-10] port and count', () => {
    const sdp = sdpOf('m=audio 49170/2 RTP/AVP 0');
    const medium = sdp.media.at(0);
    expect([medium.port, medium.portCount]).toEqual([49_170, 2]);
    medium.setPorts(5004, 3);
    expect(sdp.serialize()).toContain('m=audio 5004/3 RTP/AVP 0');
    medium.setPorts(0, 0); // both may be 0
    expect(sdp.serialize()).toContain('m=audio 0 RTP/AVP 0');
    expect(medium.endpoints).toEqual([]);
    expect(() => medium.setPorts(65_536)).toThrow(EncodeError);
    expect(() => medium.setPorts(1, 65_536)).toThrow(EncodeError);
    expect(() => medium.setPorts(1.5)).toThrow(EncodeError);
  });

  test('[MED-11] [MED-12] transport', () => {
    const medium = mediumOf('m=audio 5004 RTP/AVP 0');
    expect([medium.proto, medium.isRtp]).toEqual(['RTP/AVP', true]);
    medium.proto = 'RTP/SAVP';
    expect([medium.proto, medium.isRtp]).toEqual(['RTP/SAVP', true]);
    medium.proto = 'udp';
    expect([medium.isRtp, medium.rtpMaps]).toEqual([false, []]);
    medium.proto = 'UDP/TLS/RTP/SAVPF';
    expect(medium.isRtp).toBe(true);
  });

  test('[MED-13] [MED-14] formats, the first being the default', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0 8 96');
    const medium = sdp.media.at(0);
    expect(medium.formats).toEqual(['0', '8', '96']);
    medium.formats = ['96', '0'];
    expect(sdp.serialize()).toContain('m=audio 5004 RTP/AVP 96 0\r\n');
    expect(() => (medium.formats = [])).toThrow(EncodeError);
    expect(() => (medium.formats = ['a b'])).toThrow(EncodeError);
  });

  test('[MED-13] payload types get their meaning from rtpmap, else from RFC 3551', () => {
    const medium = mediumOf(
      'm=audio 5004 RTP/AVP 96 0 9 10 127 97|a=rtpmap:96 L24/48000/8|a=rtpmap:97 opus/48000/2',
    );
    expect(medium.rtpMaps).toEqual([
      { payloadType: 96, encoding: 'L24', clockRate: 48_000, channels: 8 },
      { payloadType: 0, encoding: 'PCMU', clockRate: 8_000, channels: 1 },
      { payloadType: 9, encoding: 'G722', clockRate: 8_000, channels: 1 },
      { payloadType: 10, encoding: 'L16', clockRate: 44_100, channels: 2 },
      { payloadType: 97, encoding: 'opus', clockRate: 48_000, channels: 2 },
    ]);
    expect(medium.rtpMap(127)).toBeUndefined();
    expect(mediumOf('m=video 1 RTP/AVP 99|a=rtpmap:99 h263-1998/90000').rtpMaps).toEqual([
      { payloadType: 99, encoding: 'h263-1998', clockRate: 90_000 },
    ]);
  });

  test.each([
    // RFC 3551 §6, tables 4 and 5
    [0, 'PCMU', 8000, 1],
    [3, 'GSM', 8000, 1],
    [5, 'DVI4', 8000, 1],
    [6, 'DVI4', 16000, 1],
    [8, 'PCMA', 8000, 1],
    [9, 'G722', 8000, 1],
    [10, 'L16', 44100, 2],
    [11, 'L16', 44100, 1],
    [18, 'G729', 8000, 1],
    [31, 'H261', 90000, undefined],
    [33, 'MP2T', 90000, undefined],
    [34, 'H263', 90000, undefined],
  ])('static payload type %i is %s/%i', (payloadType, encoding, clockRate, channels) => {
    expect(staticPayloadType(payloadType)).toEqual({
      payloadType,
      encoding,
      clockRate,
      ...(channels && { channels }),
    });
    expect(staticPayloadTypeFor(encoding.toLowerCase(), clockRate, channels)).toBe(payloadType);
  });

  test('formats without a static number have none', () => {
    expect(staticPayloadTypeFor('L16', 48_000, 2)).toBeUndefined();
    expect(staticPayloadTypeFor('PCMU', 8_000, 2)).toBeUndefined();
    expect([1, 2, 19, 35, 72, 96].map(staticPayloadType)).toEqual(Array.from({ length: 6 }));
  });

  test('[MED-15] [MED-16] title', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0|a=x');
    const medium = sdp.media.at(0);
    expect(medium.title).toBeUndefined();
    medium.title = 'Bühne';
    expect(sdp.serialize()).toContain('RTP/AVP 0\r\ni=Bühne\r\na=x\r\n');
    medium.title = undefined;
    expect(sdp.serialize()).not.toContain('i=');
  });

  test('[MED-17] the own connection counts, else the session’s', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0|m=video 5006 RTP/AVP 34|c=IN IP4 239.255.9.9/63/2');
    const [audio, video] = [sdp.media.at(0), sdp.media.at(1)];
    expect([audio.connection.field, audio.effectiveConnection?.address, audio.ttl]).toEqual([
      undefined,
      '239.255.1.1',
      15,
    ]);
    expect([video.groups, video.ttl]).toEqual([['239.255.9.9', '239.255.9.10'], 63]);
    audio.connection.setAddress('239.255.7.7', { ttl: 1 });
    expect(audio.groups).toEqual(['239.255.7.7']);
    expect(sdp.connection.address).toBe('239.255.1.1');
  });

  test('[MED-18] the own attributes', () => {
    const sdp = sdpOf('m=audio 5004 RTP/AVP 0|a=one|m=video 5006 RTP/AVP 34|a=two');
    expect(Array.from(sdp.media, ({ attributes }) => attributes.list)).toEqual([['one'], ['two']]);
  });

  test('an m= line nobody can read is empty, and can be mended', () => {
    const sdp = sdpOf('m=audio x RTP/AVP 0|a=one');
    const medium = sdp.media.at(0);
    expect([medium.readable, medium.kind, medium.port, medium.formats]).toEqual([false, '', 0, []]);
    expect(() => medium.setPorts(5004)).toThrow(StateError);
    expect(medium.endpoints).toEqual([]);
  });

  test('ptime and maxptime, with fractions', () => {
    const medium = mediumOf('m=audio 5004 RTP/AVP 0|a=ptime:0.125|a=maxptime:1.0');
    expect([medium.ptimeMs, medium.maxptimeMs]).toEqual([0.125, 1]);
    medium.ptimeMs = 20;
    medium.maxptimeMs = undefined;
    expect(medium.attributes.list).toEqual(['ptime:20']);
    expect(() => (medium.ptimeMs = 0)).toThrow(EncodeError);
  });

  test('fmtp', () => {
    const medium = mediumOf(
      'm=audio 5004 RTP/AVP 97 101|a=fmtp:97 useinbandfec=1; maxplaybackrate=16000;x|a=fmtp:101 0-15',
    );
    expect(medium.fmtp(97)).toEqual({
      format: '97',
      text: 'useinbandfec=1; maxplaybackrate=16000;x',
      parameters: new Map([
        ['useinbandfec', '1'],
        ['maxplaybackrate', '16000'],
        ['x', ''],
      ]),
    });
    expect([...(medium.fmtp('101')?.parameters ?? [])]).toEqual([['0-15', '']]);
    expect(medium.fmtp(0)).toBeUndefined();
  });

  test.each([
    ['', '', 'sendrecv'],
    ['a=recvonly|', '', 'recvonly'],
    ['a=recvonly|', '|a=sendonly', 'sendonly'],
    ['', '|a=inactive', 'inactive'],
    ['', '|a=sendonlyx', 'sendrecv'],
    ['', '|a=recvonly:x', 'sendrecv'],
  ])('direction of session %j and medium %j', (session, own, want) => {
    expect(mediumOf(`m=audio 5004 RTP/AVP 0${own}`, session).effectiveDirection).toBe(want);
  });

  test('the direction can be set and removed', () => {
    const medium = mediumOf('m=audio 5004 RTP/AVP 0|a=x|a=recvonly|a=y|a=sendonly');
    medium.direction = 'inactive';
    expect(medium.attributes.list).toEqual(['x', 'inactive', 'y', 'sendonly']);
    medium.direction = undefined;
    expect(medium.attributes.list).toEqual(['x', 'y']);
    medium.direction = 'sendrecv';
    expect(medium.attributes.list).toEqual(['x', 'y', 'sendrecv']);
  });
});

describe('ports', () => {
  test.each([
    // RFC 3550 §11; RFC 8866 §5.14
    { name: 'even', port: 5004, want: [5004, 5005] },
    { name: 'odd', port: 5005, want: [5004, 5005] },
    { name: 'even with a=rtcp', port: 5004, rtcp: { port: 6001 }, want: [5004, 6001] },
    { name: 'odd with a=rtcp', port: 5005, rtcp: { port: 5006 }, want: [5005, 5006] },
    { name: 'rtcp-mux', port: 5005, rtcpMux: true, want: [5005, 5005] },
  ])('pair of $name', ({ port, want, ...options }) => {
    const pair = rtpPortPair(port, options);
    expect([pair.rtp, pair.rtcp]).toEqual(want);
  });

  const shape = (medium: MediaDescription): unknown[] =>
    medium.endpoints.map(({ address, port, rtcpPort }) => [address, port, rtcpPort]);

  test('[CON-06] n ports and n addresses go one to one', () => {
    expect(shape(mediumOf('m=audio 49170/2 RTP/AVP 0|c=IN IP4 224.2.1.1/127/2'))).toEqual([
      ['224.2.1.1', 49_170, 49_171],
      ['224.2.1.2', 49_172, 49_173],
    ]);
  });

  test('n ports on one address, one port on n addresses, several c= lines', () => {
    expect(shape(mediumOf('m=audio 49170/2 RTP/AVP 0'))).toEqual([
      ['239.255.1.1', 49_170, 49_171],
      ['239.255.1.1', 49_172, 49_173],
    ]);
    const layered = mediumOf('m=video 5006 RTP/AVP 34|c=IN IP4 224.2.1.1/127|c=IN IP4 224.2.1.5/120');
    expect(shape(layered)).toEqual([
      ['224.2.1.1', 5006, 5007],
      ['224.2.1.5', 5006, 5007],
    ]);
    expect(layered.endpoints.map(({ ttl }) => ttl)).toEqual([127, 120]);
    expect(shape(mediumOf('m=application 32416/2 udp wb'))).toEqual([
      ['239.255.1.1', 32_416, undefined],
      ['239.255.1.1', 32_417, undefined],
    ]);
  });

  test('a=rtcp names port and address', () => {
    const [endpoint] = mediumOf('m=audio 5004 RTP/AVP 0|a=rtcp:6001 IN IP4 239.255.3.3').endpoints;
    expect(endpoint).toEqual({
      address: '239.255.1.1',
      port: 5004,
      rtcpPort: 6001,
      rtcpAddress: '239.255.3.3',
      ttl: 15,
    });
  });

  test('nothing runs past port 65535 or past 256 streams', () => {
    expect(mediumOf('m=audio 65530/9 RTP/AVP 0').endpoints).toHaveLength(3);
    expect(mediumOf('m=audio 2/9999 RTP/AVP 0').endpoints).toHaveLength(256);
    expect(mediumOf('m=audio 2 RTP/AVP 0|c=IN IP4 224.2.0.0/1/99999').endpoints).toHaveLength(256);
  });
});

describe('source filters (RFC 4570)', () => {
  test('a medium’s own filters replace those of the session', () => {
    const session = 'a=source-filter: incl IN IP4 * 10.0.0.1|';
    const plain = mediumOf('m=audio 5004 RTP/AVP 0', session);
    expect(plain.sourceFilterFor('239.255.1.1')?.sources).toEqual(['10.0.0.1']);
    const own = mediumOf(
      'm=audio 5004 RTP/AVP 0|a=source-filter:excl IN IP4 239.255.1.1 10.0.0.2 10.0.0.3',
      session,
    );
    expect(own.sourceFilterFor('239.255.1.1')).toEqual({
      mode: 'excl',
      netType: 'IN',
      addressType: 'IP4',
      destination: '239.255.1.1',
      sources: ['10.0.0.2', '10.0.0.3'],
    });
    expect(own.sourceFilterFor('239.255.1.2')).toBeUndefined();
  });

  test('the filter for the very group goes before *, whatever the spelling of the address', () => {
    const lines =
      'm=audio 1 RTP/AVP 0|a=source-filter: incl IN IP6 * ::1|a=source-filter: incl IN IP6 FF15:0::1 ::2';
    expect(mediumOf(lines).sourceFilterFor('ff15::1')?.sources).toEqual(['::2']);
    expect(mediumOf(lines).sourceFilterFor('ff15::2')?.sources).toEqual(['::1']);
  });
});
