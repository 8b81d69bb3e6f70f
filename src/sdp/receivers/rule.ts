import type { Description, Medium } from './description.ts';

/**
 * How bad it is. `refuses`: the receiver does not take the stream, or a standard forbids the description. `misreads`: it takes
 * another stream than the one described, or only a part. `warns`: it works, but may not for everybody.
 */
export type Severity = 'refuses' | 'misreads' | 'warns';

/** From the worst on. */
export const SEVERITIES: readonly Severity[] = ['refuses', 'misreads', 'warns'];

/** Where a rule comes from, and how much it is worth. */
export interface Source {
  /**
   * `standard`: it is written there. `manual`: the maker says so. `code`: it is in the published source of the program.
   * `seen`: somebody met it in practice and told the public.
   */
  readonly basis: 'standard' | 'manual' | 'code' | 'seen';
  /** Clause, manual or report, such as `AES67-2018 §8.2`. */
  readonly reference: string;
}

/** One place where a rule strikes. */
export interface Hit {
  /** 1-based; of something that is missing, the line that it belongs to. */
  readonly line: number;
  /** What is wrong there, as part of a sentence. */
  readonly reason: string;
  /** What to do about it, where that is not the same for every hit. */
  readonly advice?: string;
}

/** Looks for places where a rule strikes. */
export type Check = (description: Description) => Iterable<Hit>;

/** One thing that one receiver does not like. */
export interface Rule {
  /** Unique for the receiver and never renamed: scripts and the corpus name rules by it. */
  readonly id: string;
  readonly severity: Severity;
  readonly source: Source;
  readonly check: Check;
  readonly advice: string;
}

/** All that is known of one receiver, or of one standard. */
export interface Receiver {
  /** What `--for` takes. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Which versions the rules were made from, and how. */
  readonly about: string;
  readonly rules: readonly Rule[];
}

/** A rule that struck. */
export interface Finding {
  readonly receiver: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly line: number;
  /** The line as it stands; undefined when the description has no such line. */
  readonly text: string | undefined;
  readonly reason: string;
  readonly advice: string;
  readonly source: Source;
}

export const standard = (reference: string): Source => ({ basis: 'standard', reference });
export const manual = (reference: string): Source => ({ basis: 'manual', reference });
export const code = (reference: string): Source => ({ basis: 'code', reference });
export const seen = (reference: string): Source => ({ basis: 'seen', reference });

/** A check of each medium by itself; undefined for nothing to say. */
export function eachMedium(look: (medium: Medium, description: Description) => Hit | undefined): Check {
  return (description) =>
    description.media.map((medium) => look(medium, description)).filter((hit) => hit !== undefined);
}

/** The same, for the audio that is not switched off. */
export function eachAudio(look: (medium: Medium, description: Description) => Hit | undefined): Check {
  return eachMedium((medium, description) =>
    medium.kind === 'audio' && medium.port !== 0 ? look(medium, description) : undefined,
  );
}
