import type { RandomSource } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import { LdapDirectory } from '../ldap-directory.ts';
import type { LocatorService, Peer } from '../server/index.ts';
import type { Directory } from '../types.ts';

/** Somebody who has not said who he is. */
const ANYBODY: Peer = { name: 'sap-gateway', isSecure: true, isLocal: true, isInProcess: false };

/**
 * A directory that this process serves, without a way over the network.
 *
 * @param asAnybody with the rights of those who did not bind, instead of all
 */
export async function openServed(
  service: LocatorService,
  {
    clock,
    random,
    asAnybody = false,
    timeoutMs,
  }: {
    readonly clock: Clock;
    readonly random: RandomSource;
    readonly asAnybody?: boolean;
    readonly timeoutMs?: number;
  },
): Promise<Directory> {
  const connect = () => service.connect(asAnybody ? ANYBODY : undefined);
  const target = { kind: 'service', connect, url: 'embedded:', base: '' } as const;
  const directory = new LdapDirectory(target, {
    clock,
    random,
    displayName: 'the directory served here',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  await directory.connect();
  return directory;
}
