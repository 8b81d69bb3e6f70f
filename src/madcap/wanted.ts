import { MADCAP_FEATURE } from './constants.ts';
import type { FeatureList } from './feature-list.ts';
import type { MadcapOptions } from './options.ts';

/** What this client understands (RFC 2730 §2.13). */
export const CLIENT_FEATURES: readonly number[] = [
  MADCAP_FEATURE.serverMobility,
  MADCAP_FEATURE.retryAfter,
  MADCAP_FEATURE.sharedLeaseIdentifier,
];

/** The Feature List of a request. */
export function featuresWanted({
  requested = [],
  required = [],
}: Partial<FeatureList> = {}): Pick<MadcapOptions, 'featureList'> {
  return { featureList: { supported: CLIENT_FEATURES, requested, required } };
}

/** Whether a message may be acted on: it requires nothing that we do not understand (RFC 2730 §2.13). */
export function understands({ featureList }: MadcapOptions): boolean {
  return featureList === undefined || featureList.required.every((code) => CLIENT_FEATURES.includes(code));
}

interface TimesWanted {
  readonly seconds?: number;
  readonly minimumSeconds?: number;
  readonly start?: number;
  readonly latestStart?: number;
}

/** Times of a request as options; what is not said is left out (RFC 2730 §2.2.2). */
export function timesWanted({ seconds, minimumSeconds, start, latestStart }: TimesWanted): MadcapOptions {
  return {
    ...(seconds === undefined ? {} : { leaseTime: seconds }),
    ...(minimumSeconds === undefined ? {} : { minimumLeaseTime: minimumSeconds }),
    ...(start === undefined ? {} : { startTime: start }),
    ...(latestStart === undefined ? {} : { maximumStartTime: latestStart }),
  };
}
