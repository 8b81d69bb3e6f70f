import fc from 'fast-check';
import { type CapturedDatagram, CaptureReader } from '../../src/capture/index.ts';

export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const port = fc.integer({ min: 0, max: 0xffff });
const address = (family: 4 | 6): fc.Arbitrary<string> =>
  family === 4
    ? fc.constantFrom('192.0.2.1', '239.255.1.2', '255.255.255.255', '0.0.0.0')
    : fc.constantFrom('2001:db8::1', 'ff15::1:2', '::', 'fe80::1:2:3:4');

/** Datagrams as a capture gives them. `untilNs` is what the format's times can tell. */
export const datagram = (untilNs: bigint): fc.Arbitrary<CapturedDatagram> =>
  fc.constantFrom<4 | 6>(4, 6).chain((family) =>
    fc.record({
      timeNs: fc.bigInt({ min: 0n, max: untilNs }),
      source: fc.record({ address: address(family), port }),
      destination: fc.record({ address: address(family), port }),
      payload: fc.uint8Array({ maxLength: 60 }),
      ttl: fc.integer({ min: 0, max: 255 }),
      dscp: fc.integer({ min: 0, max: 63 }),
    }),
  );

/** All datagrams of a file that is given whole. @throws what the reader throws */
export function readAll(file: Uint8Array, reader = new CaptureReader()): CapturedDatagram[] {
  const found = readPieces([file], reader);
  reader.handleEnd();
  return found;
}

export function readPieces(pieces: readonly Uint8Array[], reader = new CaptureReader()): CapturedDatagram[] {
  const found: CapturedDatagram[] = [];
  for (const piece of pieces) {
    const chunk = piece.slice();
    reader.handleBytes(chunk);
    chunk.fill(0xee); // the reader may keep nothing of it
    for (let next; (next = reader.pollDatagram()) !== undefined; ) found.push(next);
  }
  return found;
}
