import {
  type DelRequest,
  type ModifyChange,
  type ModifyDNRequest,
  type ModifyRequest,
  parseDn,
  type PartialAttribute,
  type SearchRequest,
  serializeRdn,
  textAttribute,
  utf8Text,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { add } from './add.ts';
import { liveEntry, type OperationContext, readDn, requireAccess, requireEntry } from './context.ts';
import { deleteEntry } from './delete-compare.ts';
import type { Entry, EntryAttribute } from './entry.ts';
import { mayDo } from './entry-access.ts';
import { OperationError } from './errors.ts';
import { NETMEETING } from './legacy-names.ts';
import { readRefreshSearch } from './legacy-search.ts';
import { modify } from './modify.ts';
import { newName, rename } from './rename.ts';
import { attributeType, PATH_SEPARATOR, pathOf } from './schema.ts';
import { SearchContent } from './search-content.ts';
import { DYNAMIC } from './tree.ts';
import { clampTtl, extendAbove, secondsLeft } from './ttl.ts';

const DYNAMIC_PATH = pathOf(parseDn(DYNAMIC));
const PERSON_PREFIX = `${DYNAMIC_PATH}${PATH_SEPARATOR}cn=`;
const NETMEETING_PATH = pathOf(parseDn(NETMEETING));

/** What `smodop` in a modify asks for. */
const OPERATIONS = ['addApplication', 'deleteApplication', 'modifyUser', 'modifyApplication'] as const;
type RegistrationOperation = (typeof OPERATIONS)[number];

/** Attributes that are about the application when a modify is. */
const APPLICATION_ATTRIBUTES: ReadonlySet<string> = new Set([
  'applicationid',
  'appname',
  'guid',
  'mimetype',
  'port',
  'protocolguid',
  'protocolid',
  'protocolmimetype',
]);

/** A person and the application that person is reached by are two entries of the same cn. */
const applicationPath = (personPath: string): string | undefined =>
  personPath.startsWith(PERSON_PREFIX)
    ? `${NETMEETING_PATH}${PATH_SEPARATOR}${personPath.slice(PERSON_PREFIX.length - 'cn='.length)}`
    : undefined;

/** The live application of a person in the dynamic container. */
function applicationOf(context: OperationContext, person: Entry): Entry | undefined {
  const path = applicationPath(person.path);
  return path === undefined || !isPerson(person) ? undefined : liveEntry(context, path);
}

const isPerson = ({ attributes }: Entry): boolean =>
  attributes.get('objectclass')?.keys.includes('rtperson') ?? false;

/** What is joined is seen by whoever sees the person: it must be what everybody may see. */
const ANYBODY: Identity = {
  dn: '',
  isAdmin: false,
  method: 'anonymous',
  peer: '',
  isSecure: false,
  isLocal: false,
  isInProcess: false,
  saslMechanisms: [],
  canStartTls: false,
};

/** Whether {@link joinedAttribute} may give values of that type. */
export const isJoined = (key: string): boolean => APPLICATION_ATTRIBUTES.has(key);

/** What the application's entry says where the person's says nothing: a search sees the two as one. */
export function joinedAttribute(
  context: OperationContext,
  entry: Entry,
  key: string,
): EntryAttribute | undefined {
  if (!APPLICATION_ATTRIBUTES.has(key) || !entry.path.startsWith(PERSON_PREFIX)) return undefined;
  if (entry.attributes.get(key) !== undefined) return undefined;
  const application = applicationOf(context, entry);
  return application !== undefined && mayDo(ANYBODY, 'read', application)
    ? application.attributes.get(key)
    : undefined;
}

/**
 * A modify in which NetMeeting says with `smodop` whom it is about: 0 adds the application of the person that is
 * named, 1 deletes it, 2 is about the person, 3 about the application. What describes an application goes to its
 * entry, everything else to the person's.
 *
 * @throws {OperationError} saying why not; nothing is changed then
 */
export function modifyRegistration(context: OperationContext, who: Identity, request: ModifyRequest): void {
  const operation = registrationOperation(request.changes);
  if (operation === undefined || operation === 'modifyUser') return modify(context, who, request);
  const isOfApplication = ({ modification }: ModifyChange): boolean =>
    APPLICATION_ATTRIBUTES.has(attributeType(modification.type)?.key ?? '');
  const ofPerson = request.changes.filter((change) => !isOfApplication(change));
  const ofApplication = request.changes.filter(isOfApplication);
  context.store.atomic(() => {
    const person = requireEntry(context, readDn(request.object), who);
    if (applicationPath(person.path) === undefined || !isPerson(person)) return modify(context, who, request);
    modify(context, who, { ...request, changes: ofPerson });
    const rdn = serializeRdn(parseDn(person.dn)[0]!);
    const dn = `${rdn},${NETMEETING}`;
    if (operation === 'deleteApplication')
      return deleteEntry(context, who, { type: 'delRequest', entry: dn });
    if (operation === 'addApplication' && applicationOf(context, person) === undefined) {
      add(context, who, { type: 'addRequest', entry: dn, attributes: newApplication(context, person, rdn) });
    }
    modify(context, who, { type: 'modifyRequest', object: dn, changes: ofApplication });
  });
}

/** @throws {OperationError} constraintViolation for a number that means nothing */
function registrationOperation(changes: readonly ModifyChange[]): RegistrationOperation | undefined {
  const change = changes.find(
    ({ operation, modification: { type, vals } }) =>
      operation !== 'delete' && vals.length > 0 && attributeType(type)?.key === 'smodop',
  );
  if (change === undefined) return undefined;
  const text = utf8Text(change.modification.vals[0]!) ?? '';
  const operation = /^\d$/.test(text) ? OPERATIONS[Number(text)] : undefined;
  if (operation !== undefined) return operation;
  throw new OperationError(
    'constraintViolation',
    `smodop is "${text}": 0 adds an application, 1 deletes it, 2 changes the user, 3 changes the application`,
  );
}

function newApplication(context: OperationContext, person: Entry, rdn: string): PartialAttribute[] {
  const attributes = [
    textAttribute('objectClass', 'rtApplicationUser', 'dynamicObject'),
    textAttribute('userObject', rdn),
  ];
  // It ends with the person that it belongs to.
  if (person.expires !== undefined) {
    const seconds = Math.max(1, secondsLeft(person.expires, context.clock.wall()));
    attributes.push(textAttribute('entryTtl', String(seconds)));
  }
  return attributes;
}

/**
 * Deletes an entry, and with a person that person's application.
 *
 * @throws {OperationError} saying why not; nothing is changed then
 */
export function deleteRegistration(context: OperationContext, who: Identity, request: DelRequest): void {
  const { store } = context;
  const person = liveEntry(context, pathOf(readDn(request.entry)));
  const application = person === undefined ? undefined : applicationOf(context, person);
  if (application === undefined) return deleteEntry(context, who, request);
  store.atomic(() => {
    deleteEntry(context, who, request);
    deleteEntry(context, who, { type: 'delRequest', entry: application.dn });
  });
}

/**
 * Renames an entry, and with a person that person's application.
 *
 * @throws {OperationError} saying why not; nothing is changed then
 */
export function renameRegistration(context: OperationContext, who: Identity, request: ModifyDNRequest): void {
  const person = liveEntry(context, pathOf(readDn(request.entry)));
  const application = person === undefined ? undefined : applicationOf(context, person);
  if (person === undefined || application === undefined) return rename(context, who, request);
  const name = newName(request);
  const isPlace = pathOf(name.slice(1)) === DYNAMIC_PATH && applicationPath(pathOf(name)) !== undefined;
  context.store.atomic(() => {
    rename(context, who, request);
    if (!isPlace) {
      throw new OperationError(
        'unwillingToPerform',
        `${person.dn} has an application, ${application.dn}: give it another cn below ${DYNAMIC}, or delete that first`,
      );
    }
    const { newRDN, deleteOldRDN } = request;
    rename(context, who, { type: 'modDNRequest', entry: application.dn, newRDN, deleteOldRDN });
    modify(context, who, {
      type: 'modifyRequest',
      object: `${serializeRdn(name[0]!)},${NETMEETING}`,
      changes: [{ operation: 'replace', modification: textAttribute('userObject', serializeRdn(name[0]!)) }],
    });
  });
}

/** Entries one search refreshes. A name is one entry's, or one of few. */
const MAX_REFRESHED = 16;

/**
 * Does what the `sttl` of a refresh search asks for, before the search answers with what it found: every entry that
 * matches lives on for that many minutes, within the service's limits, and a person's application with it.
 *
 * @returns the search that remains
 * @throws {OperationError} insufficientAccessRights when one of them is not the client's to refresh
 */
export function refreshBySearch(
  context: OperationContext,
  who: Identity,
  request: SearchRequest,
): SearchRequest {
  const asked = readRefreshSearch(request.filter);
  if (asked === undefined) return request;
  const search = { ...request, filter: asked.filter };
  if (!asked.namesOne) return search;
  const { store, clock, ttl } = context;
  store.transaction(() => {
    const expires = clock.wall() + clampTtl(asked.seconds, ttl) * 1000;
    const found = hits(context, who, search);
    // Everything is checked before the first write: the transaction may be shared with other requests.
    for (const entry of found) requireAccess(context, who, 'refresh', entry);
    for (const entry of found) {
      for (const each of [entry, applicationOf(context, entry)]) {
        if (each?.expires === undefined) continue;
        store.setExpires(each.id, expires);
        extendAbove(context, each.parent, expires);
      }
    }
  });
  return search;
}

function hits(context: OperationContext, who: Identity, request: SearchRequest): Entry[] {
  const content = new SearchContent(context, who, request);
  const found: Entry[] = [];
  for (let after: number | undefined = 0; after !== undefined && found.length < MAX_REFRESHED; ) {
    const { entries, next } = content.candidates(after, 256);
    found.push(...entries.filter((entry) => content.isHit(entry)));
    after = next;
  }
  return found.slice(0, MAX_REFRESHED);
}
