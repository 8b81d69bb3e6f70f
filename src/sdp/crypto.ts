import { InvalidValueError } from '../errors.ts';
import { SRTP_PROFILES, type SrtpProfileName } from '../srtp/index.ts';
import { fromBase64, toBase64 } from '../wire/index.ts';
import type { CryptoAttribute } from './attribute-values.ts';

/** One master key of an `a=crypto` line (RFC 4568 §6.1). */
export interface CryptoKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  /** RTP packets that it may protect; undefined for as many as RFC 3711 §9.2 allows. */
  readonly lifetime?: number;
  /** Master key identifier, 1 to 128 bytes. */
  readonly mki?: Uint8Array;
}

/**
 * A readable `a=crypto` (RFC 4568). It is made for two parties, each of which has a line for what it sends; in a group there
 * is one line, and every sender uses its key: RFC 4568 leaves that open (§1, §5), and it is sound only where each has an SSRC of
 * its own (RFC 3711 §9.1).
 */
export interface CryptoParameters {
  readonly tag: number;
  readonly profile: SrtpProfileName;
  /** At least one; several have identifiers of one length. The first is the one to send with. */
  readonly keys: readonly CryptoKey[];
  /** `KDR`: packets after which session keys are derived anew; 0 for never. */
  readonly keyDerivationRate: number;
  /** Whether RTCP is encrypted; it is authenticated in any case. */
  readonly encryptRtcp: boolean;
}

/** Other names of one suite: OpenSSL's, which ffmpeg takes too. */
const ALIASES: Readonly<Record<string, SrtpProfileName>> = {
  SRTP_AES128_CM_HMAC_SHA1_80: 'AES_CM_128_HMAC_SHA1_80',
  SRTP_AES128_CM_HMAC_SHA1_32: 'AES_CM_128_HMAC_SHA1_32',
  AES_CM_256_HMAC_SHA1_80: 'AES_256_CM_HMAC_SHA1_80',
  AES_CM_256_HMAC_SHA1_32: 'AES_256_CM_HMAC_SHA1_32',
};
const MAX_LIFETIME: number = 2 ** 48;

/** The suite of that name, or undefined when it is not implemented. */
export function srtpSuite(name: string): SrtpProfileName | undefined {
  const upper = name.toUpperCase();
  return Object.hasOwn(ALIASES, upper) ? ALIASES[upper] : isProfile(upper) ? upper : undefined;
}
const isProfile = (name: string): name is SrtpProfileName => Object.hasOwn(SRTP_PROFILES, name);

/**
 * Reads the values of an `a=crypto` attribute. No error text has any of the key in it.
 *
 * @throws {InvalidValueError} when the suite is not implemented, a key has not the suite's length, or a session parameter asks
 *   for what is not done here: RTP that is not encrypted or not authenticated, forward error correction
 * @see RFC 4568 §6, §9.1, §9.2
 */
export function parseCrypto({ tag, suite, keyParams, sessionParams }: CryptoAttribute): CryptoParameters {
  const profile = srtpSuite(suite);
  if (profile === undefined) {
    throw new InvalidValueError(
      `a=crypto:${tag}: the suite ${suite.slice(0, 60)} is not known here: use one of ${Object.keys(SRTP_PROFILES).join(', ')}`,
    );
  }
  const { keyBytes, saltBytes } = SRTP_PROFILES[profile];
  const keys = keyParams.split(';').map((text, at) => {
    const fail = (problem: string): never => {
      throw new InvalidValueError(`a=crypto:${tag}: key ${at + 1} ${problem}`);
    };
    return parseKey(text, keyBytes, saltBytes, fail);
  });
  const [first] = keys;
  if (keys.some(({ mki }) => mki?.length !== first?.mki?.length) || (keys.length > 1 && !first?.mki)) {
    throw new InvalidValueError(
      `a=crypto:${tag}: several keys need identifiers of one length (RFC 4568 §6.1): add |<MKI>:<length> to each`,
    );
  }
  return { tag, profile, keys, ...parseSessionParams(tag, sessionParams) };
}

