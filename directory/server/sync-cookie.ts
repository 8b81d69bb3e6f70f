import { utf8Bytes, utf8Text } from '../../src/ldap/index.ts';
import { csnText, parseCsn } from './change-log.ts';

/** A cookie of content synchronisation (RFC 4533 §2.1.2) in OpenLDAP's form, which its replicas take apart. */
export interface SyncCookie {
  /** Number that a replica gives to this relation; it comes back as it was sent. */
  readonly replica: string;
  /** Number of the last change that the client has; undefined before the first. */
  readonly csn: number | undefined;
}

/** @returns undefined when the cookie is none that this service gave */
export function parseSyncCookie(cookie: Uint8Array): SyncCookie | undefined {
  const text = utf8Text(cookie);
  const match = /^rid=(\d{1,3})((?:,[a-z]+=[^,]*)*)$/.exec(text ?? '');
  if (match === null) return undefined;
  const fields = new Map(
    (match[2] ?? '').split(',').map((field): [string, string] => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  const csn = fields.get('csn');
  const replica = match[1] ?? '';
  if (csn === undefined || csn === '') return { replica, csn: undefined };
  const number = parseCsn(csn);
  return number === undefined ? undefined : { replica, csn: number };
}

/** The cookie for a client that has everything up to `csn`. */
export const syncCookie = (replica: string, csn: number): Uint8Array =>
  utf8Bytes(`rid=${replica},csn=${csnText(csn)}`);
