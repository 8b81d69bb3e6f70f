import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { parseSessionDescription, type SessionDescription } from '../../src/sdp/index.ts';
import { corpusFolder, sdpText } from './arbitraries.ts';

const corpus = readdirSync(corpusFolder).filter((name) => name.endsWith('.sdp'));

/** Lines of a description as text with their endings. */
function rawLines(sdp: SessionDescription): string[] {
  return sdp.lines.map(({ type, value, ending }) => (type === '' ? value : `${type}=${value}`) + ending);
}

describe('parse and serialize', () => {
  test.each(corpus)('%s comes back byte for byte', (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, corpusFolder)));
    const sdp = parseSessionDescription(bytes);
    expect(sdp.toBytes()).toEqual(bytes);
    expect(sdp.clone().toBytes()).toEqual(bytes);
    expect(sdp.modified).toBe(false);
    sdp.validate(); // must not throw, whatever is in the file
  });

  test.each([
    ['CRLF', 'v=0\r\ns=-\r\n'],
    ['LF', 'v=0\ns=-\n'],
    ['lone CR', 'v=0\rs=-\r'],
    ['mixed', 'v=0\r\ns=-\nt=0 0\r\n'],
    ['no final newline', 'v=0\r\ns=-'],
    ['blank lines at the end', 'v=0\r\n\r\n\r\n'],
    ['blank lines at the start', '\r\n\nv=0\r\n'],
    ['trailing spaces', 'v=0 \r\ns=a \t\r\n'],
    ['unknown and capital letters', 'v=0\r\nX=1\r\nq=\r\nV=0\r\n'],
    ['no value', 'v=\r\no=\r\n'],
    ['byte order mark', '\uFEFFv=0\r\n'],
    [
      'repeated everything',
      'v=0\r\nv=0\r\ne=a@b\r\ne=c@d\r\nc=x\r\nc=x\r\nt=0 0\r\nt=0 0\r\nr=1\r\nz=1\r\nk=a\r\nk=b\r\n',
    ],
    ['port and address counts', 'v=0\r\nm=audio 49170/2 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127/3\r\n'],
  ])('text survives: %s', (_, text) => {
    expect(parseSessionDescription(text).serialize()).toBe(text);
    expect(parseSessionDescription(text).toString()).toBe(text);
  });

  test('any bytes parse to themselves or throw DecodeError', () => {
    const letters = fc.constantFrom(0x0a, 0x0d, 0x00, 0x20, 0x3d, 0x30, 0x6d, 0x61, 0x76, 0x63, 0xff, 0xc3);
    const noise = fc.array(fc.oneof(letters, fc.integer({ min: 0, max: 255 })), { maxLength: 80 });
    fc.assert(
      fc.property(noise, fc.boolean(), (codes, startWell) => {
        const bytes = Uint8Array.from(startWell ? [0x76, 0x3d, ...codes] : codes);
        const sdp = parseOrDecodeError(bytes);
        if (sdp === undefined) return;
        expect(sdp.toBytes()).toEqual(bytes);
        sdp.validate();
        touchEverything(sdp);
      }),
      { numRuns: 300 },
    );
  });

  test('any description-like text comes back, and nothing in it makes a reader throw', () => {
    fc.assert(
      fc.property(sdpText, (text) => {
        const sdp = parseSessionDescription(text);
        expect(sdp.serialize()).toBe(text);
        expect(parseSessionDescription(sdp.toBytes()).serialize()).toBe(text);
        sdp.validate();
        touchEverything(sdp);
        expect(sdp.serialize()).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what cannot be a description', () => {
  test.each([
    ['nothing', '', /line 1: nothing here/],
    ['blank lines', '\r\n\n', /line 1: nothing here/],
    ['HTML', '<!doctype html>\n', /line 1: "<!doctype html>" is not a description/],
    ['JSON', '\n{"v":0}', /line 2: /],
    ['spaces around =', 'v = 0\n', /line 1: /],
    ['too long', `v=0\n${'x'.repeat(65_536)}`, /65540 bytes are more than the 65536 allowed/],
    ['too many lines', 'v=0\n'.repeat(4_097), /line 4097: more than the 4096 lines allowed/],
  ])('%s', (_, text, message) => {
    expect(() => parseSessionDescription(text)).toThrow(DecodeError);
    expect(() => parseSessionDescription(text)).toThrow(message);
  });

  test('limits can be set', () => {
    expect(() => parseSessionDescription('v=0\ns=-\n', { maxLines: 1 })).toThrow(/line 2/);
    expect(() => parseSessionDescription('v=0\ns=-\n', { maxBytes: 5 })).toThrow(/more than the 5/);
  });

  test('a large hostile description is judged in bounded time', () => {
    const start = 'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n';
    const c = 'c=IN IP4 239.1.1.1/1/256\n'.repeat(200);
    const filter = 'a=source-filter: incl IN IP4 232.1.1.1 10.0.0.1\n'.repeat(300);
    const m = 'm=audio 5004/256 RTP/AVP 0 96 97\n'.repeat(1_200);
    const sdp = parseSessionDescription((start + c + filter + m).slice(0, 65_000));
    expect(sdp.validate().length).toBeGreaterThan(1_000);
    const formats = Array.from({ length: 8_000 }, (_, i) => i % 128).join(' ');
    const maps = 'a=rtpmap:96 x/8000\n'.repeat(1_500);
    const wide = parseSessionDescription(`${start}m=audio 5004 RTP/AVP ${formats}\n${maps}`);
    expect(wide.media.at(0).rtpMaps.length).toBeLessThanOrEqual(128);
    wide.validate();
  }, 10_000);
});

describe('edits', () => {
  const edits: readonly [name: string, edit: (sdp: SessionDescription) => void][] = [
    ['name', (sdp) => (sdp.name = 'Another name')],
    ['description', (sdp) => (sdp.description = 'Another description')],
    ['uri', (sdp) => (sdp.uri = 'https://another.example/')],
    ['emails', (sdp) => (sdp.emails = [...sdp.emails, { address: 'z@z.example' }])],
    ['phones', (sdp) => (sdp.phones = [...sdp.phones, { number: '+99 1' }])],
    ['connection', (sdp) => sdp.connection.setAddress('239.9.9.9', { ttl: 9 })],
    ['bandwidth', (sdp) => sdp.connection.setBandwidth('RS', 77)],
    ['time', (sdp) => void sdp.times.add({ start: 3_999_999_999, stop: 0 })],
    ['attribute', (sdp) => sdp.attributes.add('x-new:1')],
    ['direction', (sdp) => (sdp.direction = sdp.direction === 'inactive' ? 'sendonly' : 'inactive')],
    ['medium', (sdp) => void sdp.media.add({ port: 7000 })],
    ['media title', (sdp) => (sdp.media.at(0).title = 'Another title')],
    ['media port', (sdp) => sdp.media.at(0).setPorts(7002, 2)],
    ['media address', (sdp) => sdp.media.at(0).connection.setAddress('ff15::9', { count: 2 })],
  ];
  const editable = [
    'vlc',
    'ravenna',
    'dante-aes67',
    'no-final-newline',
    'mixed-endings',
    'latin1',
    'rfc2327-seminar',
  ];

  test.each(editable.flatMap((file) => edits.map(([name, edit]) => ({ file, name, edit }))))(
    '$file: editing the $name changes or adds one line only',
    ({ file, edit }) => {
      const before = parseSessionDescription(
        new Uint8Array(readFileSync(new URL(`${file}.sdp`, corpusFolder))),
      );
      const after = before.clone();
      edit(after);
      expect(after.modified).toBe(true);
      const [old, now] = [rawLines(before), rawLines(after)];
      const lastGotNewline = old.at(-1)?.endsWith('\n') === false && now.length > old.length;
      if (lastGotNewline) old[old.length - 1] += now.at(-2)?.endsWith('\r\n') ? '\r\n' : '\n';
      let front = 0;
      while (front < old.length && old[front] === now[front]) front++;
      let back = 0;
      const room = Math.min(old.length, now.length) - front;
      while (back < room && old.at(-1 - back)?.trimEnd() === now.at(-1 - back)?.trimEnd()) back++;
      const changed = { old: old.length - front - back, now: now.length - front - back };
      expect(changed.now).toBe(1);
      expect(changed.old).toBeLessThanOrEqual(1);
      expect(now.at(-1)?.endsWith('\n')).toBe(rawLines(before).at(-1)?.endsWith('\n'));
    },
  );

  test('new lines stand where RFC 8866 wants them, with the ending of the others', () => {
    const sdp = parseSessionDescription(
      'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 5004 RTP/AVP 0\na=ptime:20\n',
    );
    sdp.connection.setBandwidth('CT', 100);
    sdp.attributes.add('tool:x');
    sdp.phones = [{ number: '+1 2' }];
    sdp.uri = 'https://a.example/';
    sdp.connection.setAddress('239.255.1.1', { ttl: 1 });
    sdp.description = 'd';
    sdp.emails = [{ address: 'a@b.example', name: 'A' }];
    sdp.connection.setKey({ method: 'prompt' }, { legacy: true });
    sdp.media.at(0).title = 't';
    sdp.media.at(0).connection.setBandwidth('AS', 64);
    sdp.media.at(0).connection.setAddress('239.255.1.2', { ttl: 1 });
    expect(sdp.serialize()).toBe(
      'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\ni=d\nu=https://a.example/\ne=a@b.example (A)\np=+1 2\n' +
        'c=IN IP4 239.255.1.1/1\nb=CT:100\nt=0 0\nk=prompt\na=tool:x\n' +
        'm=audio 5004 RTP/AVP 0\ni=t\nc=IN IP4 239.255.1.2/1\nb=AS:64\na=ptime:20\n',
    );
  });

  test('a description without a final newline keeps none', () => {
    const sdp = parseSessionDescription('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0');
    sdp.attributes.add('recvonly');
    sdp.media.add();
    expect(sdp.serialize()).toMatch(/t=0 0\r\na=recvonly\r\nm=audio 5004 RTP\/AVP 0$/);
  });

  test('saying what is there already changes nothing', () => {
    const text =
      'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=n\r\ne=Jane <j@x.example>\r\nc=IN  IP4 239.1.1.1/5\r\nt=3900000000 0\r\nr=604800 3600 0\r\na=recvonly\r\nm=audio 5004 RTP/AVP 0\r\n';
    const sdp = parseSessionDescription(text);
    const [time] = sdp.times;
    sdp.name = 'n';
    sdp.emails = [...sdp.emails];
    sdp.attributes.list = [...sdp.attributes];
    sdp.direction = 'recvonly';
    if (time !== undefined) {
      time.repeats = [...time.repeats];
      time.set(time.start, time.stop);
    }
    sdp.media.at(0).setPorts(5004, 1);
    sdp.media.at(0).formats = ['0'];
    expect(sdp.serialize()).toBe(text);
    expect(sdp.modified).toBe(false);
  });

  test.each(['a\nb', 'a\rb', 'a\0b'])('no line can be smuggled in: %j', (text) => {
    const sdp = parseSessionDescription(
      'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 239.1.1.1/5\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n',
    );
    const before = sdp.serialize();
    const medium = sdp.media.at(0);
    for (const edit of [
      () => (sdp.name = text),
      () => (sdp.description = text),
      () => (sdp.uri = text),
      () => (sdp.originator = text),
      () => (sdp.machineAddress = text),
      () => (sdp.emails = [{ address: text }]),
      () => (sdp.phones = [{ number: '1', name: text }]),
      () => sdp.attributes.add(text),
      () => sdp.attributes.set('x', text),
      () => (sdp.attributes.list = ['ok', text]),
      () => sdp.connection.setAddress(text),
      () => (sdp.connection.netType = text),
      () => sdp.connection.setBandwidth(text, 1),
      () => sdp.connection.setKey({ method: 'clear', data: text }, { legacy: true }),
      () => (medium.kind = text),
      () => (medium.proto = text),
      () => (medium.formats = [text]),
      () => (medium.title = text),
      () => sdp.media.add({ kind: text }),
    ]) {
      expect(edit).toThrow(EncodeError);
    }
    expect(sdp.serialize()).toBe(before);
  });
});

/** Undefined for a DecodeError; any other error is the test's to fail on. */
function parseOrDecodeError(bytes: Uint8Array): SessionDescription | undefined {
  try {
    return parseSessionDescription(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Every getter there is. */
function touchEverything(sdp: SessionDescription): void {
  void [sdp.protocolVersion, sdp.origin, sdp.key, sdp.name, sdp.description, sdp.uri, sdp.emails, sdp.phones];
  void [sdp.charset, sdp.conferenceTypeHints, sdp.direction, sdp.connection.all, sdp.connection.addresses];
  void [sdp.connection.bandwidths, sdp.connection.key, sdp.sourceFilters, sdp.activeAt(0), sdp.nextChange(0)];
  for (const time of sdp.times) void [time.start, time.stop, time.repeats, time.zones];
  for (const medium of sdp.media) {
    void [medium.kind, medium.port, medium.rtpMaps, medium.ptimeMs, medium.effectiveDirection, medium.rtcp];
    void [medium.endpoints, medium.groups, medium.crypto, medium.title, medium.effectiveSourceFilters];
    for (const format of medium.formats) void medium.fmtp(format);
  }
}
