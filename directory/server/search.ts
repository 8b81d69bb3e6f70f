import { DecodeError } from '../../src/errors.ts';
import {
  type BerWriter,
  type Control,
  decodePagedResults,
  type LdapResult,
  PAGED_RESULTS,
  pagedResultsControl,
  RESULT,
  type SearchRequest,
  serializeFilter,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Identity } from './access.ts';
import { computedAttributes } from './computed.ts';
import { liveEntry, type OperationContext, readDn, requireEntry } from './context.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import { compileFilter, type ComputedAttribute, type Predicate } from './filter-match.ts';
import { chooseSource } from './plan.ts';
import { rootDse } from './root-dse.ts';
import { type AttributeSelection, selectAttributes, writeSelected } from './selection.ts';
import { pathOf } from './schema.ts';
import type { CandidateSource } from './store.ts';
import type { StoreScope } from './store-scope.ts';
import { SUFFIX_PATH } from './tree.ts';

/** Candidates taken from the store at a time. */
const BATCH = 256;
const SEARCH_RESULT_ENTRY = 0x64;

/** Where a paged search goes on. All of it is in the cookie, so nothing has to be kept for clients that never return. */
interface Page {
  readonly size: number;
  readonly after: number;
  readonly sentBefore: number;
}

/**
 * One search under way. {@link step} makes as much of the answer as the transport has room for; nothing is locked or
 * held in the store between steps.
 */
export class SearchRun {
  readonly #context: OperationContext;
  readonly #request: SearchRequest;
  readonly #who: Identity;
  readonly #messageId: number;
  readonly #deadline: Ms;
  readonly #sizeLimit: number;
  readonly #computed: ComputedAttribute;
  readonly #selection: AttributeSelection;
  readonly #matches: Predicate;
  readonly #page: Page | undefined;
  readonly #fingerprint: number;
  #source: CandidateSource = { kind: 'ids', ids: [] };
  #scope: StoreScope = { depth: 'sub' };
  #batch: readonly Entry[] = [];
  #batchAt = 0;
  /** Where the next batch begins; undefined when there is none. */
  #next: number | undefined;
  #sent = 0;
  #lastSent = 0;

