import {
  type BerWriter,
  type Control,
  decodeSyncRequest,
  type LdapResponse,
  RESULT,
  type SearchRequest,
  type SyncInfoValue,
  type SyncState,
  syncDoneControl,
  syncInfo,
  syncStateControl,
  writeMessage,
} from '../../src/ldap/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Identity } from './access.ts';
import type { Change } from './change-log.ts';
import type { OperationContext } from './context.ts';
import { type Entry, textValues } from './entry.ts';
import { OperationError } from './errors.ts';
import { type Following, LogReader, Scan, writeSearchEnd } from './following.ts';
import { IdSet } from './id-set.ts';
import { searchEntries, searchSeconds } from './search.ts';
import { SearchContent } from './search-content.ts';
import { parseSyncCookie, syncCookie } from './sync-cookie.ts';

/** UUIDs in one syncIdSet. */
const ID_SET = 256;
/** Changes that do not concern a client before it gets a new cookie all the same, lest its old one falls out of the log. */
const SILENT_CHANGES = 1000;

/**
 * Content synchronisation (RFC 4533 §3). What the client lacks is found in one of three ways: without a cookie it gets
 * everything; a cookie that the log still reaches leads to the changes since (a delete phase); an older one to what was
 * changed since, and the names of all the rest (a present phase).
 */
export class SyncSearch implements Following {
  readonly #context: OperationContext;
  readonly #content: SearchContent;
  readonly #messageId: number;
  readonly #persists: boolean;
  readonly #replica: string;
  readonly #deadline: Ms;
  readonly #log: LogReader;
  /** What the client has, while it follows. */
  readonly #has = new IdSet();
  /** The content is gone through to send it, or only to know it. */
  #scan: Scan | undefined;
  readonly #sendsScan: boolean;
  /** In a scan, entries whose last change is not after this one are only named. */
  readonly #known: number;
  /** The delete phase goes up to this change. */
  #until: number;
  #stage: 'scan' | 'delta' | 'persist' = 'scan';
  /** Taken from the store and not looked at yet. */
  #entries: Entry[] = [];
  #changes: Change[] = [];
  #uuids: Uint8Array[] = [];
  #silent = 0;
  readonly #limit: number;
  #sent = 0;
  #isWaiting = false;

