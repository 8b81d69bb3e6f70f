import { StateError } from '../../../src/errors.ts';
import type { Ms } from '../../../src/machine.ts';
import { srtpPrimitives } from '../../../src/net/index.ts';
import { formatCrypto, type MediaKey, mkiNumber } from '../../../src/sdp/index.ts';
import {
  RocSearch,
  type SourcePosition,
  SrtpReceiver,
  type SrtpRefusal,
  SrtpSender,
} from '../../../src/srtp/index.ts';
import type { EncryptionInfo } from '../../types/index.ts';

/** Datagrams that were refused, RTP and RTCP together. */
export interface ProtectionCounts {
  /** Made with another key, or changed on the way. */
  authenticationFailed: number;
  /** Received before, or too old to tell. */
  replayed: number;
  /** Named a key that is not known here. */
  unknownKey: number;
  /** Too short, or not RTP. */
  malformed: number;
  /** Packets of ours that were not sent, since the key has protected as many as it may. */
  unsent: number;
}

/** What has happened to the keys of a medium. */
export type KeyNews = 'keyUsed' | 'keyWearsOut' | 'keyWornOut';

export interface MediumProtectionOptions {
  /** At least one. */
  readonly keys: readonly MediaKey[];
  /** Packets that a source has sent by its last report; undefined without one. */
  readonly packetsSent: (ssrc: number) => number | undefined;
  /** Whether a source is one of the session's. */
  readonly isKnown: (ssrc: number) => boolean;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
}

/**
 * How long packets made with the key before are taken: they may be on the way, and clocks of members differ. A new key is taken as
 * soon as it is known.
 */
export const OVERLAP_MS: Ms = 60_000;
/** Tries to find a roll-over counter, for each call of {@link MediumProtection.tick}: 1000 a second cost 2 ms. */
const TRIES_PER_TICK = 100;
/** Another key is asked for while there are still so many packets left, or a tenth of its life. */
const FEW_PACKETS = 1_000_000;

interface Generation {
  /** The key itself, by which it is known again. */
  readonly id: string;
  readonly key: MediaKey;
  readonly receiver: SrtpReceiver;
  /** Not taken any more from then on. */
  until: number;
}

/**
 * What is between the socket and the RTP session of an encrypted medium (RFC 3711): opens what comes and seals what goes, with a
 * key for now and others for before and after. Nothing is allocated for what comes in, and what is refused costs one look at its
 * tag for each key, plus a bounded number of tries in all.
 */
export class MediumProtection {
  readonly counts: ProtectionCounts = {
    authenticationFailed: 0,
    replayed: 0,
    unknownKey: 0,
    malformed: 0,
    unsent: 0,
  };
  readonly #options: MediumProtectionOptions;
  readonly #search: RocSearch;
  /** The one in use; its receiver is asked first. */
  #main: Generation;
  #others: readonly Generation[] = [];
  /** Those that there are, by what they are known by. The one in use may not be among them, until there is another to use. */
  #wanted: ReadonlyMap<string, MediaKey> = new Map();
  #sender: SrtpSender;
  #usedSince: number;
  #told: KeyNews | undefined;

  /** @throws {StateError} without a key */
  constructor(options: MediumProtectionOptions) {
    this.#options = options;
    const { packetsSent, keys, now } = options;
    this.#search = new RocSearch({ packetsSent });
    this.#search.grant(TRIES_PER_TICK);
    const first = activeKey(keys, now);
    if (first === undefined) throw new StateError('an encrypted medium needs a key');
    this.#main = this.#generation(first);
    this.#sender = senderFor(first);
    this.#usedSince = Math.max(now, first.from);
    this.setKeys(keys, now);
  }

