import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  EXTENDED,
  type LdapMessage,
  parseFilter,
  peekMessageId,
  textAttribute,
} from '../../src/ldap/index.ts';
import { anyMessage, bytes, hex, utf8, outcome } from './support.ts';

const ok = { resultCode: 0, matchedDN: '', diagnosticMessage: '' };

/** Octets worked out by hand from RFC 4511 and X.690, or as OpenLDAP's tools send them. */
const known: readonly { name: string; octets: string; message: LdapMessage }[] = [
  {
    name: 'anonymous bind, version 3',
    octets: '300c 020101 6007 020103 0400 8000',
    message: {
      messageId: 1,
      op: {
        type: 'bindRequest',
        version: 3,
        name: '',
        authentication: { kind: 'simple', password: new Uint8Array(0) },
      },
    },
  },
  {
    name: '[DIR-08] simple bind, version 2',
    octets: '3015 020102 6010 020102 0405 636e3d4a6f 8004 70617373',
    message: {
      messageId: 2,
      op: {
        type: 'bindRequest',
        version: 2,
        name: 'cn=Jo',
        authentication: { kind: 'simple', password: utf8('pass') },
      },
    },
  },
  {
    name: 'SASL EXTERNAL bind',
    octets: '3016 020101 6011 020103 0400 a30a 0408 45585445524e414c',
    message: {
      messageId: 1,
      op: {
        type: 'bindRequest',
        version: 3,
        name: '',
        authentication: { kind: 'sasl', mechanism: 'EXTERNAL' },
      },
    },
  },
  {
    name: 'Sicily negotiate: a choice of another document is kept',
    octets: '3012 020101 600d 020103 0404 4e544c4d 8a02 0102',
    message: {
      messageId: 1,
      op: {
        type: 'bindRequest',
        version: 3,
        name: 'NTLM',
        authentication: { kind: 'other', tag: 0x8a, octets: Uint8Array.of(1, 2) },
      },
    },
  },
  {
    name: 'bind response',
    octets: '300c 020101 6107 0a0100 0400 0400',
    message: { messageId: 1, op: { type: 'bindResponse', ...ok } },
  },
  { name: 'unbind', octets: '3005 020103 4200', message: { messageId: 3, op: { type: 'unbindRequest' } } },
  {
    name: 'abandon',
    octets: '3006 020106 500105',
    message: { messageId: 6, op: { type: 'abandonRequest', abandonId: 5 } },
  },
  {
    name: 'root DSE search as ldapsearch sends it',
    octets: '3025 020102 6320 0400 0a0100 0a0100 020100 020100 010100 870b 6f626a656374636c617373 3000',
    message: {
      messageId: 2,
      op: {
        type: 'searchRequest',
        baseObject: '',
        scope: 'base',
        derefAliases: 'never',
        sizeLimit: 0,
        timeLimit: 0,
        typesOnly: false,
        filter: { kind: 'present', attribute: 'objectclass' },
        attributes: [],
      },
    },
  },
  {
    name: 'a locator client looks for conferences by prefix',
    octets:
      '3034 020103 632f 040a 6f3d496e7472616e6574 0a0101 0a0100 020100 02013c 010100' +
      'a40b 0403 756964 3004 8002 4142 3005 0403 756964',
    message: {
      messageId: 3,
      op: {
        type: 'searchRequest',
        baseObject: 'o=Intranet',
        scope: 'one',
        derefAliases: 'never',
        sizeLimit: 0,
        timeLimit: 60,
        typesOnly: false,
        filter: parseFilter('(uid=AB*)'),
        attributes: ['uid'],
      },
    },
  },
  {
    name: 'search entry',
    octets: '301a 020102 6415 0405 7569643d41 300c 300a 0403 756964 3103 0401 41',
    message: {
      messageId: 2,
      op: { type: 'searchResultEntry', objectName: 'uid=A', attributes: [textAttribute('uid', 'A')] },
    },
  },
  {
    name: 'search reference',
    octets: '300f 020102 730a 0408 6c6461703a2f2f78',
    message: { messageId: 2, op: { type: 'searchResultReference', uris: ['ldap://x'] } },
  },
  {
    name: 'referral result',
    octets: '3018 020102 6513 0a010a 0400 0400 a30a 0408 6c6461703a2f2f78',
    message: {
      messageId: 2,
      op: { type: 'searchResultDone', ...ok, resultCode: 10, referral: ['ldap://x'] },
    },
  },
  {
    name: 'delete',
    octets: '300a 020105 4a05 7569643d41',
    message: { messageId: 5, op: { type: 'delRequest', entry: 'uid=A' } },
  },
  {
    name: 'modify: replace entryTTL',
    octets: '3025 020105 6620 0405 7569643d41 3017 3015 0a0102 3010 0408 656e74727954544c 3104 0402 3630',
    message: {
      messageId: 5,
      op: {
        type: 'modifyRequest',
        object: 'uid=A',
        changes: [{ operation: 'replace', modification: textAttribute('entryTTL', '60') }],
      },
    },
  },
  {
    name: 'add',
    octets: '301a 020104 6815 0405 7569643d41 300c 300a 0403 756964 3103 0401 41',
    message: {
      messageId: 4,
      op: { type: 'addRequest', entry: 'uid=A', attributes: [textAttribute('uid', 'A')] },
    },
  },
  {
    name: 'modify DN',
    octets: '301c 020101 6c17 0405 7569643d41 0405 7569643d42 0101ff 8004 6f3d4e74',
    message: {
      messageId: 1,
      op: {
        type: 'modDNRequest',
        entry: 'uid=A',
        newRDN: 'uid=B',
        deleteOldRDN: true,
        newSuperior: 'o=Nt',
      },
    },
  },
  {
    name: 'compare',
    octets: '3014 020101 6e0f 0405 7569643d41 3006 0401 63 0401 78',
    message: {
      messageId: 1,
      op: { type: 'compareRequest', entry: 'uid=A', attribute: 'c', value: utf8('x') },
    },
  },
  {
    name: 'notice of disconnection (RFC 4511 §4.4.1)',
    octets: '3024 020100 781f 0a0102 0400 0400 8a16 312e332e362e312e342e312e313436362e3230303336',
    message: {
      messageId: 0,
      op: {
        type: 'extendedResponse',
        ...ok,
        resultCode: 2,
        responseName: EXTENDED.noticeOfDisconnection,
      },
    },
  },
  {
    name: 'intermediate response without name and value',
    octets: '3005 020107 7900',
    message: { messageId: 7, op: { type: 'intermediateResponse' } },
  },
  {
    name: 'critical control without value',
    octets: '3012 020103 4200 a00b 3009 0404 312e3233 0101ff',
    message: {
      messageId: 3,
      op: { type: 'unbindRequest' },
      controls: [{ controlType: '1.23', criticality: true }],
    },
  },
];

