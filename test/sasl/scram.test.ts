import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError, StateError } from '../../src/errors.ts';
import {
  parseScramKeys,
  ScramClient,
  scramKeys,
  ScramServer,
  serializeScramKeys,
} from '../../src/sasl/index.ts';
import { bytes, salted, SHA256, text } from './support.ts';

/** RFC 7677 §3: user `user`, password `pencil`. */
const RFC = {
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: new Uint8Array(Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')),
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};
const pencil = salted('pencil', RFC.salt, 4096);
const newClient = () => new ScramClient(SHA256, { name: 'user', nonce: RFC.clientNonce });

describe('the exchange of RFC 7677 §3', () => {
  test('as the client', () => {
    const client = newClient();
    expect(text(client.first())).toBe(RFC.clientFirst);
    expect(client.handleServerFirst(bytes(RFC.serverFirst))).toEqual({ salt: RFC.salt, iterations: 4096 });
    expect(text(client.final(pencil))).toBe(RFC.clientFinal);
    client.handleServerFinal(bytes(RFC.serverFinal));
  });

  test('as the server', () => {
    const server = new ScramServer(SHA256, RFC.serverNonce);
    expect(server.handleClientFirst(bytes(RFC.clientFirst))).toEqual({ name: 'user', authzid: undefined });
    expect(text(server.first(scramKeys(SHA256, pencil, RFC.salt, 4096)))).toBe(RFC.serverFirst);
    expect(server.handleClientFinal(bytes(RFC.clientFinal))).toBe(true);
    expect(text(server.final())).toBe(RFC.serverFinal);
  });
});

const nonce = fc.string({
  unit: fc.constantFrom(...Array.from('!"#$%&\'()*+-./09:;<=>?@AZ[]^_`az{|}~')),
  minLength: 18,
  maxLength: 30,
});
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((it) => !it.includes('\0') && it.isWellFormed());

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('client and server', () => {
  test('agree on any name, salt and password, and only on the right one', () => {
    fc.assert(
      fc.property(
        fc.record({
          name,
          authzid: fc.oneof(fc.constant(''), name),
          salt: fc.uint8Array({ minLength: 1, maxLength: 40 }),
          right: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          wrong: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          iterations: fc.integer({ min: 4096, max: 100_000 }),
          clientNonce: nonce,
          serverNonce: nonce,
        }),
        ({ name, authzid, salt, right, wrong, iterations, clientNonce, serverNonce }) => {
          const keys = parseScramKeys(
            SHA256,
            serializeScramKeys(SHA256, scramKeys(SHA256, right, salt, iterations)),
          );
          for (const password of [right, wrong]) {
            const client = new ScramClient(SHA256, { name, authzid, nonce: clientNonce });
            const server = new ScramServer(SHA256, serverNonce);
            expect(server.handleClientFirst(client.first())).toEqual({
              name,
              authzid: authzid === '' ? undefined : authzid,
            });
            expect(client.handleServerFirst(server.first(keys))).toEqual({ salt, iterations });
            const isRight = Buffer.from(password).equals(right);
            expect(server.handleClientFinal(client.final(password))).toBe(isRight);
            const end = (): void => client.handleServerFinal(server.final());
            expect(thrownBy(end) instanceof StateError).toBe(!isRight);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('any bytes are understood or refused as wrong, at every step', () => {
    const attempt = (step: (given: Uint8Array) => unknown, given: Uint8Array): void => {
      expect(thrownBy(() => step(given)) ?? new DecodeError('', '')).toBeInstanceOf(DecodeError);
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.string({ unit: fc.constantFrom(...Array.from('nyprsicvem=,a0+/ \0é')) }).map(bytes),
        ),
        (given) => {
          attempt((it) => new ScramServer(SHA256, RFC.serverNonce).handleClientFirst(it), given);
          attempt((it) => newClient().handleServerFirst(it), given);
          const server = new ScramServer(SHA256, RFC.serverNonce);
          server.handleClientFirst(bytes(RFC.clientFirst));
          server.first(scramKeys(SHA256, pencil, RFC.salt, 4096));
          attempt((it) => server.handleClientFinal(it), given);
          const client = newClient();
          client.handleServerFirst(bytes(RFC.serverFirst));
          client.final(pencil);
          attempt((it) => client.handleServerFinal(it), given);
        },
      ),
    );
  });

  test('a proof with any bit changed proves nothing', () => {
    const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
    for (let bit = 0; bit < 256; bit += 7) {
      const changed = Buffer.from(proof);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const server = new ScramServer(SHA256, RFC.serverNonce);
      server.handleClientFirst(bytes(RFC.clientFirst));
      server.first(scramKeys(SHA256, pencil, RFC.salt, 4096));
      const final = RFC.clientFinal.replace(/p=.*/, `p=${changed.toString('base64')}`);
      expect(server.handleClientFinal(bytes(final))).toBe(false);
    }
  });
});

describe('the server refuses', () => {
  test.each([
    ['channel binding', 'p=tls-exporter,,n=user,r=abc', /PLUS/],
    ['an extension that must be understood', 'n,,m=x,n=user,r=abc', /must be understood/],
    ['a name with a bare equals sign', 'n,,n=us=er,r=abc', /=2C nor =3D/],
    ['no name', 'n,,r=abc', /where n should/],
    ['no nonce', 'n,,n=user', /r is missing/],
    ['no header', 'n=user,r=abc', /GS2 header/],
  ])('%s', (_, message, words) => {
    expect(() => new ScramServer(SHA256, 'xyz').handleClientFirst(bytes(message))).toThrow(words);
  });

  test.each([
    ['the nonce of another exchange', RFC.clientFinal.replace('r=rO', 'r=rP'), /nonce/],
    ['another header than at first', RFC.clientFinal.replace('c=biws', 'c=eSws'), /header/],
    ['a proof that is not base64', RFC.clientFinal.replace('p=dH', 'p=*'), /base64/],
    ['no proof', 'c=biws,r=x', /no proof/],
  ])('%s', (_, message, words) => {
    const server = new ScramServer(SHA256, RFC.serverNonce);
    server.handleClientFirst(bytes(RFC.clientFirst));
    server.first(scramKeys(SHA256, pencil, RFC.salt, 4096));
    expect(() => server.handleClientFinal(bytes(message))).toThrow(words);
  });

  test('steps out of order', () => {
    const server = new ScramServer(SHA256, 'xyz');
    expect(() => server.first(scramKeys(SHA256, pencil, RFC.salt, 4096))).toThrow(StateError);
    expect(() => server.handleClientFinal(bytes('x'))).toThrow(StateError);
    server.handleClientFirst(bytes(RFC.clientFirst));
    expect(() => server.handleClientFirst(bytes(RFC.clientFirst))).toThrow(StateError);
  });
});

describe('the client refuses', () => {
  test.each([
    ['a nonce that is not its own', RFC.serverFirst.replace('r=rO', 'r=rP'), /does not continue ours/],
    [
      'its own nonce given back',
      'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      /does not continue ours/,
    ],
    ['few iterations', RFC.serverFirst.replace('4096', '4095'), /4095 iterations/],
    ['endless iterations', RFC.serverFirst.replace('4096', '999999999'), /iterations/],
    ['a count that is none', RFC.serverFirst.replace('4096', '-1'), /no count/],
  ])('%s', (_, message, words) => {
    expect(() => newClient().handleServerFirst(bytes(message))).toThrow(words);
  });

  test.each([
    [
      'a server that does not know the password',
      'v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
      /has not proved/,
    ],
    ['an error, with its name', 'e=invalid-proof', /invalid-proof/],
  ])('%s', (_, message, words) => {
    const client = newClient();
    client.handleServerFirst(bytes(RFC.serverFirst));
    client.final(pencil);
    expect(() => client.handleServerFinal(bytes(message))).toThrow(words);
  });

  test('a name or nonce that cannot be sent, and steps out of order', () => {
    expect(() => new ScramClient(SHA256, { name: '', nonce: 'abc' })).toThrow(EncodeError);
    expect(() => new ScramClient(SHA256, { name: 'user', nonce: 'a,c' })).toThrow(EncodeError);
    expect(() => newClient().final(pencil)).toThrow(StateError);
    expect(() => newClient().handleServerFinal(bytes('v=x'))).toThrow(StateError);
  });
});

test('keys in a file that are not keys are refused', () => {
  for (const wrong of ['', 'SCRAM-SHA-1$4096:AA==$AA==:AA==', 'SCRAM-SHA-256$4096:AA==$AA==:AA==']) {
    expect(() => parseScramKeys(SHA256, wrong)).toThrow(DecodeError);
  }
});
