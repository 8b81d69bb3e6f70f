import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, InvalidValueError, StateError } from '../../src/errors.ts';
import { decodeUtf7, encodeUtf7 } from '../../src/sdp/utf7.ts';
import { ConferenceBlob, parseSessionDescription, SDP_PROTOCOL_ID } from '../../src/sdp/index.ts';
import { corpusFolder } from './arbitraries.ts';

const defaults = {
  name: 'Weekly talk',
  machineAddress: 'host.corp.example',
  nowNtpSeconds: 3_456_462_469,
  startNtpSeconds: 3_456_462_448,
  audio: { group: '224.2.152.239', port: 22_716 },
  video: { group: '224.2.164.17', port: 51_232 },
};
const corpus = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, corpusFolder)));

describe('conference blob', () => {
  test('[BLB-01] [DEF-09] [DEF-10] the default: PCMU and H.263, 30 minutes, TTL 15, ASCII', () => {
    const blob = ConferenceBlob.createDefault({ ...defaults, originator: 'administrator' });
    expect(blob.toString()).toBe(
      'v=0\r\no=administrator 3456462469 1 IN IP4 host.corp.example\r\ns=Weekly talk\r\nt=3456462448 3456464248\r\n' +
        'm=audio 22716 RTP/AVP 0\r\nc=IN IP4 224.2.152.239/15\r\na=rtpmap:0 PCMU/8000\r\n' +
        'm=video 51232 RTP/AVP 34\r\nc=IN IP4 224.2.164.17/15\r\na=rtpmap:34 H263/90000\r\n',
    );
    expect([blob.charset, blob.isModified, blob.protocolId]).toEqual(['US-ASCII', false, SDP_PROTOCOL_ID]);
    expect(blob.description.validate()).toEqual([]);
    expect(() => ConferenceBlob.createDefault({ ...defaults, name: 'Süd' })).toThrow(InvalidValueError);
    expect(() => ConferenceBlob.createDefault({ ...defaults, description: 'Süd' })).toThrow(/ASCII/);
  });

  test('[BLB-01] a given text is taken as it is', () => {
    const bytes = corpus('tapi-default-blob.sdp');
    const blob = ConferenceBlob.parse(bytes);
    expect(blob.toBytes()).toEqual(bytes);
    expect(blob.description.times.at(0).stop - blob.description.times.at(0).start).toBe(1_800);
    expect(Array.from(blob.description.media, ({ groups, ttl }) => [...groups, ttl])).toEqual([
      ['224.2.152.239', 15],
      ['224.2.164.17', 15],
    ]);
    expect(blob.description.isValid).toBe(true);
  });

  test.each([
    ['ASCII by its bytes', 'v=0\r\ns=x\r\n', undefined, 'US-ASCII', 'x'],
    ['UTF-8 by its bytes', 'v=0\r\ns=é\r\n', undefined, 'UTF-8', 'é'],
    ['a=charset', 'v=0\r\ns=+AOk-\r\na=charset:utf-7\r\n', undefined, 'UTF-7', 'é'],
    ['named by the directory', 'v=0\r\ns=+AOk-\r\n', 'UTF7', 'UTF-7', 'é'],
    ['named, but a=charset knows better', 'v=0\r\ns=+AOk-\r\na=charset:UTF-8\r\n', 'UTF-7', 'UTF-7', '+AOk-'],
  ])('[BLB-02] charset: %s', (_, text, charset, want, name) => {
    const blob = ConferenceBlob.parse(text, charset === undefined ? {} : { charset });
    expect([blob.charset, blob.description.name]).toEqual([want, name]);
  });

  test('[BLB-02] an unknown charset is refused', () => {
    expect(() => ConferenceBlob.parse('v=0\r\n', { charset: 'EBCDIC' })).toThrow(InvalidValueError);
    expect(() => ConferenceBlob.parse('v=0\r\n', { charset: 'ISO-8859-1' })).toThrow(
      /US-ASCII, UTF-7 or UTF-8/,
    );
  });

  test('[BLB-03] the whole blob as text follows the edits', () => {
    const blob = ConferenceBlob.parse('v=0\r\ns=x\r\n', { charset: 'UTF-7' });
    blob.description.name = 'Grün+';
    expect(blob.toString()).toBe('v=0\r\ns=Gr+APw-n+-\r\n');
    expect(blob.description.name).toBe('Grün+');
    expect(blob.isModified).toBe(true);
    const ascii = ConferenceBlob.parse('v=0\r\ns=x\r\n', { charset: 'ASCII' });
    expect(() => (ascii.description.name = 'Grün')).toThrow(/outside US-ASCII/);
  });

  test('[BLB-04] the whole blob is replaced, or stays when the charset is wrong', () => {
    const blob = ConferenceBlob.parse('v=0\r\ns=x\r\n');
    expect(() => blob.replace('v=0\r\ns=y\r\n', 'EBCDIC')).toThrow(InvalidValueError);
    expect([blob.description.name, blob.isModified]).toEqual(['x', false]);
    blob.replace('v=0\r\ns=ü\r\n', 'UTF-8');
    expect([blob.description.name, blob.charset, blob.isModified]).toEqual(['ü', 'UTF-8', true]);
  });

  test('[BLB-05] what is not SDP is kept unread', () => {
    const bytes = Uint8Array.of(0, 255, 1, 254);
    const foreign = ConferenceBlob.parse(bytes, { protocolId: 'H.323 Conference' });
    expect([foreign.isSdp, foreign.problem]).toEqual([false, undefined]);
    expect(foreign.toBytes()).toEqual(bytes);
    expect(() => foreign.description).toThrow(/"H.323 Conference", not SDP/);
    const sdpElsewhere = ConferenceBlob.parse('v=0\r\n', { protocolId: 'Other' });
    expect(sdpElsewhere.isSdp).toBe(false);
    const broken = ConferenceBlob.parse(bytes);
    expect(broken.problem).toBeInstanceOf(DecodeError);
    expect(() => broken.description).toThrow(StateError);
    expect(broken.toBytes()).toEqual(bytes);
    bytes[0] = 7; // shares no memory with what was given
    expect(broken.toBytes()[0]).toBe(0);
  });

  test('[BLB-05] any bytes are kept', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(ConferenceBlob.parse(bytes).toBytes()).toEqual(bytes);
      }),
    );
  });
});

