import {
  type BerWriter,
  type Control,
  type DistinguishedName,
  type SearchRequest,
  writeControls,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { computedAttributes, planContext } from './computed.ts';
import { isLive, liveEntry, mayRead, type OperationContext, readDn, requireEntry } from './context.ts';
import type { Entry } from './entry.ts';
import { visibleSelection } from './key-access.ts';
import { compileFilter, type ComputedAttribute, type Predicate } from './filter-match.ts';
import { isMonitorPath } from './monitor.ts';
import { chooseSource } from './plan.ts';
import { rootDse } from './root-dse.ts';
import { type AttributeSelection, selectAttributes, writeSelected } from './selection.ts';
import { parentPath, PATH_SEPARATOR, pathOf } from './schema.ts';
import type { CandidateSource, StoreScope } from './store-scope.ts';
import { SUFFIX_PATH } from './tree.ts';

const SEARCH_RESULT_ENTRY = 0x64;

/** What a search request (RFC 4511 §4.5.1) asks for: which entries, as far as the asker may see them, and what of each. */
export class SearchContent {
  /** Path of the base object; empty for the root DSE. */
  readonly path: string;
  readonly #context: OperationContext;
  readonly #who: Identity;
  readonly #request: SearchRequest;
  readonly #computed: ComputedAttribute;
  readonly #selection: AttributeSelection;
  readonly #matches: Predicate;
  readonly #base: Entry | undefined;
  readonly #scope: StoreScope;
  readonly #source: CandidateSource;
  /** All there is below cn=Monitor, when that is searched. */
  readonly #monitor: readonly Entry[] | undefined;

  /** @throws {OperationError} when there is no such base, or the request makes no sense */
  constructor(context: OperationContext, who: Identity, request: SearchRequest) {
    this.#context = context;
    this.#who = who;
    this.#request = request;
    this.#computed = computedAttributes(context);
    this.#selection = selectAttributes(request.attributes, request.typesOnly);
    this.#matches = compileFilter(request.filter, this.#computed);
    const dn = readDn(request.baseObject);
    const { scope } = request;
    this.path = pathOf(dn);
    // Below the root DSE there is one naming context.
    this.#monitor = isMonitorPath(this.path) ? context.monitor.entriesFor(who) : undefined;
    this.#base = this.path === '' ? undefined : this.#entryAt(dn);
    this.#scope = {
      ...(this.#base === undefined ? {} : { base: this.#base }),
      depth: scope === 'one' ? 'one' : 'sub',
    };
    this.#source =
      scope === 'base'
        ? { kind: 'ids', ids: [] }
        : scope === 'one' && this.#base === undefined
          ? this.#contexts()
          : // The children of one container are nearly everything there is, unless an index knows better.
            chooseSource(request.filter, planContext(context));
  }

  /**
   * Entries in scope, in ascending id, that {@link isHit} must still see.
   *
   * @param after id of the last one seen, 0 to begin
   * @returns where to go on; undefined at the end
   */
  candidates(after: number, limit: number): { entries: readonly Entry[]; next: number | undefined } {
    if (this.#request.scope === 'base') {
      return { entries: after > 0 ? [] : [this.#base ?? rootDse(this.#who)], next: undefined };
    }
    if (this.#monitor !== undefined) {
      return {
        entries: this.#monitor.filter(({ id, path }) => id > after && this.covers(path)),
        next: undefined,
      };
    }
    const { store, clock } = this.#context;
    return store.candidates(this.#source, this.#scope, after, limit, clock.wall());
  }

  /** Whether a candidate is what was asked for, and the asker may read it. */
  isHit(entry: Entry): boolean {
    if (this.#request.scope === 'subordinates' && entry.path === this.path) return false;
    if (this.#matches(entry) !== true) return false;
    return entry.path === '' || mayRead(this.#context, this.#who, entry);
  }

  /** The entry of that id, if it is part of the content now. */
  byId(id: number): Entry | undefined {
    const entry =
      this.#monitor === undefined
        ? this.#context.store.byId(id)
        : this.#monitor.find((monitored) => monitored.id === id);
    return entry !== undefined && this.has(entry) ? entry : undefined;
  }

  /** Whether any entry at all is part of the content now. */
  has(entry: Entry): boolean {
    return this.covers(entry.path) && isLive(entry, this.#context.clock.wall()) && this.isHit(entry);
  }

  /** Whether an entry of that path is, or was, in scope. */
  covers(path: string): boolean {
    const { scope } = this.#request;
    if (scope === 'base') return path === this.path;
    if (scope === 'one') return (parentPath(path) ?? '') === this.path;
    return this.path === '' || path === this.path || path.startsWith(this.path + PATH_SEPARATOR);
  }

  /** Writes the search result entry with the attributes asked for. */
  write(w: BerWriter, messageId: number, entry: Entry, controls: readonly Control[] = []): void {
    w.begin().integer(messageId).begin(SEARCH_RESULT_ENTRY).text(entry.dn).begin();
    writeSelected(w, entry, visibleSelection(this.#who, entry, this.#selection), this.#computed);
    w.end().end();
    if (controls.length > 0) writeControls(w, controls);
    w.end();
  }

  #entryAt(dn: DistinguishedName): Entry {
    const monitored = this.#monitor?.find(({ path }) => path === this.path);
    return monitored ?? requireEntry(this.#context, dn, this.#who);
  }

  #contexts(): CandidateSource {
    const suffix = liveEntry(this.#context, SUFFIX_PATH);
    return { kind: 'ids', ids: suffix === undefined ? [] : [suffix.id] };
  }
}