  /** @throws {OperationError} when the search cannot be begun */
  constructor(
    context: OperationContext,
    who: Identity,
    messageId: number,
    request: SearchRequest,
    controls: readonly Control[],
  ) {
    const { limits, clock } = context;
    this.#context = context;
    this.#request = request;
    this.#who = who;
    this.#messageId = messageId;
    const seconds = Math.min(
      request.timeLimit === 0 ? Number.POSITIVE_INFINITY : request.timeLimit,
      limits.maxSearchSeconds,
    );
    this.#deadline = clock.now() + seconds * 1000;
    this.#sizeLimit = Math.min(
      request.sizeLimit === 0 ? Number.POSITIVE_INFINITY : request.sizeLimit,
      limits.maxSearchEntries,
    );
    this.#computed = computedAttributes(context);
    this.#selection = selectAttributes(request.attributes, request.typesOnly);
    this.#matches = compileFilter(request.filter, this.#computed);
    const dn = readDn(request.baseObject);
    const path = pathOf(dn);
    const paged = controls.find(({ controlType }) => controlType === PAGED_RESULTS);
    this.#fingerprint = paged === undefined ? 0 : fingerprint(path, request);
    this.#page = paged === undefined ? undefined : this.#readPage(paged);
    if (request.scope === 'base') {
      this.#batch = [path === '' ? rootDse() : requireEntry(context, dn)];
      return;
    }
    // Below the root DSE there is one naming context.
    const base = path === '' ? undefined : requireEntry(context, dn);
    this.#scope = {
      ...(base === undefined ? {} : { base }),
      depth: request.scope === 'one' ? 'one' : 'sub',
    };
    this.#source =
      request.scope === 'one' && base === undefined
        ? this.#contexts()
        : chooseSource(request.filter, context.store);
    // The children of one container are nearly everything there is, unless an index knows better.
    this.#next = this.#page?.after ?? 0;
  }

  /**
   * Writes entries until `w` holds `maxBytes` or it is `until`.
   *
   * @returns true when the search is over and its last message is written
   */
  step(w: BerWriter, maxBytes: number, until: Ms): boolean {
    const { clock } = this.#context;
    const page = this.#page;
    for (;;) {
      const entry = this.#nextEntry();
      if (entry === undefined) {
        if (this.#next === undefined) return this.#finish(w, 'success');
        this.#fetch();
        const now = clock.now();
        if (now > this.#deadline) {
          return this.#finish(
            w,
            'timeLimitExceeded',
            'the search took too long: narrow the filter or the base',
          );
        }
        if (now > until) return false;
        continue;
      }
      if (!this.#isHit(entry)) continue;
      if (page !== undefined && this.#sent === page.size)
        return this.#finish(w, 'success', '', this.#lastSent);
      if ((page?.sentBefore ?? 0) + this.#sent >= this.#sizeLimit) {
        return this.#finish(
          w,
          'sizeLimitExceeded',
          `more than ${this.#sizeLimit} entries match: narrow the filter, or page`,
        );
      }
      this.#write(w, entry);
      if (w.length >= maxBytes) return false;
    }
  }

  #contexts(): CandidateSource {
    const suffix = liveEntry(this.#context, SUFFIX_PATH);
    return { kind: 'ids', ids: suffix === undefined ? [] : [suffix.id] };
  }

  #nextEntry(): Entry | undefined {
    return this.#batch[this.#batchAt++];
  }

  #fetch(): void {
    const { store, clock } = this.#context;
    const { entries, next } = store.candidates(
      this.#source,
      this.#scope,
      this.#next ?? 0,
      BATCH,
      clock.wall(),
    );
    this.#batch = entries;
    this.#batchAt = 0;
    this.#next = next;
  }

  #isHit(entry: Entry): boolean {
    if (this.#request.scope === 'subordinates' && entry.id === this.#scope.base?.id) return false;
    if (this.#matches(entry) !== true) return false;
    return this.#context.access.allows(this.#who, 'read', entry.dn) === true;
  }

  #write(w: BerWriter, entry: Entry): void {
    w.begin().integer(this.#messageId).begin(SEARCH_RESULT_ENTRY).text(entry.dn).begin();
    writeSelected(w, entry, this.#selection, this.#computed);
    w.end().end().end();
    this.#sent++;
    this.#lastSent = entry.id;
  }

  #finish(
    w: BerWriter,
    result: 'success' | 'timeLimitExceeded' | 'sizeLimitExceeded',
    words = '',
    after?: number,
  ): true {
    const done: LdapResult = { resultCode: RESULT[result], matchedDN: '', diagnosticMessage: words };
    const cookie =
      after === undefined || this.#page === undefined
        ? new Uint8Array(0)
        : encodeCookie(this.#fingerprint, after, this.#page.sentBefore + this.#sent);
    writeMessage(w, {
      messageId: this.#messageId,
      op: { type: 'searchResultDone', ...done },
      ...(this.#page === undefined ? {} : { controls: [pagedResultsControl({ size: 0, cookie })] }),
    });
    return true;
  }

  /** RFC 2696 §3. */
  #readPage(control: Control): Page | undefined {
    try {
      const { size, cookie } = decodePagedResults(control);
      if (cookie.length === 0) {
        // A page that holds all the client wants is no page.
        const whole = this.#request.sizeLimit > 0 && size >= this.#request.sizeLimit;
        return { size: whole || size === 0 ? Number.POSITIVE_INFINITY : size, after: 0, sentBefore: 0 };
      }
      const place = decodeCookie(cookie, this.#fingerprint);
      if (place === undefined) {
        throw new OperationError(
          'unwillingToPerform',
          'the paged results cookie does not belong to this search: begin again without a cookie',
        );
      }
      // Size 0 with a cookie gives up the rest.
      return size === 0 ? { size: 0, after: Number.MAX_SAFE_INTEGER, sentBefore: 0 } : { size, ...place };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new OperationError('protocolError', `the paged results control: ${error.message}`);
    }
  }
}

const COOKIE_LENGTH = 16;

function encodeCookie(fingerprint: number, after: number, sentBefore: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(COOKIE_LENGTH));
  view.setUint32(0, fingerprint);
  view.setUint32(4, sentBefore);
  view.setFloat64(8, after);
  return new Uint8Array(view.buffer);
}

function decodeCookie(
  cookie: Uint8Array,
  fingerprint: number,
): { after: number; sentBefore: number } | undefined {
  if (cookie.length !== COOKIE_LENGTH) return undefined;
  const view = new DataView(cookie.buffer, cookie.byteOffset);
  const after = view.getFloat64(8);
  if (view.getUint32(0) !== fingerprint || !Number.isSafeInteger(after) || after < 0) return undefined;
  return { after, sentBefore: view.getUint32(4) };
}

/** FNV-1a of what must stay the same from page to page. */
function fingerprint(path: string, { scope, filter }: SearchRequest): number {
  let hash = 0x811c_9dc5;
  for (const c of `${path}\n${scope}\n${serializeFilter(filter)}`) {
    hash = Math.imul(hash ^ c.codePointAt(0)!, 0x0100_0193);
  }
  return hash >>> 0;
}