  /** @throws {OperationError} when the search cannot be begun, or the cookie is unknown */
  constructor(
    context: OperationContext,
    who: Identity,
    messageId: number,
    request: SearchRequest,
    control: Control,
  ) {
    const { changes } = context.store;
    const { mode, cookie, reloadHint } = decodeSyncRequest(control);
    const from = cookie === undefined || cookie.length === 0 ? undefined : parseSyncCookie(cookie);
    if (from === undefined && cookie !== undefined && cookie.length > 0 && !reloadHint) {
      throw new OperationError(
        'syncRefreshRequired',
        'the cookie is none of this service: begin again without one',
      );
    }
    this.#context = context;
    this.#content = new SearchContent(context, who, request);
    if (this.#content.path === '' && request.scope === 'base') {
      throw new OperationError('unwillingToPerform', 'the root DSE (empty DN) cannot be followed');
    }
    this.#messageId = messageId;
    this.#persists = mode === 'refreshAndPersist';
    this.#replica = from?.replica ?? '000';
    this.#deadline = context.clock.now() + searchSeconds(request, context.limits) * 1000;
    this.#limit = searchEntries(request, context.limits);
    this.#until = changes.last;
    const csn = from?.csn;
    const isReached = csn !== undefined && changes.covers(csn);
    this.#sendsScan = !isReached;
    // One that is neither here nor forgotten is of another store: nothing is known then.
    this.#known = csn !== undefined && csn < changes.first ? csn : -1;
    this.#log = new LogReader(context, isReached ? csn : this.#until);
    if (isReached && !this.#persists) this.#stage = 'delta';
    else this.#scan = new Scan(this.#content);
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  step(w: BerWriter, maxBytes: number, until: Ms): boolean {
    const { clock } = this.#context;
    this.#isWaiting = false;
    for (;;) {
      const now = clock.now();
      if (this.#stage !== 'persist' && now > this.#deadline) {
        writeSearchEnd(w, this.#messageId, 'timeLimitExceeded', 'the refresh took too long');
        return true;
      }
      if (this.#sent > this.#limit) {
        writeSearchEnd(w, this.#messageId, 'sizeLimitExceeded', `more than ${this.#limit} entries match`);
        return true;
      }
      if (this.#log.isLost) {
        writeSearchEnd(
          w,
          this.#messageId,
          'syncRefreshRequired',
          'changes were made faster than they were read: synchronise again',
        );
        return true;
      }
      const isOver = this.#piece(w, maxBytes);
      if (isOver) return true;
      if (this.#isWaiting) return false;
      if (w.length >= maxBytes || now > until) return false;
    }
  }

  /** A batch at most. @returns whether the search is over */
  #piece(w: BerWriter, maxBytes: number): boolean {
    if (this.#stage === 'scan') return this.#scanned(w, maxBytes);
    const last = this.#stage === 'delta' ? this.#until : Number.MAX_SAFE_INTEGER;
    if (this.#changes.length === 0) this.#changes = this.#log.next(last);
    if (this.#changes.length === 0) {
      if (this.#stage === 'delta') return this.#endRefresh(w, true);
      this.#isWaiting = true;
      return false;
    }
    let taken = 0;
    for (const change of this.#changes) {
      if (w.length >= maxBytes) break;
      if (this.#stage === 'delta') this.#catchUp(w, change);
      else this.#tell(w, change);
      this.#log.done(change);
      taken++;
    }
    this.#changes.splice(0, taken);
    return false;
  }

  #scanned(w: BerWriter, maxBytes: number): boolean {
    if (this.#entries.length === 0) {
      const entries = this.#scan?.next();
      if (entries === undefined) {
        this.#scan = undefined;
        if (this.#sendsScan) return this.#endRefresh(w, false);
        // What was changed while the content was gone through is in the log as well.
        this.#until = this.#context.store.changes.last;
        this.#stage = 'delta';
        return false;
      }
      this.#entries = entries;
    }
    let taken = 0;
    for (const entry of this.#entries) {
      if (w.length >= maxBytes) break;
      taken++;
      if (this.#persists) this.#has.add(entry.id);
      if (!this.#sendsScan) continue;
      if (entry.csn <= this.#known) this.#name(w, entryUuid(entry), false);
      else this.#send(w, entry, 'add');
    }
    this.#entries.splice(0, taken);
    return false;
  }

  /** Delete phase: what is there is sent as it is now, and what is not any more is named (§3.3.2). */
  #catchUp(w: BerWriter, change: Change): void {
    const entry = this.#log.entryOf(change);
    if (entry === undefined) {
      this.#has.delete(change.entry);
      if (change.kind === 'delete' && this.#content.covers(change.was.path)) {
        this.#name(w, uuidOctets(change.was.uuid), true);
      }
      return;
    }
    if (entry.csn !== change.csn) return; // a later change of the same entry is yet to come
    if (this.#content.has(entry)) {
      this.#has.add(entry.id);
      this.#send(w, entry, 'add');
      return;
    }
    this.#has.delete(entry.id);
    const was = change.kind === 'rename' ? change.was.path : entry.path;
    if (this.#content.covers(entry.path) || this.#content.covers(was)) this.#name(w, entryUuid(entry), true);
  }

  /** Persist stage: one message for each change of what the client has, or is to have (§3.4.2). */
  #tell(w: BerWriter, change: Change): void {
    const had = this.#has.has(change.entry);
    const entry = this.#log.entryOf(change);
    if (entry !== undefined && entry.csn !== change.csn) return;
    if (entry !== undefined && this.#content.has(entry)) {
      this.#has.add(entry.id);
      this.#send(w, entry, had ? 'modify' : 'add', change.csn);
    } else if (had && (entry !== undefined || change.kind === 'delete')) {
      this.#has.delete(change.entry);
      const was = change.kind === 'delete' || change.kind === 'rename' ? change.was : undefined;
      const uuid = was === undefined ? entryUuid(entry!) : uuidOctets(was.uuid);
      this.#sendDeleted(w, was?.dn ?? entry!.dn, uuid, change.csn);
    } else if (++this.#silent >= SILENT_CHANGES) {
      this.#info(w, { kind: 'newCookie', cookie: syncCookie(this.#replica, change.csn) });
      this.#silent = 0;
    }
  }

  #send(w: BerWriter, entry: Entry, state: SyncState, csn?: number): void {
    this.#silent = 0;
    if (this.#stage !== 'persist' && ++this.#sent > this.#limit) return; // limits are those of the refresh
    const control = syncStateControl({ state, entryUuid: entryUuid(entry), ...this.#cookie(csn) });
    this.#content.write(w, this.#messageId, entry, [control]);
  }
  #sendDeleted(w: BerWriter, objectName: string, uuid: Uint8Array, csn: number): void {
    this.#silent = 0;
    const control = syncStateControl({ state: 'delete', entryUuid: uuid, ...this.#cookie(csn) });
    const op = { type: 'searchResultEntry', objectName, attributes: [] } as const;
    writeMessage(w, { messageId: this.#messageId, op, controls: [control] });
  }
  /** Cookies come with changes; those of the refresh would be true only at its end. */
  #cookie(csn: number | undefined): { cookie?: Uint8Array } {
    return csn === undefined ? {} : { cookie: syncCookie(this.#replica, csn) };
  }

  #name(w: BerWriter, uuid: Uint8Array, refreshDeletes: boolean): void {
    this.#uuids.push(uuid);
    if (this.#uuids.length >= ID_SET) this.#flushNames(w, refreshDeletes);
  }
  #flushNames(w: BerWriter, refreshDeletes: boolean): void {
    if (this.#uuids.length === 0) return;
    this.#info(w, { kind: 'idSet', refreshDeletes, uuids: this.#uuids });
    this.#uuids = [];
  }

  #endRefresh(w: BerWriter, refreshDeletes: boolean): boolean {
    this.#flushNames(w, refreshDeletes);
    const cookie = syncCookie(this.#replica, this.#log.csn);
    if (this.#persists) {
      const kind = refreshDeletes ? 'refreshDelete' : 'refreshPresent';
      this.#info(w, { kind, cookie, refreshDone: true });
      this.#stage = 'persist';
      return false;
    }
    const op: LdapResponse = {
      type: 'searchResultDone',
      resultCode: RESULT.success,
      matchedDN: '',
      diagnosticMessage: '',
    };
    const controls = [syncDoneControl({ cookie, refreshDeletes })];
    writeMessage(w, { messageId: this.#messageId, op, controls });
    return true;
  }

  #info(w: BerWriter, value: SyncInfoValue): void {
    writeMessage(w, { messageId: this.#messageId, op: syncInfo(value) });
  }
}

const entryUuid = ({ attributes }: Entry): Uint8Array =>
  uuidOctets(textValues(attributes, 'entryUUID')[0] ?? '');

/** A UUID in text as 16 octets (RFC 4530 §2.1). */
function uuidOctets(text: string): Uint8Array {
  const octets = Buffer.from(text.replaceAll('-', ''), 'hex');
  return octets.length === 16 ? octets : new Uint8Array(16);
}
