import type { Ms } from '../../../src/machine.ts';
import type { Clock } from '../../../src/net/index.ts';
import type { ConferenceEvent, EncryptionInfo, EncryptionNews, MediaType } from '../../types/index.ts';
import type { KeyNews, MediumProtection } from './medium-protection.ts';

/** Refusals that are worth a word; fewer happen where a key changes or packets come twice. */
const WORTH_TELLING = 10;
/** Not again before. */
const QUIET_MS: Ms = 60_000;

export interface ProtectionNewsOptions {
  readonly clock: Clock;
  readonly emit: (event: ConferenceEvent) => void;
}

/** Tells of a medium's keys and of packets that were refused, at most once a minute. */
export class ProtectionNews {
  readonly #protection: MediumProtection;
  readonly #mediaType: MediaType;
  readonly #clock: Clock;
  readonly #emit: ProtectionNewsOptions['emit'];
  #told = { unopened: 0, replayed: 0 };
  #quietUntil: Ms = 0;

  constructor(protection: MediumProtection, mediaType: MediaType, { clock, emit }: ProtectionNewsOptions) {
    this.#protection = protection;
    this.#mediaType = mediaType;
    this.#clock = clock;
    this.#emit = emit;
  }

  /**
   * To be called some times a second: goes on with the keys, too.
   *
   * @param now monotonic
   */
  look(now: Ms): void {
    const found = this.#find(now);
    if (found === undefined) return;
    this.#emit({
      type: 'encryption',
      mediaType: this.#mediaType,
      encryption: this.#protection.info,
      ...found,
    });
  }

  #find(now: Ms): EncryptionNews | undefined {
    const news = this.#protection.tick(this.#clock.wall());
    if (news !== undefined) return { kind: news, message: keyMessage(news, this.#protection.info) };
    const { authenticationFailed, unknownKey, replayed } = this.#protection.counts;
    const unopened = authenticationFailed + unknownKey;
    if (now < this.#quietUntil) return undefined;
    const kind =
      unopened - this.#told.unopened >= WORTH_TELLING
        ? 'authenticationFailed'
        : replayed - this.#told.replayed >= WORTH_TELLING
          ? 'replayed'
          : undefined;
    if (kind === undefined) return undefined;
    const [fresh, old] = [unopened - this.#told.unopened, replayed - this.#told.replayed];
    this.#told = { unopened, replayed };
    this.#quietUntil = now + QUIET_MS;
    return {
      kind,
      message:
        kind === 'replayed'
          ? `${old} packets came that had been received before: the network doubles them, or somebody plays a recording`
          : `${fresh} packets came that no key here opens: somebody has another key, or forges`,
    };
  }
}

function keyMessage(news: KeyNews, { key, suite }: EncryptionInfo): string {
  const name = key === undefined ? 'the key' : `key ${key}`;
  if (news === 'keyUsed') return `${name} is used from now on (${suite})`;
  if (news === 'keyWearsOut')
    return `${name} has protected nearly as many packets as it may: give the conference another`;
  return `${name} has protected as many packets as it may: nothing is sent until the conference has another`;
}
