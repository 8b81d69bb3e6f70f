import { DecodeError, EncodeError, StateError } from '../errors.ts';
import { type ClientFirst, isNonce, parseClientFinal, parseClientFirst } from './scram-messages.ts';
import type { ScramDigest, ScramKeys } from './scram-keys.ts';
import { bytesOf, equalBytes, fromBase64, toBase64 } from './text.ts';

/**
 * The server's side of one SCRAM exchange, without channel binding (RFC 5802 §3, §5). In order:
 * {@link handleClientFirst}, {@link first} with the keys of that name, {@link handleClientFinal}, {@link final}.
 */
export class ScramServer {
  readonly #digest: ScramDigest;
  readonly #ownNonce: string;
  #client: ClientFirst | undefined;
  #first: { readonly text: string; readonly nonce: string; readonly keys: ScramKeys } | undefined;
  #authMessage: Uint8Array | undefined;

  /** @param nonce random, at least 18 printable characters without a comma */
  constructor(digest: ScramDigest, nonce: string) {
    if (!isNonce(nonce)) throw new EncodeError('SCRAM', 'nonce', 'is not printable ASCII without a comma');
    this.#digest = digest;
    this.#ownNonce = nonce;
  }

  /** @throws {DecodeError} when the message is wrong or asks for channel binding */
  handleClientFirst(bytes: Uint8Array): { readonly name: string; readonly authzid: string | undefined } {
    if (this.#client !== undefined) throw new StateError('SCRAM: the client’s first message came twice');
    const client = parseClientFirst(bytes);
    if (client.binding === 'p') {
      throw new DecodeError('SCRAM', 'channel binding is for SCRAM-…-PLUS, which is not offered', {
        rule: 'RFC 5802 §6',
      });
    }
    this.#client = client;
    return { name: client.name, authzid: client.authzid };
  }

  first(keys: ScramKeys): Uint8Array {
    if (this.#client === undefined) throw new StateError('SCRAM: the client’s first message is missing');
    const nonce = this.#client.nonce + this.#ownNonce;
    const text = `r=${nonce},s=${toBase64(keys.salt)},i=${keys.iterations}`;
    this.#first = { text, nonce, keys };
    return bytesOf(text);
  }

  /**
   * @returns whether the client knows the password
   * @throws {DecodeError} when the message is wrong, or belongs to another exchange
   */
  handleClientFinal(bytes: Uint8Array): boolean {
    if (this.#first === undefined || this.#client === undefined) {
      throw new StateError('SCRAM: our first message is missing');
    }
    const { binding, nonce, proof, withoutProof } = parseClientFinal(bytes);
    if (nonce !== this.#first.nonce) {
      throw new DecodeError('SCRAM', 'the nonce is not that of this exchange', { rule: 'RFC 5802 §5.1, r' });
    }
    if (binding !== toBase64(bytesOf(this.#client.gs2Header))) {
      throw new DecodeError('SCRAM', 'the header is not the one sent at first', { rule: 'RFC 5802 §6' });
    }
    const digest = this.#digest;
    const { storedKey } = this.#first.keys;
    const authMessage = bytesOf(`${this.#client.bare},${this.#first.text},${withoutProof}`);
    const signature = digest.hmac(storedKey, authMessage);
    const given = fromBase64(proof, 'the proof');
    if (given.length !== signature.length) return false;
    const clientKey = given.map((octet, i) => octet ^ signature[i]!);
    const isProven = equalBytes(digest.hash(clientKey), storedKey);
    if (isProven) this.#authMessage = authMessage;
    return isProven;
  }

  /** Proves to the client that we have its keys. Only after {@link handleClientFinal} said yes. */
  final(): Uint8Array {
    if (this.#authMessage === undefined || this.#first === undefined) {
      throw new StateError('SCRAM: the client has not proved anything');
    }
    return bytesOf(`v=${toBase64(this.#digest.hmac(this.#first.keys.serverKey, this.#authMessage))}`);
  }
}
