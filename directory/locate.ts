import { Resolver } from 'node:dns/promises';
import type { RandomSource } from '../src/machine.ts';
import { orAborted } from './abort.ts';
import { DirectoryTimeoutError, DirectoryUnavailableError } from './errors.ts';
import { orderSrv, type SrvRecord } from './srv-order.ts';

/** What is asked of the name service. */
export type SrvResolver = Pick<Resolver, 'resolveSrv' | 'cancel'>;

export interface LocateOptions {
  readonly random: RandomSource;
  /** Milliseconds for all questions together. */
  readonly timeoutMs: number;
  /** Default one that asks the servers of the system. */
  readonly resolver?: SrvResolver;
  readonly signal?: AbortSignal;
}

/** Service names, the preferred one first: what is meant for conferences before any LDAP server. */
const SERVICES = ['_ils._tcp', '_ldap._tcp'];
/** More servers than that are not tried. */
const MOST_SERVERS = 16;

/**
 * The LDAP servers that a domain publishes in the DNS, in the order in which they are to be tried; those of
 * `_ils._tcp` before those of `_ldap._tcp`.
 *
 * @param domain such as `example.org`
 * @throws {DirectoryUnavailableError} when it publishes none, says that there is no such service, or nobody answers
 * @throws {DirectoryTimeoutError} when the name service takes too long
 * @see RFC 2782
 */
export async function locateServers(domain: string, options: LocateOptions): Promise<SrvRecord[]> {
  const { random, timeoutMs, signal } = options;
  const resolver = options.resolver ?? new Resolver({ timeout: Math.min(timeoutMs, 2000), tries: 2 });
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const asked = SERVICES.map((service) => ask(resolver, `${service}.${domain}`));
    const both = signal === undefined ? late : AbortSignal.any([signal, late]);
    const answers = await orAborted(Promise.all(asked), both);
    const found = answers.flatMap((records) => orderSrv(records, random));
    if (found.length > 0) return found.slice(0, MOST_SERVERS);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    if (late.aborted) {
      throw new DirectoryTimeoutError(
        `The name service does not say within ${timeoutMs / 1000} s where the directory of ${domain} is.`,
        { cause: error },
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new DirectoryUnavailableError(
      `The name service cannot say where the directory of ${domain} is: ${why}.`,
      { cause: error },
    );
  } finally {
    resolver.cancel();
  }
  throw new DirectoryUnavailableError(
    `The domain ${domain} publishes no directory: there are no SRV records ${SERVICES.map((it) => `${it}.${domain}`).join(' or ')}. Name a server: ldap://host`,
  );
}

/** No records is an answer; the target "." says that the service is decidedly not there. */
async function ask(resolver: SrvResolver, name: string): Promise<SrvRecord[]> {
  try {
    const records = await resolver.resolveSrv(name);
    return records.filter((record) => record.name !== '' && record.name !== '.');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENODATA' || code === 'ENOTFOUND') return [];
    throw error;
  }
}
