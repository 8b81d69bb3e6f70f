import { DecodeError } from '../../src/errors.ts';
import {
  ASSERTION,
  type Control,
  decodeProxiedAuthorization,
  EXTENDED,
  type LdapRequest,
  MANAGE_DSA_IT,
  normalizeDn,
  PAGED_RESULTS,
  parseDn,
  PERSISTENT_SEARCH,
  PROXIED_AUTHORIZATION,
  READ_ENTRY,
  SORT,
  SYNC,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { OperationError } from './errors.ts';
import type { AnsweredRequest } from './requests.ts';

type Kind = LdapRequest['type'];
const UPDATES: readonly Kind[] = ['addRequest', 'modifyRequest', 'delRequest', 'modDNRequest'];
const ALL: readonly Kind[] = [...UPDATES, 'searchRequest', 'compareRequest', 'extendedRequest'];

/** Controls that are understood, and the requests that they make sense with. */
const CONTROLS: ReadonlyMap<string, readonly Kind[]> = new Map([
  [PAGED_RESULTS, ['searchRequest']],
  [SORT.request, ['searchRequest']],
  [SYNC.request, ['searchRequest']],
  [PERSISTENT_SEARCH, ['searchRequest']],
  [ASSERTION, [...UPDATES, 'searchRequest', 'compareRequest']],
  [READ_ENTRY.before, ['modifyRequest', 'delRequest', 'modDNRequest']],
  [READ_ENTRY.after, ['addRequest', 'modifyRequest', 'modDNRequest']],
  [PROXIED_AUTHORIZATION, ALL],
  // There are no referral objects here, so every entry is treated as an ordinary one.
  [MANAGE_DSA_IT, [...UPDATES, 'searchRequest', 'compareRequest']],
]);

/** Extended operations that are about the connection, or whoever has bound on it: nobody does them for another. */
const PERSONAL: ReadonlySet<string> = new Set([EXTENDED.startTls, EXTENDED.passwordModify, EXTENDED.cancel]);

/** For the root DSE. */
export const SUPPORTED_CONTROLS: readonly string[] = [...CONTROLS.keys()];

/**
 * The controls of a request that mean something with it; others are ignored as far as they let themselves be.
 *
 * @throws {OperationError} for a critical one that is not known, or not with such requests (RFC 4511 §4.1.11), and for
 *   one that is there twice
 */
export function controlsFor(op: AnsweredRequest, controls: readonly Control[]): readonly Control[] {
  const used: Control[] = [];
  for (const control of controls) {
    const { controlType, criticality } = control;
    const kinds = CONTROLS.get(controlType);
    const isPersonal = op.type === 'extendedRequest' && PERSONAL.has(op.requestName);
    if (kinds?.includes(op.type) === true && !isPersonal) {
      if (used.some((other) => other.controlType === controlType)) {
        throw new OperationError('protocolError', `control ${controlType} is given twice`);
      }
      used.push(control);
    } else if (criticality) {
      const why =
        kinds === undefined
          ? 'is not known here; supportedControl of the root DSE lists those that are'
          : 'means nothing with this kind of request';
      throw new OperationError('unavailableCriticalExtension', `control ${controlType} ${why}`);
    }
  }
  return used;
}

export const findControl = (controls: readonly Control[], oid: string): Control | undefined =>
  controls.find(({ controlType }) => controlType === oid);

/** Reads the value of a control. @throws {OperationError} protocolError */
export function readControl<T>(control: Control, name: string, read: (control: Control) => T): T {
  try {
    return read(control);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('protocolError', `the ${name} control: ${error.message}`);
  }
}

/**
 * Who the operation is done as: `who`, unless a control asks for somebody else (RFC 4370 §3). Administrators, and the
 * user of this process, may be anybody.
 *
 * @throws {OperationError} authorizationDenied for everyone else
 */
export function proxiedIdentity(
  who: Identity,
  controls: readonly Control[],
  isAdmin: (dn: string) => boolean,
): Identity {
  const control = findControl(controls, PROXIED_AUTHORIZATION);
  if (control === undefined) return who;
  if (!control.criticality) {
    throw new OperationError(
      'protocolError',
      'the proxied authorization control must be critical (RFC 4370 §3)',
    );
  }
  const authzId = readControl(control, 'proxied authorization', decodeProxiedAuthorization);
  const dn = authzId === '' ? '' : /^dn:(.*)$/is.exec(authzId)?.[1];
  if (dn === undefined || !isDn(dn)) {
    throw new OperationError(
      'authorizationDenied',
      `"${authzId.slice(0, 100)}" names nobody: give dn: and a DN`,
    );
  }
  if (!who.isAdmin && !who.isInProcess) {
    throw new OperationError('authorizationDenied', 'only administrators may act as somebody else');
  }
  return { ...who, dn, isAdmin: dn !== '' && isAdmin(dn), isInProcess: false };
}

function isDn(text: string): boolean {
  try {
    normalizeDn(parseDn(text));
    return true;
  } catch {
    return false;
  }
}
