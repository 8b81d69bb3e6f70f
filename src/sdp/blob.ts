import { DecodeError, InvalidValueError, StateError } from '../errors.ts';
import { type Charset, charsetOf, isAscii, tryUtf8 } from './charset.ts';
import { createSessionDescription } from './create.ts';
import type { SessionDescription } from './session.ts';
import { parseSessionDescription } from './session.ts';

/** The protocol identifier that says a blob is SDP: what the stock TAPI client writes. */
export const SDP_PROTOCOL_ID = 'IP Conference';

/** The character sets a conference blob may be in (TAPI's BLOB_CHARACTER_SET). */
export type BlobCharset = 'US-ASCII' | 'UTF-7' | 'UTF-8';

export interface BlobOptions {
  /** Default: the description's `a=charset` when it is one of the three, else ASCII or UTF-8, by its bytes. */
  readonly charset?: string;
  /** Default {@link SDP_PROTOCOL_ID}. Of any other protocol the blob is kept unread. */
  readonly protocolId?: string;
}

/** What a default blob needs to know of the world; all of it is given, none of it looked up. */
export interface DefaultBlobInit {
  readonly name: string;
  readonly description?: string;
  /** User name of the creator; default `-`. */
  readonly originator?: string;
  readonly machineAddress: string;
  /** Seconds since 1900. */
  readonly nowNtpSeconds: number;
  /** Seconds since 1900; default now. */
  readonly startNtpSeconds?: number;
  /** Default 1800. */
  readonly durationSeconds?: number;
  /** Default 15, site scope. */
  readonly ttl?: number;
  readonly audio: { readonly group: string; readonly port: number };
  readonly video: { readonly group: string; readonly port: number };
}

/**
 * What a directory holds about one conference: bytes in a format that the protocol identifier names, normally SDP.
 * A blob that is not SDP, or is SDP nobody can read, is kept as it is and written back unchanged.
 */
export class ConferenceBlob {
  readonly protocolId: string;
  #charset: BlobCharset = 'US-ASCII';
  #content: SessionDescription | Uint8Array = new Uint8Array();
  #problem: DecodeError | undefined;
  #replaced = false;

  private constructor(protocolId: string) {
    this.protocolId = protocolId;
  }

  /**
   * Takes a blob as it comes from a directory or a file; it never fails on the content ({@link problem} tells).
   *
   * @throws {InvalidValueError} for a charset other than US-ASCII, UTF-7 and UTF-8
   */
  static parse(input: string | Uint8Array, options: BlobOptions = {}): ConferenceBlob {
    const blob = new ConferenceBlob(options.protocolId ?? SDP_PROTOCOL_ID);
    blob.#load(input, options.charset);
    return blob;
  }

  /**
   * The stock default: PCMU audio and H.263 video, each on its own group and even port, 30 minutes from the start,
   * TTL of the site scope. ASCII only, as the defaults always were.
   *
   * @throws {InvalidValueError} when name or description is not ASCII
   * @throws {EncodeError} when a value cannot stand in a description
   */
  static createDefault(init: DefaultBlobInit): ConferenceBlob {
    const { name, description, nowNtpSeconds, startNtpSeconds: start = nowNtpSeconds, ttl = 15 } = init;
    if (!isAscii(name + (description ?? ''))) {
      throw new InvalidValueError(
        'a default blob is ASCII; create one with an ASCII name, set charset UTF-8, then set the name',
      );
    }
    const sdp = createSessionDescription({
      name,
      ...(description === undefined ? {} : { description }),
      ...(init.originator === undefined ? {} : { originator: init.originator }),
      sessionId: nowNtpSeconds,
      sessionVersion: '1',
      machineAddress: init.machineAddress,
      times: [{ start, stop: start + (init.durationSeconds ?? 1800) }],
      media: [
        { kind: 'audio', payloadType: 0, ttl, ...init.audio },
        { kind: 'video', payloadType: 34, ttl, ...init.video },
      ],
    });
    return ConferenceBlob.parse(sdp.serialize(), { charset: 'US-ASCII' });
  }

  get charset(): BlobCharset {
    return this.#charset;
  }

  /** The description to read and edit. @throws {StateError} when the blob is not SDP or cannot be read */
  get description(): SessionDescription {
    if (this.#content instanceof Uint8Array) {
      throw new StateError(
        this.#problem === undefined
          ? `the blob is in the format ${JSON.stringify(this.protocolId)}, not SDP`
          : `the blob cannot be read: ${this.#problem.message}`,
      );
    }
    return this.#content;
  }
  /** Whether {@link description} is there. */
  get isSdp(): boolean {
    return !(this.#content instanceof Uint8Array);
  }
  /** Why a blob that should be SDP is kept unread. */
  get problem(): DecodeError | undefined {
    return this.#problem;
  }
  /** Whether the blob was replaced or its description edited since it was loaded. */
  get isModified(): boolean {
    return this.#replaced || (!(this.#content instanceof Uint8Array) && this.#content.modified);
  }

  /** The whole blob as text; bytes of an opaque blob that are not UTF-8 become U+FFFD. */
  toString(): string {
    return this.#content instanceof Uint8Array
      ? new TextDecoder().decode(this.#content)
      : this.#content.serialize();
  }
  /** The whole blob as bytes, exactly. */
  toBytes(): Uint8Array {
    return this.#content instanceof Uint8Array ? this.#content.slice() : this.#content.toBytes();
  }

  /**
   * Replaces the whole blob.
   *
   * @throws {InvalidValueError} for a charset other than US-ASCII, UTF-7 and UTF-8; the blob is then as before
   */
  replace(input: string | Uint8Array, charset?: string): void {
    this.#load(input, charset);
    this.#replaced = true;
  }

  #load(input: string | Uint8Array, charsetName: string | undefined): void {
    const named = charsetName === undefined ? undefined : blobCharset(charsetName);
    let content: SessionDescription | Uint8Array | undefined;
    let problem: DecodeError | undefined;
    if (this.protocolId === SDP_PROTOCOL_ID) {
      try {
        content = parseSessionDescription(input, named === undefined ? {} : { charset: named });
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        problem = error;
      }
    }
    content ??= typeof input === 'string' ? new TextEncoder().encode(input) : input.slice();
    this.#content = content;
    this.#problem = problem;
    this.#charset = named ?? guessCharset(content);
  }
}

function guessCharset(content: SessionDescription | Uint8Array): BlobCharset {
  if (!(content instanceof Uint8Array)) {
    const declared = content.attributes.get('charset');
    const known = declared === undefined ? undefined : charsetOf(declared);
    if (known !== undefined && known !== 'ISO-8859-1') return known;
  }
  const text = content instanceof Uint8Array ? tryUtf8(content) : content.serialize();
  return text !== undefined && isAscii(text) ? 'US-ASCII' : 'UTF-8';
}

function blobCharset(name: string): BlobCharset {
  const charset: Charset | undefined = charsetOf(name);
  if (charset === undefined || charset === 'ISO-8859-1') {
    throw new InvalidValueError(`charset ${JSON.stringify(name)} is not US-ASCII, UTF-7 or UTF-8`);
  }
  return charset;
}