describe('charsets of free text (RFC 8866 §6.10)', () => {
  test('Latin-1 is read and written as bytes; other lines stay', () => {
    const sdp = parseSessionDescription(corpus('latin1.sdp'));
    expect([sdp.name, sdp.description, sdp.media.at(0).title]).toEqual(['Café crème', '¡Hola!', 'Música']);
    sdp.name = 'Señal';
    const again = parseSessionDescription(sdp.toBytes());
    expect([again.name, again.description]).toEqual(['Señal', '¡Hola!']);
    expect(Buffer.from(sdp.toBytes()).toString('latin1')).toContain('s=Se\u00F1al\r\n');
    expect(() => (sdp.name = '会議')).toThrow(/outside ISO-8859-1/);
  });

  test('UTF-8 bytes in a Latin-1 description are read as Latin-1', () => {
    const text = new TextEncoder().encode('v=0\r\ns=é\r\na=charset:ISO-8859-1\r\n');
    expect(parseSessionDescription(text).name).toBe('Ã©');
  });

  test('another charset rewrites all free text, or nothing', () => {
    const sdp = parseSessionDescription(corpus('latin1.sdp'));
    sdp.charset = 'UTF-8';
    expect(new TextDecoder('utf-8', { fatal: true }).decode(sdp.toBytes())).toMatch(
      /s=Café crème\r\ni=¡Hola!\r\n[^]*a=charset:UTF-8\r\n[^]*i=Música/,
    );
    sdp.charset = 'UTF-7';
    expect([sdp.name, sdp.media.at(0).title, sdp.validate()]).toEqual(['Café crème', 'Música', []]);
    const before = sdp.serialize();
    expect(() => (sdp.charset = 'US-ASCII')).toThrow(/US-ASCII cannot write the line "s=Café crème"/);
    expect(() => (sdp.charset = 'Shift_JIS')).toThrow(/use UTF-8/);
    expect(sdp.serialize()).toBe(before);
  });

  test('other charsets are read where the platform knows them, and take ASCII only', () => {
    const bytes = Uint8Array.from([
      ...Buffer.from('v=0\r\ns='),
      0x89,
      0xef,
      0x8b,
      0x63,
      ...Buffer.from('\r\na=charset:Shift_JIS\r\n'),
    ]);
    const sdp = parseSessionDescription(bytes);
    expect(sdp.name).toBe('会議');
    expect(() => (sdp.name = '会')).toThrow(/outside Shift_JIS/);
    sdp.name = 'plain';
    expect(sdp.name).toBe('plain');
    expect(
      parseSessionDescription(new TextEncoder().encode('v=0\r\ns=é\r\na=charset:nonsense\r\n')).name,
    ).toBe('é');
  });

  test('not UTF-8 and no charset: shown as Latin-1, kept as bytes', () => {
    const bytes = corpus('latin1-undeclared.sdp');
    const sdp = parseSessionDescription(bytes);
    expect(sdp.name).toBe('Zürich');
    sdp.description = 'ü';
    expect(Buffer.from(sdp.toBytes()).includes(Buffer.from('s=Z\xfcrich', 'latin1'))).toBe(true);
    expect(Buffer.from(sdp.toBytes()).includes(Buffer.from('i=ü'))).toBe(true);
  });
});

describe('UTF-7 (RFC 2152)', () => {
  test.each([
    ['A≢Α.', 'A+ImIDkQ-.'],
    ['Hi Mom ☺!', 'Hi Mom +Jjo-!'],
    ['日本語', '+ZeVnLIqe-'],
    ['1 + 1 = 2', '1 +- 1 = 2'],
    ['~\\', '+AH4AXA-'],
    ['😀', '+2D3eAA-'],
    ['', ''],
  ])('%s', (text, utf7) => {
    expect(encodeUtf7(text)).toBe(utf7);
    expect(decodeUtf7(utf7)).toBe(text);
  });

  test('a run without its dash ends at the first other character', () => {
    expect(decodeUtf7('Hi Mom +Jjo!')).toBe('Hi Mom ☺!');
  });

  test.each(['+A-', '+AAoA', '+AAo-', '+AAA-', '+!'])('stays as written: %s', (text) => {
    expect(decodeUtf7(text)).toBe(text);
  });

  test('decode undoes encode, in ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const utf7 = encodeUtf7(text);
        expect(utf7).toMatch(/^[ -}]*$/);
        const smuggles = /[\r\n\0]/.test(text); // such runs stay encoded
        expect(smuggles || decodeUtf7(utf7) === text).toBe(true);
      }),
    );
  });
});
