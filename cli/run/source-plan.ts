import { type MediaDescription, type MediaInit, readSourceFilter } from '../../src/sdp/index.ts';
import {
  type AdvertisingScope,
  type IpFamily,
  randomSourceSpecificGroup,
  sameIp,
  tryParseIp,
} from '../../src/ip/index.ts';
import type { RandomSource } from '../../src/machine.ts';
import { UsageError } from '../errors.ts';
import type { GroupSpec } from '../input/group.ts';
import { parseSources } from '../input/sources.ts';

/** `create --source`: who alone may be heard. */
export interface SourcePlan {
  readonly family: IpFamily;
  /** At least one address, all of one family. */
  readonly sources: readonly string[];
}

/**
 * @param ipv6 IPv6 groups are asked for
 * @throws {UsageError} for names, and for addresses of both families or the wrong one
 */
export function readSources(texts: readonly string[] | undefined, ipv6 = false): SourcePlan | undefined {
  const sources = parseSources(texts ?? []);
  const families = sources.map((source) => {
    const family = tryParseIp(source)?.family;
    if (family === undefined) {
      throw new UsageError(`--source ${source}: a description names its sources by address, not by name`);
    }
    return family;
  });
  const [family] = families;
  if (family === undefined) return undefined;
  if (families.some((it) => it !== family)) {
    throw new UsageError('--source: a group has sources of one family, all IPv4 or all IPv6');
  }
  if (ipv6 && family === 4)
    throw new UsageError(`--source ${sources[0]} is no IPv6 address, as --ipv6 wants`);
  return { family, sources };
}

/**
 * A source-specific group for every medium that was given none.
 *
 * @throws {UsageError} when a group given is of another family than the sources
 */
export function sourceSpecificGroups(
  { family, sources }: SourcePlan,
  given: readonly GroupSpec[],
  media: number,
  scope: AdvertisingScope,
  random: RandomSource,
): GroupSpec[] {
  const wrong = given.find(({ address }) => tryParseIp(address)?.family !== family);
  if (wrong !== undefined) {
    throw new UsageError(
      `--source ${sources[0]} cannot send to ${wrong.address}: they are of different families`,
    );
  }
  const drawn = Array.from({ length: Math.max(0, media - given.length) }, () => ({
    address: randomSourceSpecificGroup(sources[0] ?? '', scope, random),
  }));
  return [...given, ...drawn];
}

/**
 * The media with their filter (RFC 4570), and where receivers send their RTCP: to the source, which reflects it, since
 * nobody hears what they would send to the group (RFC 5760 §10.1). Of several sources the first is named (RFC 3605).
 */
export function withSources<T extends MediaInit>({ family, sources }: SourcePlan, media: readonly T[]): T[] {
  return media.map((medium) => {
    const target = sources.length > 1 ? [`rtcp:${medium.port + 1} IN IP${family} ${sources[0]}`] : [];
    return {
      ...medium,
      sources,
      attributes: [...(medium.attributes ?? []), ...target, 'rtcp-unicast:reflection'],
    };
  });
}

/** Attributes that go with the group of a medium: who may be heard there, and where the others report. */
const SOURCE_ATTRIBUTES = ['source-filter', 'rtcp-unicast', 'rtcp', 'multicast-rtcp'];

/** Those attributes of a medium that is written anew with another group, or with the same one. */
export function carriedSources(medium: MediaDescription, to: string): string[] {
  const from = medium.effectiveConnection?.address;
  return medium.attributes.list
    .filter((text) => SOURCE_ATTRIBUTES.includes(text.split(':', 1)[0] ?? ''))
    .map((text) => movedFilter(text, from, to));
}

/** Has the filters of a medium speak of the group that it is moved to; otherwise nobody could be heard there. */
export function moveSources(medium: MediaDescription, from: string | undefined, to: string): void {
  for (const [i, text] of medium.attributes.list.entries()) {
    const moved = movedFilter(text, from, to);
    if (moved !== text) medium.attributes.replace(i, moved);
  }
}

function movedFilter(text: string, from: string | undefined, to: string): string {
  const filter = readSourceFilter(text);
  if (filter === undefined || from === undefined || !sameIp(filter.destination, from)) return text;
  const type = `IP${tryParseIp(to)?.family ?? 4}`;
  return `source-filter: ${filter.mode} ${filter.netType} ${type} ${to} ${filter.sources.join(' ')}`;
}
