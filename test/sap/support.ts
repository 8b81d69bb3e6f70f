import fc from 'fast-check';
import { formatIp } from '../../src/ip/index.ts';
import {
  formatSapPacket,
  messageIdHash,
  type SapAuthentication,
  type SapPacket,
} from '../../src/sap/index.ts';

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

/** A description with what a session needs, lines ended by CRLF. */
export function sdp(change: {
  user?: string;
  id?: string | number;
  version?: string | number;
  host?: string;
  name?: string;
  group?: string;
  port?: number;
  times?: string;
}): string {
  const { user = '-', id = 1, version = 1, host = '192.0.2.1', name = 'Studio', port = 5004 } = change;
  const lines = [
    'v=0',
    `o=${user} ${id} ${version} IN IP4 ${host}`,
    `s=${name}`,
    `c=IN IP4 ${change.group ?? '239.255.1.2'}/15`,
    `t=${change.times ?? '0 0'}`,
    `m=audio ${port} RTP/AVP 0`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** An announcement, or deletion, of a description. */
export function packet(description: string, change: Partial<SapPacket> = {}): Uint8Array {
  return formatSapPacket({
    type: 'announce',
    hash: messageIdHash(utf8(description)),
    source: '192.0.2.1',
    encrypted: false,
    compressed: false,
    payloadType: 'application/sdp',
    payload: utf8(description),
    ...change,
  });
}

export function deletion(description: string, change: Partial<SapPacket> = {}): Uint8Array {
  const line = /^o=.*$/m.exec(description)?.[0] ?? '';
  return packet(description, { type: 'delete', payload: utf8(`${line}\n`), ...change });
}
