import fc from 'fast-check';
import { formatIp } from '../../src/ip/index.ts';
import type { SapAuthentication, SapPacket } from '../../src/sap/index.ts';

/** Bytes from hexadecimal text; blanks do not count. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(
    (digits.replace(/\s/g, '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)),
  );
}

/** One character for each byte. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export function utf8(characters: string, encoding: BufferEncoding = 'utf8'): Uint8Array {
  return new Uint8Array(Buffer.from(characters, encoding));
}

const source = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((bytes) => formatIp({ bytes }));

const authentication: fc.Arbitrary<SapAuthentication> = fc
  .record({
    type: fc.constantFrom(0, 1, 15),
    data: fc.uint8Array({ maxLength: 1019 }),
  })
  .map(({ type, data }) => ({ version: 1, type, padding: (4 - ((1 + data.length) % 4)) % 4, data }));

const payload = fc.oneof(
  fc.string().map((name) => utf8(`v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=${name}\r\n`)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.of(0x76, 0x3d, ...bytes)),
);

/** A packet that can be written, with every field taking part. */
export const sapPacket: fc.Arbitrary<SapPacket> = fc
  .record(
    {
      type: fc.constantFrom('announce' as const, 'delete' as const),
      hash: fc.integer({ min: 0, max: 0xffff }),
      source,
      authentication,
      encrypted: fc.boolean(),
      compressed: fc.boolean(),
      reserved: fc.constant(true as const),
      payloadType: fc.constantFrom('application/sdp', 'text/plain', 'application/sdp; charset=utf-8'),
      payload,
    },
    { requiredKeys: ['type', 'hash', 'source', 'encrypted', 'compressed', 'payload'] },
  )
  .map(({ payloadType, ...rest }) =>
    rest.encrypted || rest.compressed || payloadType === undefined ? rest : { ...rest, payloadType },
  );
