import { InvalidValueError } from '../../src/errors.ts';
import { formatMediaKey, type MediaKey, parseMediaKey } from '../../src/sdp/index.ts';
import type { Conference } from '../conference.ts';
import { DirectoryError } from '../errors.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { texts } from './user-values.ts';

// How the keys of encrypted media stand in entries.

/** The keys that the server shows us; those that cannot be read are left out. */
export function readKeys(entry: LdapEntry, attribute: string | undefined): readonly MediaKey[] {
  if (attribute === undefined) return [];
  return texts(entry, attribute).flatMap((text) => {
    try {
      return [parseMediaKey(text)];
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      return [];
    }
  });
}

/**
 * @param mayCarry whether nobody on the way can read what is written
 * @throws {DirectoryError} when there are keys, and no place for them, or no safe way to it
 */
export function writeKeys(
  attribute: string | undefined,
  { keys, name }: Conference,
  mayCarry: boolean,
): LdapAttributes {
  if (attribute === undefined) {
    if (keys.length === 0) return {};
    throw new DirectoryError(
      'This directory has no place for the keys of encrypted media: load the schema that "rendezvous schema" prints into it, or hand out the key in a file',
    );
  }
  if (!mayCarry && keys.length > 0) {
    throw new DirectoryError(
      `The key of "${name}" would cross the network where others can read it: use ldaps:// or --starttls`,
    );
  }
  return { [attribute]: keys.map(formatMediaKey) };
}