function parseKey(
  text: string,
  keyBytes: number,
  saltBytes: number,
  fail: (problem: string) => never,
): CryptoKey {
  const [, inline] = /^inline:(.+)$/i.exec(text) ?? [];
  if (inline === undefined) return fail('is not given as inline:<base64> (RFC 4568 §6.1)');
  const [base64 = '', ...options] = inline.split('|');
  const bytes = fromBase64(padded(base64));
  if (bytes === undefined) return fail('is not base64');
  if (bytes.length !== keyBytes + saltBytes) {
    return fail(
      `has ${bytes.length} bytes; the suite takes ${keyBytes} of key and ${saltBytes} of salt behind it, in base64`,
    );
  }
  const [last] = options.slice(-1);
  const mki = last?.includes(':') === true ? parseMki(last, fail) : undefined;
  const [life, extra] = mki === undefined ? options : options.slice(0, -1);
  if (extra !== undefined) return fail('has more than a lifetime and a key identifier behind it');
  return {
    key: bytes.subarray(0, keyBytes),
    salt: bytes.subarray(keyBytes),
    ...(life === undefined ? {} : { lifetime: parseLifetime(life, fail) }),
    ...(mki === undefined ? {} : { mki }),
  };
}

/** Some leave the padding out. */
function padded(base64: string): string {
  const bare = base64.replace(/=+$/, '');
  return bare + '='.repeat((4 - (bare.length % 4)) % 4);
}

function parseLifetime(text: string, fail: (problem: string) => never): number {
  const [, power, plain] = /^(?:2\^(\d{1,2})|(\d{1,15}))$/.exec(text) ?? [];
  const packets = power === undefined ? Number(plain) : 2 ** Number(power);
  return packets >= 1 && packets <= MAX_LIFETIME ? packets : fail('has a lifetime that is not 1 to 2^48');
}

/** `<value>:<length>`, a number in so many bytes. */
function parseMki(text: string, fail: (problem: string) => never): Uint8Array {
  const [, value = '', length = ''] = /^(\d{1,310}):(\d{1,3})$/.exec(text) ?? [];
  const bytes = Number(length);
  if (value === '' || bytes < 1 || bytes > 128)
    return fail('has a key identifier that is not <number>:<1 to 128 bytes>');
  const mki = mkiOf(BigInt(value), bytes);
  return mki ?? fail(`has a key identifier that does not fit in ${bytes} bytes`);
}

function parseSessionParams(
  tag: number,
  params: readonly string[],
): Pick<CryptoParameters, 'keyDerivationRate' | 'encryptRtcp'> {
  let keyDerivationRate = 0;
  let encryptRtcp = true;
  for (const param of params) {
    const [, power] = /^KDR=(\d{1,2})$/.exec(param) ?? [];
    if (power !== undefined && Number(power) <= 24) keyDerivationRate = 2 ** Number(power);
    else if (param === 'UNENCRYPTED_SRTCP') encryptRtcp = false;
    else if (/^WSH=\d+$/.test(param) || param.startsWith('-'))
      continue; // a hint, or what may be left out (§6.3.7)
    else {
      throw new InvalidValueError(
        `a=crypto:${tag}: ${param.slice(0, 40)} is not done here: only KDR, WSH and UNENCRYPTED_SRTCP are (RFC 4568 §6.3)`,
      );
    }
  }
  return { keyDerivationRate, encryptRtcp };
}

/** The value of an `a=crypto` attribute, `crypto:` included. It has the key in it. */
export function formatCrypto(parameters: CryptoParameters): string {
  const { tag, profile, keys, keyDerivationRate, encryptRtcp } = parameters;
  const inline = keys.map(({ key, salt, lifetime, mki }) => {
    const life =
      lifetime === undefined
        ? ''
        : `|${Number.isInteger(Math.log2(lifetime)) ? `2^${Math.log2(lifetime)}` : lifetime}`;
    const name = mki === undefined ? '' : `|${mkiNumber(mki)}:${mki.length}`;
    return `inline:${toBase64(Uint8Array.from([...key, ...salt]))}${life}${name}`;
  });
  const session = [
    ...(keyDerivationRate === 0 ? [] : [`KDR=${Math.log2(keyDerivationRate)}`]),
    ...(encryptRtcp ? [] : ['UNENCRYPTED_SRTCP']),
  ];
  return [`crypto:${tag} ${profile}`, inline.join(';'), ...session].join(' ');
}

/** A number as a master key identifier of so many bytes; undefined when it does not fit. */
export function mkiOf(value: bigint, bytes: number): Uint8Array | undefined {
  const mki = new Uint8Array(bytes);
  let left = value;
  for (let at = bytes - 1; at >= 0; at--, left >>= 8n) mki[at] = Number(left & 0xffn);
  return left === 0n ? mki : undefined;
}
export function mkiNumber(mki: Uint8Array): bigint {
  return mki.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}
