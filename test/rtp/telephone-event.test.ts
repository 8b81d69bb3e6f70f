import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  digitOfEvent,
  DTMF_EVENTS,
  eventOfDigit,
  formatEventList,
  formatTelephoneEvents,
  formatTelephoneTone,
  parseEventList,
  parseTelephoneEvents,
  parseTelephoneTone,
  type TelephoneEvent,
} from '../../src/rtp/index.ts';
import { orFault } from '../support/decode-fault.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const upTo = (max: number) => fc.integer({ min: 0, max });
const anyEvent: fc.Arbitrary<TelephoneEvent> = fc.record({
  event: upTo(255),
  end: fc.boolean(),
  volume: upTo(63),
  duration: upTo(0xffff),
});

test.each<{ name: string; bytes: string; events: TelephoneEvent[] }>([
  {
    name: 'digit 1 begins (RFC 4733 §2.3)',
    bytes: '01 0a 0190',
    events: [{ event: 1, end: false, volume: 10, duration: 400 }],
  },
  {
    name: '# ends at the highest duration',
    bytes: '0b bf ffff',
    events: [{ event: 11, end: true, volume: 63, duration: 0xffff }],
  },
  {
    name: 'two events in one packet (§2.5.1.5)',
    bytes: '09 87 0320  10 00 0000',
    events: [
      { event: 9, end: true, volume: 7, duration: 800 },
      { event: 16, end: false, volume: 0, duration: 0 },
    ],
  },
])('events: $name', ({ bytes, events }) => {
  expect(parseTelephoneEvents(hex(bytes))).toEqual(events);
  expect(formatTelephoneEvents(events)).toEqual(hex(bytes));
});

test('the reserved bit is ignored', () => {
  expect(parseTelephoneEvents(hex('054a0001'))).toEqual(parseTelephoneEvents(hex('050a0001')));
});

describe('events', () => {
  test('parse undoes format', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 5 }), (events) => {
        expect(parseTelephoneEvents(formatTelephoneEvents(events))).toEqual(events);
      }),
    );
  });

  test('any bytes parse and come back without the reserved bit, or throw DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const wrong = bytes.length === 0 || bytes.length % 4 !== 0;
        const plain = bytes.map((byte, at) => (at % 4 === 1 ? byte & 0xbf : byte));
        const again = orFault(() => formatTelephoneEvents(parseTelephoneEvents(bytes)));
        expect([again instanceof DecodeError, again]).toEqual([wrong, wrong ? again : plain]);
      }),
    );
  });

  test.each([
    { wrong: { event: 256 }, says: 'telephone-event: event 256 is not a whole number from 0 to 255' },
    { wrong: { volume: 64 }, says: 'volume 64' },
    { wrong: { duration: 65_536 }, says: 'duration 65536' },
    { wrong: { duration: 1.5 }, says: 'duration 1.5' },
  ])('what does not fit is refused: $says', ({ wrong, says }) => {
    const event = { event: 1, end: false, volume: 0, duration: 1, ...wrong };
    expect(() => formatTelephoneEvents([event])).toThrow(EncodeError);
    expect(() => formatTelephoneEvents([event])).toThrow(says);
  });

  test('keys have their events', () => {
    expect(DTMF_EVENTS.map(digitOfEvent).join('')).toBe('0123456789*#ABCD');
    expect(['0', '*', '#', 'a', 'D'].map(eventOfDigit)).toEqual([0, 10, 11, 12, 15]);
    expect([eventOfDigit('E'), eventOfDigit(''), eventOfDigit('12'), digitOfEvent(16)]).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('tones', () => {
  test.each([
    {
      name: 'dial tone 350 + 440 Hz',
      bytes: '0012 ffff 015e 01b8',
      tone: { modulation: 0, volume: 18, duration: 0xffff, frequencies: [350, 440] },
    },
    {
      name: 'modulation of 16⅔ Hz',
      bytes: '1941 00a0 01a9',
      tone: { modulation: 50 / 3, volume: 1, duration: 160, frequencies: [425] },
    },
    {
      name: 'silence',
      bytes: 'ff80 0001',
      tone: { modulation: 511, volume: 0, duration: 1, frequencies: [] },
    },
  ])('$name (RFC 4733 §4)', ({ bytes, tone }) => {
    expect(parseTelephoneTone(hex(bytes))).toEqual(tone);
    expect(formatTelephoneTone(tone)).toEqual(hex(bytes));
  });

  test('reserved bits of frequencies are ignored', () => {
    expect(parseTelephoneTone(hex('0012 ffff f15e')).frequencies).toEqual([350]);
  });

  test('any bytes parse to what can be said again, or throw DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
        const tone = orFault(() => parseTelephoneTone(bytes));
        expect(tone instanceof DecodeError).toBe(bytes.length < 4 || bytes.length % 2 !== 0);
        const again = tone instanceof DecodeError ? tone : parseTelephoneTone(formatTelephoneTone(tone));
        expect(again).toEqual(tone);
      }),
    );
  });

  test('what does not fit is refused', () => {
    const tone = { modulation: 0, volume: 0, duration: 1, frequencies: [4096] };
    expect(() => formatTelephoneTone(tone)).toThrow('frequency 4096');
    expect(() => formatTelephoneTone({ ...tone, frequencies: [], modulation: 512 })).toThrow(EncodeError);
    expect(() => formatTelephoneTone({ ...tone, frequencies: [], modulation: 170.5 })).toThrow(EncodeError);
  });
});

describe('lists of events in a=fmtp (RFC 4733 §2.4.1)', () => {
  test.each([
    { text: '0-15', events: DTMF_EVENTS, written: '0-15' },
    { text: '0-15,66,70', events: [...DTMF_EVENTS, 66, 70], written: '0-15,66,70' },
    { text: ' events=16, 1-2 ,2,0', events: [0, 1, 2, 16], written: '0-2,16' },
    { text: '255', events: [255], written: '255' },
  ])('$text', ({ text, events, written }) => {
    expect(parseEventList(text)).toEqual(events);
    expect(formatEventList(events)).toBe(written);
  });

  test.each(['', ',', '0-15,', '5-3', '256', '0-256', '-1', '1 2', 'a', '0x1', '1-2-3'])(
    '%j is refused',
    (text) => expect(() => parseEventList(text)).toThrow(DecodeError),
  );

  test('parse undoes format', () => {
    fc.assert(
      fc.property(fc.uniqueArray(upTo(255), { minLength: 1 }), (events) => {
        expect(parseEventList(formatEventList(events))).toEqual([...events].sort((a, b) => a - b));
      }),
    );
  });

  test('nothing and what is no event cannot be written', () => {
    expect(() => formatEventList([])).toThrow(EncodeError);
    expect(() => formatEventList([1, 256])).toThrow(EncodeError);
    expect(() => formatEventList([1.5])).toThrow(EncodeError);
  });
});