  /**
   * Takes the keys that there are now. One that is new is taken at once for what comes in, and used for what goes out from its
   * time on; one that is not among them any more is taken for {@link OVERLAP_MS} yet. Without any nothing changes.
   *
   * @param now milliseconds since 1970-01-01 UTC
   */
  setKeys(keys: readonly MediaKey[], now: number): void {
    if (keys.length === 0) return;
    const before = [this.#main, ...this.#others];
    const ids = new Map(keys.map((key) => [formatCrypto(key.crypto), key]));
    for (const it of before) {
      if (ids.has(it.id)) it.until = Number.POSITIVE_INFINITY;
      else if (it !== this.#main) it.until = Math.min(it.until, now + OVERLAP_MS);
    }
    this.#wanted = ids;
    const added = [...ids]
      .filter(([id]) => !before.some((it) => it.id === id))
      .map(([, key]) => this.#generation(key));
    this.#others = [...added, ...this.#others];
    this.tick(now);
  }

  /**
   * Changes over to a key whose time has come, and forgets those whose time is over; call it some times a second.
   *
   * @returns what is worth telling
   */
  tick(now: number): KeyNews | undefined {
    this.#search.grant(TRIES_PER_TICK);
    return this.#others.length === 0 ? this.#wear() : (this.#change(now) ?? this.#wear());
  }

  #change(now: number): KeyNews | undefined {
    const all = [this.#main, ...this.#others];
    const next = activeKey(
      [...this.#wanted.values()].filter(({ from }) => from <= now),
      now,
    );
    const id = next && formatCrypto(next.crypto);
    const main = all.find((it) => it.id === id) ?? this.#main;
    const isNew = main !== this.#main;
    if (isNew) {
      this.#main.until = now + OVERLAP_MS;
      main.until = Number.POSITIVE_INFINITY;
      this.#main = main;
      const sender = senderFor(main.key);
      sender.continueFrom(this.#sender);
      this.#sender = sender;
      this.#usedSince = now;
      this.#told = undefined;
    }
    const others = all.filter((it) => it !== main);
    for (const { until, receiver } of others) if (until <= now) main.receiver.adopt(receiver);
    this.#others = others.filter(({ until }) => until > now);
    return isNew ? 'keyUsed' : undefined;
  }

  #wear(): KeyNews | undefined {
    const { rtp, rtcp } = this.#sender.packetsLeft;
    const left = Math.min(rtp, rtcp);
    if (left > FEW_PACKETS && this.counts.unsent === 0) return undefined;
    const life = this.#main.key.crypto.keys[0]?.lifetime ?? Number.POSITIVE_INFINITY;
    const news =
      this.counts.unsent > 0 && left === 0
        ? 'keyWornOut'
        : left <= Math.min(FEW_PACKETS, life / 10)
          ? 'keyWearsOut'
          : undefined;
    if (news === undefined || news === this.#told) return undefined;
    this.#told = news;
    return news;
  }

  /** The RTP packet in a datagram, which is overwritten, or undefined when it is refused, which is counted. */
  openRtp(datagram: Uint8Array): Uint8Array | undefined {
    let opened = this.#main.receiver.openRtp(datagram);
    if (typeof opened !== 'string') return opened;
    let refusal: SrtpRefusal = opened;
    for (const { receiver } of this.#others) {
      opened = receiver.openRtp(datagram);
      if (typeof opened !== 'string') return opened;
      refusal = moreTelling(refusal, opened);
    }
    return this.#refused(refusal);
  }
  /** The compound RTCP packet in a datagram, which is overwritten, or undefined when it is refused, which is counted. */
  openRtcp(datagram: Uint8Array): Uint8Array | undefined {
    let opened = this.#main.receiver.openRtcp(datagram);
    if (typeof opened !== 'string') return opened;
    let refusal: SrtpRefusal = opened;
    for (const { receiver } of this.#others) {
      opened = receiver.openRtcp(datagram);
      if (typeof opened !== 'string') return opened;
      refusal = moreTelling(refusal, opened);
    }
    return this.#refused(refusal);
  }

  /** The packet in memory of its own; undefined when the key is worn out: it is not sent then, and counted. */
  sealRtp(packet: Uint8Array): Uint8Array | undefined {
    try {
      return this.#sender.protectRtp(packet);
    } catch (error) {
      return this.#unsent(error);
    }
  }
  /** As {@link sealRtp}, for a compound RTCP packet. */
  sealRtcp(packet: Uint8Array): Uint8Array | undefined {
    try {
      return this.#sender.protectRtcp(packet);
    } catch (error) {
      return this.#unsent(error);
    }
  }

  /** What there is to tell of the keys, without them. */
  get info(): EncryptionInfo {
    const { crypto, from } = this.#main.key;
    const upcoming = this.#others.filter(
      ({ key, until }) => key.from > from && until === Number.POSITIVE_INFINITY,
    );
    const next = upcoming.toSorted((a, b) => a.key.from - b.key.from)[0];
    const [first] = crypto.keys;
    return {
      suite: crypto.profile,
      key: first?.mki === undefined ? undefined : String(mkiNumber(first.mki)),
      since: new Date(this.#usedSince),
      next: next === undefined ? undefined : new Date(next.key.from),
      keysTaken: 1 + this.#others.length,
      unsent: this.counts.unsent,
    };
  }

  /** The farthest that a source has got under any key. */
  readonly #position = (ssrc: number): SourcePosition | undefined => {
    let farthest = this.#main.receiver.position(ssrc);
    for (const { receiver } of this.#others) {
      const position = receiver.position(ssrc);
      if (position === undefined) continue;
      const ahead = farthest === undefined ? 1 : position.roc - farthest.roc;
      const further = ahead === 0 && (position.highest ?? 0) > (farthest?.highest ?? 0);
      if (ahead > 0 || further) farthest = position;
    }
    return farthest;
  };

  #generation(key: MediaKey): Generation {
    const { profile, keys, keyDerivationRate } = key.crypto;
    const receiver = new SrtpReceiver({
      primitives: srtpPrimitives,
      profile,
      keyDerivationRate,
      keys,
      search: this.#search,
      elsewhere: this.#position,
    });
    return { id: formatCrypto(key.crypto), key, receiver, until: Number.POSITIVE_INFINITY };
  }

  #refused(reason: SrtpRefusal): undefined {
    const { counts } = this;
    if (reason === 'replay') counts.replayed++;
    else if (reason === 'mki') counts.unknownKey++;
    else if (reason === 'authentication') counts.authenticationFailed++;
    else if (reason === 'sources') this.#main.receiver.forgetOthers(this.#options.isKnown);
    else counts.malformed++;
  }

  #unsent(error: unknown): undefined {
    if (!(error instanceof StateError)) throw error;
    this.counts.unsent++;
  }
}

/** The key to send with: the newest whose time has come, or else the first to come. */
function activeKey(keys: readonly MediaKey[], now: number): MediaKey | undefined {
  const byTime = keys.toSorted((a, b) => a.from - b.from);
  return byTime.findLast(({ from }) => from <= now) ?? byTime[0];
}

function senderFor({ crypto }: MediaKey): SrtpSender {
  const { profile, keys, keyDerivationRate, encryptRtcp } = crypto;
  const [own] = keys;
  if (own === undefined) throw new StateError('an encrypted medium needs a key');
  return new SrtpSender({
    primitives: srtpPrimitives,
    profile,
    keyDerivationRate,
    encryptRtcp,
    key: own,
    ...(own.lifetime === undefined ? {} : { rtpLifetime: own.lifetime }),
  });
}

/** Of what two keys said: the one that knows the packet's key, or has opened it before. */
function moreTelling(a: SrtpRefusal, b: SrtpRefusal): SrtpRefusal {
  if (a === 'replay' || b === 'replay') return 'replay';
  return a === 'mki' ? b : a;
}
