import { type Depacketizer, joined } from './depacketizer.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** A NAL unit longer than this is no picture of any level. */
const MAX_UNIT_BYTES = 16 * 1024 * 1024;

/** How a format tells single units, aggregates and fragments apart. */
export interface UnitRules {
  readonly encoding: 'h264' | 'hevc';
  readonly extension: string;
  /** Bytes of a unit's header. */
  readonly headerBytes: 1 | 2;
  kindOf(payload: Uint8Array): 'single' | 'aggregate' | 'fragment' | 'unknown';
  /** Header of the unit that a fragment belongs to. */
  fragmentHeader(payload: Uint8Array): Uint8Array;
}

/** RFC 6184 §5.2: units of their own, STAP-A (24) and FU-A (28), which is all of the modes 0 and 1. */
export const H264: UnitRules = {
  encoding: 'h264',
  extension: '.h264',
  headerBytes: 1,
  kindOf(payload) {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type >= 1 && type <= 23) return 'single';
    return type === 24 ? 'aggregate' : type === 28 ? 'fragment' : 'unknown';
  },
  fragmentHeader: (payload) => Uint8Array.of(((payload[0] ?? 0) & 0xe0) | ((payload[1] ?? 0) & 0x1f)),
};

/** RFC 7798 §4.4: units of their own, AP (48) and FU (49), without decoding order numbers. */
export const H265: UnitRules = {
  encoding: 'hevc',
  extension: '.h265',
  headerBytes: 2,
  kindOf(payload) {
    const type = ((payload[0] ?? 0) >> 1) & 0x3f;
    if (type < 48) return 'single';
    return type === 48 ? 'aggregate' : type === 49 ? 'fragment' : 'unknown';
  },
  fragmentHeader: (payload) =>
    Uint8Array.of(((payload[0] ?? 0) & 0x81) | (((payload[2] ?? 0) & 0x3f) << 1), payload[1] ?? 0),
};

/** NAL units of H.264 (RFC 6184) or H.265 (RFC 7798) as a byte stream: each behind a start code (Annex B of both). */
export class AnnexBDepacketizer implements Depacketizer {
  readonly encoding: string;
  readonly extension: string;
  readonly header: Uint8Array;
  frames = 0;
  readonly #rules: UnitRules;
  #fragments: Uint8Array[] | undefined;
  #bytes = 0;
  #written = false;

  /** @param parameterSets units that the description has, for decoders to begin with */
  constructor(rules: UnitRules, parameterSets: readonly Uint8Array[]) {
    this.#rules = rules;
    this.encoding = rules.encoding;
    this.extension = rules.extension;
    this.header = joined(parameterSets.flatMap((it) => [START_CODE, it]));
  }

  take(payload: Uint8Array, _ticks: number, marker: boolean, lost: boolean): readonly Uint8Array[] {
    if (lost) this.#fragments = undefined;
    const units = this.#units(payload);
    const out = units.flatMap((unit) => [START_CODE, unit]);
    if (units.length > 0) this.#written = true;
    if (marker && this.#written) {
      this.frames++;
      this.#written = false;
    }
    return out;
  }

  #units(payload: Uint8Array): Uint8Array[] {
    const { headerBytes } = this.#rules;
    if (payload.length <= headerBytes) return [];
    switch (this.#rules.kindOf(payload)) {
      case 'single':
        return [payload.slice()];
      case 'aggregate':
        return aggregated(payload, headerBytes);
      case 'fragment':
        return this.#fragment(payload);
      case 'unknown':
        break;
    }
    return [];
  }

  #fragment(payload: Uint8Array): Uint8Array[] {
    const { headerBytes } = this.#rules;
    const flags = payload[headerBytes] ?? 0;
    if (flags & 0x80) {
      this.#fragments = [this.#rules.fragmentHeader(payload)];
      this.#bytes = 0;
    }
    if (this.#fragments === undefined) return [];
    this.#bytes += payload.length;
    if (this.#bytes > MAX_UNIT_BYTES) {
      this.#fragments = undefined;
      return [];
    }
    this.#fragments.push(payload.slice(headerBytes + 1));
    if ((flags & 0x40) === 0) return [];
    const unit = joined(this.#fragments);
    this.#fragments = undefined;
    return [unit];
  }
}

/** Units with their lengths in 16 bits before them; what is cut off is left out. */
function aggregated(payload: Uint8Array, headerBytes: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = headerBytes; at + 2 < payload.length; ) {
    const length = (payload[at] ?? 0) * 256 + (payload[at + 1] ?? 0);
    const unit = payload.slice(at + 2, at + 2 + length);
    if (length === 0 || unit.length < length) break;
    units.push(unit);
    at += 2 + length;
  }
  return units;
}
