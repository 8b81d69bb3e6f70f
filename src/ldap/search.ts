import type { PartialAttribute } from './attribute.ts';
import { readAttributeList, writeAttribute } from './attribute.ts';
import type { BerReader, BerWriter } from './ber.ts';
import { MAX_INT } from './ber.ts';
import type { Filter } from './filter.ts';
import { readFilter, writeFilter } from './filter.ts';
import type { LdapResult } from './result.ts';
import { readResult, readTexts, writeResult } from './result.ts';

/** RFC 4511 §4.5.1.2 in wire order; `subordinates` is the draft's scope 3 that OpenLDAP calls `children`. */
export const SEARCH_SCOPES = ['base', 'one', 'sub', 'subordinates'] as const;
export type SearchScope = (typeof SEARCH_SCOPES)[number];

/** RFC 4511 §4.5.1.3 in wire order. */
export const DEREF_ALIASES = ['never', 'inSearching', 'findingBaseObj', 'always'] as const;
export type DerefAliases = (typeof DEREF_ALIASES)[number];

/** RFC 4511 §4.5.1. */
export interface SearchRequest {
  readonly type: 'searchRequest';
  readonly baseObject: string;
  readonly scope: SearchScope;
  readonly derefAliases: DerefAliases;
  /** Entries; 0 is no limit of the client's. */
  readonly sizeLimit: number;
  /** Seconds; 0 is no limit of the client's. */
  readonly timeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: Filter;
  /** Empty means all user attributes, as `*`; `+` all operational ones; `1.1` none. */
  readonly attributes: readonly string[];
}

export interface SearchResultEntry {
  readonly type: 'searchResultEntry';
  readonly objectName: string;
  readonly attributes: readonly PartialAttribute[];
}

export interface SearchResultReference {
  readonly type: 'searchResultReference';
  readonly uris: readonly string[];
}

export interface SearchResultDone extends LdapResult {
  readonly type: 'searchResultDone';
}

export function readSearchRequest(r: BerReader): SearchRequest {
  const baseObject = r.text();
  const scope = SEARCH_SCOPES[r.enumerated(0, 3)]!;
  const derefAliases = DEREF_ALIASES[r.enumerated(0, 3)]!;
  const sizeLimit = r.integer(0, MAX_INT);
  const timeLimit = r.integer(0, MAX_INT);
  const typesOnly = r.boolean();
  const filter = readFilter(r);
  const attributes = readTexts(r.constructed(), 0);
  r.expectEnd('a search request');
  return {
    type: 'searchRequest',
    baseObject,
    scope,
    derefAliases,
    sizeLimit,
    timeLimit,
    typesOnly,
    filter,
    attributes,
  };
}

export function writeSearchRequest(w: BerWriter, q: SearchRequest): void {
  w.text(q.baseObject)
    .enumerated(SEARCH_SCOPES.indexOf(q.scope))
    .enumerated(DEREF_ALIASES.indexOf(q.derefAliases))
    .integer(q.sizeLimit)
    .integer(q.timeLimit)
    .boolean(q.typesOnly);
  writeFilter(w, q.filter);
  w.begin();
  for (const attribute of q.attributes) w.text(attribute);
  w.end();
}

export function readSearchResultEntry(r: BerReader): SearchResultEntry {
  const objectName = r.text();
  const attributes = readAttributeList(r.constructed(), 0);
  r.expectEnd('a search entry');
  return { type: 'searchResultEntry', objectName, attributes };
}

export function writeSearchResultEntry(w: BerWriter, { objectName, attributes }: SearchResultEntry): void {
  w.text(objectName).begin();
  for (const attribute of attributes) writeAttribute(w, attribute);
  w.end();
}

export function readSearchResultReference(r: BerReader): SearchResultReference {
  return { type: 'searchResultReference', uris: readTexts(r) };
}

export function writeSearchResultReference(w: BerWriter, { uris }: SearchResultReference): void {
  for (const uri of uris) w.text(uri);
}

export function readSearchResultDone(r: BerReader): SearchResultDone {
  const result = readResult(r);
  r.skipRest();
  return { type: 'searchResultDone', ...result };
}

export function writeSearchResultDone(w: BerWriter, done: SearchResultDone): void {
  writeResult(w, done);
}