describe('LDAP messages', () => {
  test.each(known)('known octets: $name', ({ octets, message }) => {
    expect(decodeMessage(bytes(octets))).toEqual(message);
    expect(hex(encodeMessage(message))).toBe(hex(bytes(octets)));
  });

  test('every message comes back as it was written', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
      { numRuns: 400 },
    );
  });

  test('any bytes are a message or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        expect(['read', 'refused']).toContain(outcome(() => decodeMessage(octets)));
      }),
      { numRuns: 1000 },
    );
  });

  test('a message with any octet changed, lost or added is a message or a DecodeError', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.nat(255), fc.constantFrom(0, 1, 2), (message, at, octet, how) => {
        const good = [...encodeMessage(message)];
        good.splice(at % good.length, how === 2 ? 0 : 1, ...(how === 1 ? [] : [octet]));
        expect(['read', 'refused']).toContain(
          outcome(() => encodeMessage(decodeMessage(Uint8Array.from(good)))),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('kept inputs parse or throw DecodeError', () => {
    const folder = new URL('../corpus/ldap/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.hex'));
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const [verdict, ...lines] = readFileSync(new URL(file, folder), 'utf8').split('\n');
      const octets = bytes(lines.join(''));
      expect(`${file}: ${outcome(() => decodeMessage(octets))}`).toBe(
        `${file}: ${verdict?.replace('# ', '')}`,
      );
    }
  });

  test('elements of a later protocol version are passed over (RFC 4511 §4)', () => {
    const octets = bytes('300f 020101 610a 0a0100 0400 0400 8901 00');
    expect(decodeMessage(octets).op).toEqual({ type: 'bindResponse', ...ok });
  });

  test('a filter nested deeper than allowed is refused', () => {
    const nested = (depth: number): LdapMessage => ({
      messageId: 1,
      op: {
        type: 'searchRequest',
        baseObject: '',
        scope: 'base',
        derefAliases: 'never',
        sizeLimit: 0,
        timeLimit: 0,
        typesOnly: false,
        filter: parseFilter(`${'(!'.repeat(depth)}(a=b)${')'.repeat(depth)}`, depth + 1),
        attributes: [],
      },
    });
    expect(() => decodeMessage(encodeMessage(nested(20)), 30)).not.toThrow();
    expect(() => decodeMessage(encodeMessage(nested(40)), 30)).toThrow(/nested too deep/);
    // Depth costs stack: an attacker's must not reach its end.
    const depth = 100_000;
    const deep = new Uint8Array(depth * 2).fill(0);
    for (let i = 0; i < depth; i++) deep.set([0xa2, 0x84], i * 2);
    expect(() => decodeMessage(deep)).toThrow(DecodeError);
  });

  test('the message id of a broken message can still be named', () => {
    expect(peekMessageId(bytes('3008 020105 6303 040199'))).toBe(5);
    expect(peekMessageId(bytes('0000'))).toBeUndefined();
  });

  test('a message id out of range is not written', () => {
    expect(() => encodeMessage({ messageId: -1, op: { type: 'unbindRequest' } })).toThrow(EncodeError);
    expect(() => encodeMessage({ messageId: 2 ** 31, op: { type: 'unbindRequest' } })).toThrow(EncodeError);
  });
});
