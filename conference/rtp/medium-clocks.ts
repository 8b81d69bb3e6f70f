import { InvalidValueError } from '../../src/errors.ts';
import {
  formatMediaClock,
  formatReferenceClock,
  type MediaClock,
  type MediaDescription,
  readReferenceClock,
  type ReferenceClock,
  sameReference,
} from '../../src/sdp/index.ts';
import type { TransportInfo } from '../types/index.ts';

/** What a description states of the clocks of a medium (RFC 7273), and which clock this host follows. */
export interface MediumClocks {
  readonly references: readonly ReferenceClock[];
  readonly media: MediaClock | undefined;
  /** Whether a source's clock and that of this host are stated to be the same; nobody has checked it. */
  readonly synchronised: (ssrc: number) => boolean;
}

/** @param own the clock that this host follows, as somebody stated; undefined: it is not known */
export function mediumClocks(medium: MediaDescription, own: ReferenceClock | undefined): MediumClocks {
  const references = medium.referenceClocks();
  // of sources that have something of their own to say; what else is fixed here is fixed now
  const ssrcs = medium.attributes.all('ssrc').map((text) => Number(/^ssrc:(\d{1,10}) /.exec(text)?.[1]));
  const ofSources = new Map(ssrcs.map((ssrc) => [ssrc, medium.referenceClocks(ssrc)]));
  return {
    references,
    media: medium.mediaClock(),
    synchronised: (ssrc) =>
      own !== undefined && (ofSources.get(ssrc) ?? references).some((clock) => sameReference(clock, own)),
  };
}

/** As they stand in a description, without the names of the attributes. */
export function clockTexts({
  references,
  media,
}: MediumClocks): Pick<TransportInfo, 'referenceClocks' | 'mediaClock'> {
  return {
    referenceClocks: references.map(formatReferenceClock),
    mediaClock: media === undefined ? undefined : formatMediaClock(media),
  };
}

/**
 * The clock that a host follows, written as behind `a=ts-refclk:`, or `traceable` for any that leads back to the common time.
 *
 * @throws {InvalidValueError} for what is no clock, or one that nobody else can have
 */
export function parseReferenceClock(text: string): ReferenceClock {
  const clock = readReferenceClock(`ts-refclk:${text === 'traceable' ? 'private:traceable' : text}`);
  if (clock === undefined || !sameReference(clock, clock)) {
    throw new InvalidValueError(
      `"${text}" is no clock that others can have: write traceable, gps, ntp=HOST or ptp=IEEE1588-2008:CLOCK:DOMAIN`,
    );
  }
  return clock;
}
