import { hostname, networkInterfaces } from 'node:os';
import { parseIp } from '../src/ip/index.ts';
import { userName } from './create-conference.ts';
import { checkMachine, checkUserName, DEFAULT_CALL_PORT, DirectoryUser, type UserDetails } from './user.ts';

export interface UserInit extends UserDetails {
  /** Default the user of this process. */
  readonly name?: string;
  /** Computer at which the user is reached; default this one. */
  readonly primaryPhone?: string;
}

/**
 * A user that only exists here, nothing is sent: the one of this process, at this computer with its addresses, taking
 * part with sound, in lists.
 *
 * @throws {InvalidValueError} when a value cannot be one
 */
export function createUser(init: UserInit = {}): DirectoryUser {
  const name = init.name ?? userName();
  const machine = init.primaryPhone ?? hostname();
  checkUserName(name);
  checkMachine(machine);
  const user = new DirectoryUser({ name, primaryPhone: machine });
  const { email, givenName, surname, location, comment, phones = [] } = init;
  Object.assign(user, { email, givenName, surname, location, comment, phones });
  user.addresses = init.addresses ?? (init.primaryPhone === undefined ? ownAddresses() : []);
  user.port = 'port' in init ? init.port : DEFAULT_CALL_PORT;
  user.inCall = init.inCall ?? false;
  user.canAudio = init.canAudio ?? true;
  user.canVideo = init.canVideo ?? false;
  user.listed = init.listed ?? true;
  user.acl = init.acl;
  return user;
}

/** Addresses by which others can reach this computer: neither loopback nor bound to one link. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  return all
    .filter(({ internal, address }) => !internal && !isLinkLocal(address))
    .map(({ address }) => address)
    .slice(0, 32);
}

/** 169.254/16 (RFC 3927) and fe80::/10 (RFC 4291 §2.5.6). */
function isLinkLocal(text: string): boolean {
  const { family, bytes } = parseIp(text.replace(/%.*$/, ''));
  const [first = 0, second = 0] = bytes;
  return family === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}
