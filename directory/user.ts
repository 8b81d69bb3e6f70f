import { InvalidValueError, StateError } from '../src/errors.ts';
import { formatIp, tryParseIp } from '../src/ip/index.ts';
import type { AccessRights } from './access-rights.ts';
import type { AddressType } from './dialable.ts';
import { type Publication, publicationOf } from './publication.ts';
import { Publishable } from './publishable.ts';
import { type UserJson, userToJson } from './user-json.ts';

/** Stands between user and computer in a locator service's identifier (MS-TAIL §3.2.5.2), so it is in no name. */
export const MACHINE_SEPARATOR = ']';

/** Where H.323 terminals take calls; what clients of locator services have always written. */
export const DEFAULT_CALL_PORT = 1720;

const MAX_TEXT = 256;
const MAX_ADDRESSES = 32;

/** What can be set of a user besides the name and the computer. */
export interface UserDetails {
  readonly email?: string | undefined;
  readonly givenName?: string | undefined;
  readonly surname?: string | undefined;
  readonly location?: string | undefined;
  readonly comment?: string | undefined;
  /** Telephone numbers. */
  readonly phones?: readonly string[];
  /** IPv4 and IPv6 addresses of the computer; at most 32. */
  readonly addresses?: readonly string[];
  /** Port at which calls are taken, 1 to 65535. */
  readonly port?: number | undefined;
  readonly inCall?: boolean;
  readonly canAudio?: boolean;
  readonly canVideo?: boolean;
  /** false: not in lists, only found by the whole name. Default true. */
  readonly listed?: boolean;
  /** Who may do what with the entry; default the directory's rule. */
  readonly acl?: AccessRights | undefined;
}

/** A user as it comes out of a directory entry. */
export interface UserParts extends UserDetails {
  readonly name: string;
  readonly primaryPhone?: string | undefined;
  readonly attributes?: ReadonlyMap<string, readonly (string | Uint8Array)[]>;
  readonly publication?: Publication;
}

type TextField = 'email' | 'givenName' | 'surname' | 'location' | 'comment';

/**
 * A user and the computer at which the user is reached, published or not. Edits are local until `directory.modify`. Name
 * and computer make the entry's name: to change them delete the user and add it again, since nobody can know whether
 * the other computer is still running.
 */
export class DirectoryUser extends Publishable {
  readonly kind = 'user';
  /** Attributes of the entry that the directory's dialect has no place for, by the server's names. */
  readonly attributes: ReadonlyMap<string, readonly (string | Uint8Array)[]>;
  inCall: boolean;
  canAudio: boolean;
  canVideo: boolean;
  /** false: not in lists, only found by the whole name. */
  listed: boolean;
  readonly #text = new Map<TextField, string>();
  #name: string;
  #primaryPhone: string | undefined;
  #phones: readonly string[];
  #addresses: readonly string[];
  #port: number | undefined;

  /** @internal use `createUser`, or find one in a directory */
  constructor(parts: UserParts) {
    super(parts.acl, parts.publication);
    this.#name = parts.name;
    this.#primaryPhone = parts.primaryPhone;
    this.attributes = parts.attributes ?? new Map();
    this.#phones = parts.phones ?? [];
    this.#addresses = parts.addresses ?? [];
    this.#port = parts.port;
    this.inCall = parts.inCall ?? false;
    this.canAudio = parts.canAudio ?? false;
    this.canVideo = parts.canVideo ?? false;
    this.listed = parts.listed ?? true;
    for (const field of ['email', 'givenName', 'surname', 'location', 'comment'] as const) {
      const value = parts[field];
      if (value !== undefined && value.trim() !== '') this.#text.set(field, value);
    }
  }

  get name(): string {
    return this.#name;
  }
  /**
   * @throws {InvalidValueError} when it cannot be a name
   * @throws {StateError} when the user is published: delete and add it instead
   */
  set name(name: string) {
    checkUserName(name);
    this.#requireNew('name');
    this.#name = name;
  }

  /** Name or address of the computer that is the user's primary IP phone; undefined when the entry names none. */
  get primaryPhone(): string | undefined {
    return this.#primaryPhone;
  }
  /**
   * @throws {InvalidValueError} when it is no host name and no address
   * @throws {StateError} when the user is published: delete and add it instead
   */
  set primaryPhone(machine: string) {
    checkMachine(machine);
    this.#requireNew('computer');
    this.#primaryPhone = machine;
  }

