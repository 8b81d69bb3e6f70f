import type { MadcapFailure } from './client-types.ts';
import { MADCAP_ERROR } from './constants.ts';
import type { MadcapError } from './error-option.ts';
import { optionOf } from './options.ts';

const OPTION_WORDS: Readonly<Record<string, string>> = {
  leaseTime: 'the duration',
  scope: 'the scope',
  startTime: 'the start',
  addressCount: 'the number of addresses',
  addressRanges: 'the addresses',
  minimumLeaseTime: 'the least duration',
  maximumStartTime: 'the latest start',
  serverIdentifier: 'the server',
  leaseIdentifier: 'the lease',
};
const FEATURE_WORDS = ['server mobility', 'retry after', 'shared lease identifier'];

/** What a NAK says, for people (RFC 2730 §3.17). */
export function describeMadcapError(
  { code, option, serverTime, features = [] }: MadcapError,
  unixSeconds?: number,
): string {
  const about = option === undefined ? undefined : (optionOf(option)?.name ?? `option ${option}`);
  const what = about === undefined ? 'it' : (OPTION_WORDS[about] ?? about);
  switch (code) {
    case MADCAP_ERROR.notCompletable:
      return about === undefined ? 'it cannot be granted' : `${what} asked for cannot be granted`;
    case MADCAP_ERROR.invalid:
      return about === undefined ? 'the request is not valid' : `the request is not valid: ${what}`;
    case MADCAP_ERROR.clockSkew: {
      if (serverTime === undefined || unixSeconds === undefined) return 'the clocks are too far apart';
      const ahead = serverTime - unixSeconds;
      return `the clocks are too far apart: the server's is ${Math.abs(ahead)} s ${ahead < 0 ? 'behind' : 'ahead'}`;
    }
    case MADCAP_ERROR.unknownLease:
      return 'it knows no such lease: released, ended, or another server’s';
    case MADCAP_ERROR.unsupportedFeature:
      return `it does not support ${features.map((it) => FEATURE_WORDS[it] ?? `feature ${it}`).join(', ')}`;
    default:
      return `error ${code}`;
  }
}

/** How an operation failed, for people; one sentence without a full stop. */
export function describeMadcapFailure(
  { reason, error, server, retryTime }: MadcapFailure,
  unixSeconds?: number,
): string {
  const who = server === undefined ? 'The address server' : `The address server ${server}`;
  switch (reason) {
    case 'no answer':
      return 'No address server answered';
    case 'refused':
      return `${who} refused: ${error === undefined ? 'no reason given' : describeMadcapError(error, unixSeconds)}`;
    case 'try later': {
      const when =
        retryTime === undefined || unixSeconds === undefined ? 'later' : `in ${retryTime - unixSeconds} s`;
      return `${who} has no addresses left; ask again ${when}`;
    }
    case 'cancelled':
      return 'Given up';
    default:
      return reason satisfies never;
  }
}
