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
  SORT,
  type SortResult,
  sortResultControl,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { Identity } from './access.ts';
import type { OperationContext } from './context.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import type { ServiceLimits } from './limits.ts';
import { findControl } from './request-controls.ts';
import { SearchContent } from './search-content.ts';
import { readSorting, type SortedAnswers, Sorter, type Sorting } from './sort.ts';

/** Candidates taken from the store at a time. */
const BATCH = 256;

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
  readonly #clock: Clock;
  readonly #content: SearchContent;
  readonly #request: SearchRequest;
  readonly #messageId: number;
  readonly #deadline: Ms;
  readonly #sizeLimit: number;
  readonly #page: Page | undefined;
  readonly #fingerprint: number;
  readonly #answers: SortedAnswers;
  #sorting: Sorting | undefined;
  /** While hits are gathered to be put in order. */
  #sorter: Sorter | undefined;
  /** Ids of all hits in order, once they are. */
  #sorted: Float64Array | undefined;
  #batch: readonly Entry[] = [];
  /** Where to go on after each of them. */
  #marks: readonly number[] = [];
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
    answers: SortedAnswers,
  ) {
    const { limits, clock } = context;
    this.#clock = clock;
    this.#request = request;
    this.#messageId = messageId;
    this.#deadline = clock.now() + searchSeconds(request, limits) * 1000;
    this.#sizeLimit = searchEntries(request, limits);
    this.#content = new SearchContent(context, who, request);
    const paged = findControl(controls, PAGED_RESULTS);
    const sort = findControl(controls, SORT.request);
    this.#answers = answers;
    this.#sorting = sort === undefined ? undefined : readSorting(sort);
    this.#fingerprint = paged === undefined ? 0 : fingerprint(this.#content.path, request, sort);
    this.#page = paged === undefined ? undefined : this.#readPage(paged);
    this.#next = this.#page?.after ?? 0;
    if (this.#sorting?.kind === 'orders') this.#startSort(context, this.#sorting);
  }

  /**
   * Writes entries until `w` holds `maxBytes` or it is `until`.
   *
   * @returns true when the search is over and its last message is written
   */
  step(w: BerWriter, maxBytes: number, until: Ms): boolean {
    const page = this.#page;
    if (this.#sorting?.kind === 'refused' && this.#sorting.isCritical) {
      return this.#finish(w, 'unavailableCriticalExtension', SORT_REFUSED);
    }
    for (;;) {
      const entry = this.#nextEntry();
      if (entry === undefined) {
        if (this.#next === undefined) {
          if (this.#sorter === undefined) return this.#finish(w, 'success');
          this.#endSort(this.#sorter);
        }
        this.#fetch();
        const now = this.#clock.now();
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
      // Of a sorted answer each entry was looked at when it was taken up again.
      if (this.#sorted === undefined && !this.#content.isHit(entry)) continue;
      if (this.#sorter !== undefined) {
        if (this.#sorter.add(entry)) continue;
        this.#giveUpSort();
        return this.step(w, maxBytes, until);
      }
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

  #nextEntry(): Entry | undefined {
    return this.#batch[this.#batchAt++];
  }

  #fetch(): void {
    const from = this.#next ?? 0;
    this.#batchAt = 0;
    if (this.#sorted === undefined) {
      const { entries, next } = this.#content.candidates(from, BATCH);
      this.#batch = entries;
      this.#marks = entries.map(({ id }) => id);
      this.#next = next;
      return;
    }
    const found: Entry[] = [];
    const marks: number[] = [];
    const end = Math.min(from + BATCH, this.#sorted.length);
    for (let at = from; at < end; at++) {
      const entry = this.#content.byId(this.#sorted[at]!);
      if (entry === undefined) continue;
      found.push(entry);
      marks.push(at + 1);
    }
    this.#batch = found;
    this.#marks = marks;
    this.#next = end < this.#sorted.length ? end : undefined;
  }

  /** Takes up a sorted answer of which pages were sent, or begins one. */
  #startSort(context: OperationContext, { orders }: Sorting & { kind: 'orders' }): void {
    if (this.#page === undefined || this.#page.after === 0) {
      this.#sorter = new Sorter(context, orders);
      return;
    }
    this.#sorted = this.#answers.get(this.#fingerprint);
    if (this.#sorted !== undefined || this.#page.size === 0) return;
    throw new OperationError(
      'unwillingToPerform',
      'the sorted answer that the cookie belongs to is not kept any more: begin again without a cookie',
    );
  }
  #endSort(sorter: Sorter): void {
    this.#sorter = undefined;
    this.#sorted = sorter.sorted();
    this.#next = 0;
    if (this.#page !== undefined) this.#answers.keep(this.#fingerprint, this.#sorted);
  }
  /** There are too many: the answer comes in no order, or not at all where the order is critical. */
  #giveUpSort(): void {
    const isCritical = this.#sorting?.isCritical ?? false;
    this.#sorting = { kind: 'refused', result: { resultCode: RESULT.adminLimitExceeded }, isCritical };
    this.#sorter = undefined;
    this.#batch = [];
    this.#next = 0;
  }

  #write(w: BerWriter, entry: Entry): void {
    this.#content.write(w, this.#messageId, entry);
    this.#sent++;
    this.#lastSent = this.#marks[this.#batchAt - 1] ?? 0;
  }

  #finish(
    w: BerWriter,
    result: 'success' | 'timeLimitExceeded' | 'sizeLimitExceeded' | 'unavailableCriticalExtension',
    words = '',
    after?: number,
  ): true {
    const done: LdapResult = { resultCode: RESULT[result], matchedDN: '', diagnosticMessage: words };
    const cookie =
      after === undefined || this.#page === undefined
        ? new Uint8Array(0)
        : encodeCookie(this.#fingerprint, after, this.#page.sentBefore + this.#sent);
    if (after === undefined && this.#page !== undefined) this.#answers.drop(this.#fingerprint);
    const controls = [
      ...(this.#page === undefined ? [] : [pagedResultsControl({ size: 0, cookie })]),
      ...(this.#sorting === undefined ? [] : [sortResultControl(sortResult(this.#sorting))]),
    ];
    const op = { type: 'searchResultDone', ...done } as const;
    writeMessage(w, { messageId: this.#messageId, op, ...(controls.length === 0 ? {} : { controls }) });
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

/** Entries that a search may return. */
export function searchEntries({ sizeLimit }: SearchRequest, { maxSearchEntries }: ServiceLimits): number {
  return sizeLimit === 0 ? maxSearchEntries : Math.min(sizeLimit, maxSearchEntries);
}

/** Seconds that a search may take. */
export function searchSeconds({ timeLimit }: SearchRequest, { maxSearchSeconds }: ServiceLimits): number {
  return timeLimit === 0 ? maxSearchSeconds : Math.min(timeLimit, maxSearchSeconds);
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

const SORT_REFUSED = 'the answer cannot be given in that order; the sort response control says why';

const sortResult = (sorting: Sorting): SortResult =>
  sorting.kind === 'refused' ? sorting.result : { resultCode: RESULT.success };

/** FNV-1a of what must stay the same from page to page. */
function fingerprint(path: string, { scope, filter }: SearchRequest, sort: Control | undefined): number {
  let hash = 0x811c_9dc5;
  for (const c of `${path}\n${scope}\n${serializeFilter(filter)}\n${sort?.controlValue?.join(',') ?? ''}`) {
    hash = Math.imul(hash ^ c.codePointAt(0)!, 0x0100_0193);
  }
  return hash >>> 0;
}
