import { lookup as systemLookup } from 'node:dns/promises';
import { NetworkError } from '../../src/errors.ts';
import { formatIp, type IpFamily, isMulticast, parseIp, tryParseIp } from '../../src/ip/index.ts';
import type { MediumPlan } from './medium-plan.ts';

/** Every address of a host name in one family. @throws when there is none */
export type LookupHost = (name: string, family: IpFamily) => Promise<readonly string[]>;

export const lookupHost: LookupHost = async (name, family) =>
  (await systemLookup(name, { family, all: true })).map(({ address }) => address);

/** A plan whose sources are addresses of the group's family, and what could not be had of them. */
export interface ResolvedPlan {
  readonly plan: MediumPlan;
  readonly problems: readonly string[];
}

/**
 * Resolves the host names among a plan's sources, which RFC 4570 §3 allows, when it is joined.
 *
 * @throws {NetworkError} when none of the sources that alone may be heard has an address of the group's family
 */
export async function resolveSources(
  plan: MediumPlan,
  lookup: LookupHost = lookupHost,
): Promise<ResolvedPlan> {
  const family = parseIp(plan.group).family;
  const problems: string[] = [];
  const resolve = async (sources: readonly string[]): Promise<string[]> => {
    const each = await Promise.all(sources.map((source) => addressesOf(source, family, lookup)));
    for (const it of each) if (typeof it === 'string') problems.push(it);
    return [...new Set(each.flatMap((it) => (typeof it === 'string' ? [] : it)))];
  };
  const [sources, excludedSources, senders, targets] = await Promise.all([
    resolve(plan.sources),
    resolve(plan.excludedSources),
    resolve(plan.senders),
    resolve(plan.feedback === undefined ? [] : [plan.feedback.address]),
  ]);
  if (plan.sources.length > 0 && sources.length === 0) {
    const why = [...new Set(problems)].join('; ');
    throw new NetworkError(`Nobody on ${plan.group} could be heard: ${why}. Name another with --source`);
  }
  const [address] = targets;
  const feedback =
    plan.feedback === undefined || address === undefined ? undefined : { ...plan.feedback, address };
  return { plan: { ...plan, sources, excludedSources, senders, feedback }, problems: [...new Set(problems)] };
}

/** Addresses of one source, or a sentence on why there are none. */
async function addressesOf(source: string, family: IpFamily, lookup: LookupHost): Promise<string[] | string> {
  const ip = tryParseIp(source);
  if (ip !== undefined) {
    const address = formatIp({ bytes: ip.bytes });
    if (isMulticast(address)) return `the source ${address} is a group, not a sender`;
    return ip.family === family ? [address] : `the source ${address} is not IPv${family} as the group is`;
  }
  try {
    const found = await lookup(source, family);
    if (found.length > 0) return found.map((text) => formatIp({ bytes: parseIp(text).bytes }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return `the source ${source} has no IPv${family} address${code}`;
  }
  return `the source ${source} has no IPv${family} address`;
}
