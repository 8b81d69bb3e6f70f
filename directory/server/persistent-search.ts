import {
  type BerWriter,
  type ChangeType,
  type Control,
  decodePersistentSearch,
  entryChangeControl,
  type PersistentSearchValue,
  type SearchRequest,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Identity } from './access.ts';
import type { Change } from './change-log.ts';
import type { OperationContext } from './context.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import { type Following, LogReader, Scan, writeSearchEnd } from './following.ts';
import { IdSet } from './id-set.ts';
import { SearchContent } from './search-content.ts';

const CHANGE_TYPE = { add: 'add', modify: 'modify', delete: 'delete', rename: 'modDN' } as const;

/**
 * A persistent search (draft-ietf-ldapext-psearch-03 §4): what matches now, if that is wanted, and then every change of
 * something that matches. An entry that ceases to match without being deleted is not told of; content synchronisation
 * does that.
 */
export class PersistentSearch implements Following {
  readonly #context: OperationContext;
  readonly #content: SearchContent;
  readonly #messageId: number;
  readonly #wanted: PersistentSearchValue;
  readonly #log: LogReader;
  /** What matched when it was last looked at: the deletion of something else is nobody's business. */
  readonly #has = new IdSet();
  readonly #scan: Scan;
  #isScanning = true;
  #entries: Entry[] = [];
  #changes: Change[] = [];
  #isWaiting = false;

  /** @throws {OperationError} when the search cannot be begun */
  constructor(
    context: OperationContext,
    who: Identity,
    messageId: number,
    request: SearchRequest,
    control: Control,
  ) {
    this.#context = context;
    this.#content = new SearchContent(context, who, request);
    if (this.#content.path === '' && request.scope === 'base') {
      throw new OperationError('unwillingToPerform', 'the root DSE (empty DN) cannot be followed');
    }
    this.#wanted = decodePersistentSearch(control);
    this.#messageId = messageId;
    this.#log = new LogReader(context, context.store.changes.last);
    this.#scan = new Scan(this.#content);
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  step(w: BerWriter, maxBytes: number, until: Ms): boolean {
    this.#isWaiting = false;
    while (w.length < maxBytes && this.#context.clock.now() <= until) {
      if (this.#log.isLost) {
        writeSearchEnd(
          w,
          this.#messageId,
          'adminLimitExceeded',
          'changes were made faster than they were read: search again',
        );
        return true;
      }
      if (this.#isScanning) this.#scanned(w, maxBytes);
      else this.#followed(w, maxBytes);
      if (this.#isWaiting) break;
    }
    return false;
  }

  #scanned(w: BerWriter, maxBytes: number): void {
    if (this.#entries.length === 0) {
      const entries = this.#scan.next();
      if (entries === undefined) this.#isScanning = false;
      else this.#entries = entries;
    }
    let taken = 0;
    for (const entry of this.#entries) {
      if (w.length >= maxBytes) break;
      taken++;
      this.#has.add(entry.id);
      if (!this.#wanted.changesOnly) this.#content.write(w, this.#messageId, entry);
    }
    this.#entries.splice(0, taken);
  }

  #followed(w: BerWriter, maxBytes: number): void {
    if (this.#changes.length === 0) this.#changes = this.#log.next();
    if (this.#changes.length === 0) this.#isWaiting = true;
    let taken = 0;
    for (const change of this.#changes) {
      if (w.length >= maxBytes) break;
      this.#tell(w, change);
      this.#log.done(change);
      taken++;
    }
    this.#changes.splice(0, taken);
  }

  #tell(w: BerWriter, change: Change): void {
    const controls = this.#controls(change);
    const messageId = this.#messageId;
    if (change.kind === 'delete') {
      const had = this.#has.has(change.entry);
      this.#has.delete(change.entry);
      if (!had || controls === undefined) return;
      const op = { type: 'searchResultEntry', objectName: change.was.dn, attributes: [] } as const;
      writeMessage(w, { messageId, op, controls });
      return;
    }
    const entry = this.#log.entryOf(change);
    if (entry === undefined) return;
    if (!this.#content.has(entry)) {
      this.#has.delete(entry.id);
      return;
    }
    this.#has.add(entry.id);
    if (controls !== undefined) this.#content.write(w, messageId, entry, controls);
  }

  /** What goes with the entry; undefined when changes of this kind are not wanted. */
  #controls(change: Change): Control[] | undefined {
    const changeType: ChangeType = CHANGE_TYPE[change.kind];
    const { changeTypes, returnChanges } = this.#wanted;
    if (!changeTypes.has(changeType)) return undefined;
    if (!returnChanges) return [];
    return [
      entryChangeControl({ changeType, ...(change.kind === 'rename' ? { previousDn: change.was.dn } : {}) }),
    ];
  }
}