  /** `name]computer`, by which locator services know the user; the name alone when no computer is named. */
  get id(): string {
    return userId(this.#name, this.#primaryPhone);
  }

  get email(): string | undefined {
    return this.#text.get('email');
  }
  set email(text: string | undefined) {
    this.#setText('email', text);
  }
  get givenName(): string | undefined {
    return this.#text.get('givenName');
  }
  set givenName(text: string | undefined) {
    this.#setText('givenName', text);
  }
  get surname(): string | undefined {
    return this.#text.get('surname');
  }
  set surname(text: string | undefined) {
    this.#setText('surname', text);
  }
  get location(): string | undefined {
    return this.#text.get('location');
  }
  set location(text: string | undefined) {
    this.#setText('location', text);
  }
  get comment(): string | undefined {
    return this.#text.get('comment');
  }
  set comment(text: string | undefined) {
    this.#setText('comment', text);
  }

  /** Telephone numbers. */
  get phones(): readonly string[] {
    return this.#phones;
  }
  /** @throws {InvalidValueError} when one is empty, too long or has control characters */
  set phones(numbers: readonly string[]) {
    for (const number of numbers) checkText('telephone number', number);
    this.#phones = [...new Set(numbers)];
  }

  /** IPv4 and IPv6 addresses of the computer, in canonical spelling. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }
  /** @throws {InvalidValueError} when one is no address, or there are more than 32 */
  set addresses(texts: readonly string[]) {
    if (texts.length > MAX_ADDRESSES) {
      throw new InvalidValueError(`${texts.length} addresses are too many for a user: give at most 32`);
    }
    const canonical = texts.map((text) => {
      const ip = tryParseIp(text);
      if (ip === undefined) throw new InvalidValueError(`"${text}" is no IPv4 or IPv6 address`);
      return formatIp(ip);
    });
    this.#addresses = [...new Set(canonical)];
  }

  /** Port at which calls are taken; undefined when the entry names none. */
  get port(): number | undefined {
    return this.#port;
  }
  /** @throws {InvalidValueError} outside 1 to 65535 */
  set port(port: number | undefined) {
    if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
      throw new InvalidValueError(`Port ${port} is none; it must be 1 to 65535`);
    }
    this.#port = port;
  }

  /** What the user can be called by; a user has no session description. */
  *dialableAddresses(type: AddressType): Generator<string, void, undefined> {
    const { email, primaryPhone } = this;
    if (type === 'phone') yield* this.#phones;
    if (type === 'email' && email !== undefined) yield email;
    if (type === 'domain' && primaryPhone !== undefined && tryParseIp(primaryPhone) === undefined) {
      yield primaryPhone;
    }
    if (type === 'ip') yield* this.#addresses;
  }

  toJSON(): UserJson {
    return userToJson(this);
  }

  #setText(field: TextField, text: string | undefined): void {
    if (text === undefined || text.trim() === '') {
      this.#text.delete(field);
      return;
    }
    checkText(field, text);
    this.#text.set(field, text);
  }

  #requireNew(what: string): void {
    if (publicationOf(this) === undefined) return;
    throw new StateError(
      `The ${what} of the user "${this.#name}" cannot be changed while it is published: delete it and add it again`,
    );
  }
}

/** How a locator service names a user at a computer. */
export function userId(name: string, machine: string | undefined): string {
  return machine === undefined ? name : `${name}${MACHINE_SEPARATOR}${machine}`;
}

/** Takes {@link userId} apart; what has no separator is a name alone. */
export function splitUserId(id: string): { readonly name: string; readonly machine: string | undefined } {
  const at = id.lastIndexOf(MACHINE_SEPARATOR);
  if (at <= 0 || at === id.length - 1) return { name: id, machine: undefined };
  return { name: id.slice(0, at), machine: id.slice(at + 1) };
}

/** @throws {InvalidValueError} when a user cannot have this name */
export function checkUserName(name: string): void {
  checkText('name', name);
  if (name.includes(MACHINE_SEPARATOR)) {
    throw new InvalidValueError(`The user name "${name}" has a "]", which stands before the computer's name`);
  }
}

/** @throws {InvalidValueError} when it is neither a host name nor an address */
export function checkMachine(machine: string): void {
  if (machine.length <= 253 && (tryParseIp(machine) !== undefined || /^[\p{L}\p{N}_.-]+$/u.test(machine))) {
    return;
  }
  throw new InvalidValueError(
    `"${machine}" is no computer: give a host name like phone.example.org, or an IP address`,
  );
}

function checkText(what: string, text: string): void {
  if (text.trim() === '') throw new InvalidValueError(`The user's ${what} is empty`);
  if (text.length > MAX_TEXT) {
    throw new InvalidValueError(
      `The user's ${what} has ${text.length} characters; at most ${MAX_TEXT} are possible`,
    );
  }
  if (/\p{Cc}/u.test(text)) {
    throw new InvalidValueError(`The user's ${what} has control characters; leave them out`);
  }
}
