import { EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { MADCAP_ERROR, NO_PARTICULAR_OPTION } from './constants.ts';
import { readCodes, writeCodes } from './feature-list.ts';

/** Why a server said no (RFC 2730 §3.17). Which of the fields there are depends on the code. */
export interface MadcapError {
  readonly code: number;
  /** With {@link MADCAP_ERROR.notCompletable} and `invalid`: the option at fault; undefined when none is. */
  readonly option?: number;
  /** With `clockSkew`: the server's time, Unix seconds. */
  readonly serverTime?: number;
  /** With `unsupportedFeature`: the features. */
  readonly features?: readonly number[];
  /** What came with a code of which we know nothing. */
  readonly extra?: Uint8Array;
}

/** What follows the code may be missing or cut short: the code alone is enough to act on. */
export function readError(r: WireReader): MadcapError {
  const code = r.u16();
  const { remaining } = r;
  switch (code) {
    case MADCAP_ERROR.notCompletable:
    case MADCAP_ERROR.invalid: {
      const option = remaining >= 2 ? r.u16() : NO_PARTICULAR_OPTION;
      return option === NO_PARTICULAR_OPTION ? { code } : { code, option };
    }
    case MADCAP_ERROR.clockSkew:
      return remaining >= 4 ? { code, serverTime: r.u32() } : { code };
    case MADCAP_ERROR.unknownLease:
      return { code };
    case MADCAP_ERROR.unsupportedFeature:
      return { code, features: readCodes(r.sub(remaining - (remaining % 2))) };
    default:
      return remaining > 0 ? { code, extra: r.rest() } : { code };
  }
}

export function writeError(w: WireWriter, error: MadcapError): void {
  const { code, option, serverTime, features, extra } = error;
  writeCodes(w, [code], 'error');
  switch (code) {
    case MADCAP_ERROR.notCompletable:
    case MADCAP_ERROR.invalid:
      writeCodes(w, [option ?? NO_PARTICULAR_OPTION], 'error');
      break;
    case MADCAP_ERROR.clockSkew:
      if (serverTime === undefined)
        throw new EncodeError('MADCAP', 'error', 'of clock skew has no server time');
      w.u32(serverTime);
      break;
    case MADCAP_ERROR.unsupportedFeature:
      writeCodes(w, features ?? [], 'error');
      break;
    default:
      w.bytes(extra ?? new Uint8Array());
  }
}
