import { DecodeError, EncodeError, StateError } from '../errors.ts';
import { escapeName, isNonce, parseServerFinal, parseServerFirst } from './scram-messages.ts';
import type { ScramDigest } from './scram-keys.ts';
import { bytesOf, equalBytes, fromBase64, toBase64 } from './text.ts';

/** Fewest rounds of PBKDF2 that are accepted from a server (RFC 7677 §4). */
export const MIN_ITERATIONS = 4096;
/** Most of them: a server must not keep its clients busy for minutes. */
export const MAX_ITERATIONS = 5_000_000;

/**
 * The client's side of one SCRAM exchange, without channel binding (RFC 5802 §3, §5). In order: {@link first},
 * {@link handleServerFirst}, {@link final} with the salted password, {@link handleServerFinal}.
 */
export class ScramClient {
  readonly #digest: ScramDigest;
  readonly #nonce: string;
  readonly #gs2Header: string;
  readonly #firstBare: string;
  #serverFirst: { readonly text: string; readonly nonce: string } | undefined;
  #serverSignature: Uint8Array | undefined;

  /**
   * @param name  prepared by `saslPrep`
   * @param nonce random, at least 18 printable characters without a comma
   * @throws {EncodeError} when a value cannot be sent
   */
  constructor(
    digest: ScramDigest,
    {
      name,
      authzid = '',
      nonce,
    }: { readonly name: string; readonly authzid?: string; readonly nonce: string },
  ) {
    if (name === '' || name.includes('\0')) throw new EncodeError('SCRAM', 'name', 'is empty or has a NUL');
    if (authzid.includes('\0')) throw new EncodeError('SCRAM', 'authzid', 'has a NUL');
    if (!isNonce(nonce)) throw new EncodeError('SCRAM', 'nonce', 'is not printable ASCII without a comma');
    this.#digest = digest;
    this.#nonce = nonce;
    this.#gs2Header = `n,${authzid === '' ? '' : `a=${escapeName(authzid)}`},`;
    this.#firstBare = `n=${escapeName(name)},r=${nonce}`;
  }

  first(): Uint8Array {
    return bytesOf(this.#gs2Header + this.#firstBare);
  }

  /**
   * @returns what to derive the salted password with: PBKDF2 of the prepared password
   * @throws {DecodeError} when the message is wrong, its nonce not made from ours, or its count out of bounds
   */
  handleServerFirst(bytes: Uint8Array): { readonly salt: Uint8Array; readonly iterations: number } {
    if (this.#serverFirst !== undefined) throw new StateError('SCRAM: the server’s first message came twice');
    const { nonce, salt, iterations, text } = parseServerFirst(bytes);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new DecodeError('SCRAM', 'the server’s nonce does not continue ours', {
        rule: 'RFC 5802 §5.1, r',
      });
    }
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      const bounds = `${MIN_ITERATIONS} to ${MAX_ITERATIONS}`;
      throw new DecodeError('SCRAM', `the server asks for ${iterations} iterations, ${bounds} are done`, {
        rule: 'RFC 7677 §4',
      });
    }
    const octets = fromBase64(salt, 'the salt');
    this.#serverFirst = { text, nonce };
    return { salt: octets, iterations };
  }

  final(saltedPassword: Uint8Array): Uint8Array {
    if (this.#serverFirst === undefined) throw new StateError('SCRAM: the server’s first message is missing');
    const digest = this.#digest;
    const { text, nonce } = this.#serverFirst;
    const withoutProof = `c=${toBase64(bytesOf(this.#gs2Header))},r=${nonce}`;
    const authMessage = bytesOf(`${this.#firstBare},${text},${withoutProof}`);
    const clientKey = digest.hmac(saltedPassword, bytesOf('Client Key'));
    const signature = digest.hmac(digest.hash(clientKey), authMessage);
    const proof = clientKey.map((octet, i) => octet ^ signature[i]!);
    const serverKey = digest.hmac(saltedPassword, bytesOf('Server Key'));
    this.#serverSignature = digest.hmac(serverKey, authMessage);
    return bytesOf(`${withoutProof},p=${toBase64(proof)}`);
  }

  /**
   * Checks that the server knows the password too; without it anybody could have answered success.
   *
   * @throws {DecodeError} when it does not
   */
  handleServerFinal(bytes: Uint8Array): void {
    if (this.#serverSignature === undefined) throw new StateError('SCRAM: our last message is missing');
    const { signature, error } = parseServerFinal(bytes);
    if (error !== undefined) throw new DecodeError('SCRAM', `the server says ${error}`);
    if (!equalBytes(fromBase64(signature ?? '', 'the server’s signature'), this.#serverSignature)) {
      throw new DecodeError('SCRAM', 'the server has not proved that it knows the password', {
        rule: 'RFC 5802 §3',
      });
    }
  }
}
