import { DecodeError } from '../errors.ts';

/** Largest message accepted when the caller does not say, in bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Cuts a byte stream into LDAP messages. Holds at most one unfinished message and the chunk that was given last; a
 * message that announces more than the limit is refused from its first bytes, before anything is stored for it.
 */
export class LdapFramer {
  readonly #maxMessageBytes: number;
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  constructor(maxMessageBytes: number = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes received that no message was made of yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Takes the next bytes of the stream; they are copied. Poll {@link pollFrame} until it has no more. */
  handleBytes(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    const needed = held + chunk.length;
    if (this.#end + chunk.length > this.#buffer.length) {
      const target =
        needed <= this.#buffer.length
          ? this.#buffer
          : new Uint8Array(Math.max(needed, Math.min(this.#buffer.length * 2, this.#maxMessageBytes)));
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next whole message.
   *
   * @returns a copy of its bytes, or undefined when more are needed
   * @throws {DecodeError} when the stream is not LDAP or the message is too large; the stream is then lost for good
   */
  pollFrame(): Uint8Array | undefined {
    const held = this.#end - this.#start;
    if (held < 2) {
      if (held === 1) this.#checkTag();
      return undefined;
    }
    this.#checkTag();
    let length = this.#buffer[this.#start + 1]!;
    let head = 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0) throw new DecodeError('LDAP', 'an indefinite length', { rule: 'RFC 4511 §5.1' });
      if (count > 4) throw new DecodeError('LDAP', `a length of ${count} octets, at most 4 are read`);
      if (held < 2 + count) return undefined;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + this.#buffer[this.#start + head++]!;
    }
    const total = head + length;
    if (total > this.#maxMessageBytes) {
      throw new DecodeError(
        'LDAP',
        `a message of ${total} bytes, more than the ${this.#maxMessageBytes} allowed`,
      );
    }
    if (total > held) return undefined;
    const frame = this.#buffer.slice(this.#start, this.#start + total);
    this.#start += total;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
      if (this.#buffer.length > 65_536) this.#buffer = new Uint8Array(0); // one large message is no reason to keep megabytes
    }
    return frame;
  }

  #checkTag(): void {
    const tag = this.#buffer[this.#start]!;
    if (tag !== 0x30) {
      throw new DecodeError('LDAP', `a message begins with 0x${tag.toString(16)} instead of 0x30`, {
        rule: 'RFC 4511 §4.1.1',
      });
    }
  }
}
