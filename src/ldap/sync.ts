import { EncodeError } from '../errors.ts';
import { BerReader, BerWriter, contextConstructed, context, TAG } from './ber.ts';
import type { Control } from './control.ts';
import type { IntermediateResponse } from './extended.ts';

/** OIDs of the content synchronisation operation (RFC 4533 §2.2 to §2.5). */
export const SYNC = {
  /** Control of a search request. */
  request: '1.3.6.1.4.1.4203.1.9.1.1',
  /** Control of each entry in the answer. */
  state: '1.3.6.1.4.1.4203.1.9.1.2',
  /** Control of the last message of the answer. */
  done: '1.3.6.1.4.1.4203.1.9.1.3',
  /** Intermediate response. */
  info: '1.3.6.1.4.1.4203.1.9.1.4',
} as const;

/** Octets of an entryUUID in these messages (RFC 4533 §2.1). */
export const SYNC_UUID_LENGTH = 16;

export type SyncMode = 'refreshOnly' | 'refreshAndPersist';

/** RFC 4533 §2.2. */
export interface SyncRequestValue {
  readonly mode: SyncMode;
  /** As the server gave it last; left out for the whole content. */
  readonly cookie?: Uint8Array;
  /** Whether the whole content may come where the server cannot tell what has changed. */
  readonly reloadHint: boolean;
}

/** RFC 4533 §2.3, in wire order. */
export const SYNC_STATES = ['present', 'add', 'modify', 'delete'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** RFC 4533 §2.3. */
export interface SyncStateValue {
  readonly state: SyncState;
  /** 16 octets. */
  readonly entryUuid: Uint8Array;
  readonly cookie?: Uint8Array;
}

/** RFC 4533 §2.4. */
export interface SyncDoneValue {
  readonly cookie?: Uint8Array;
  /** True: only what was said to be deleted is. False: what was not mentioned is deleted as well. */
  readonly refreshDeletes: boolean;
}

/** RFC 4533 §2.5. */
export type SyncInfoValue =
  | { readonly kind: 'newCookie'; readonly cookie: Uint8Array }
  | {
      /** The end of a phase: `refreshDelete` after deletes were named, `refreshPresent` after what is left was. */
      readonly kind: 'refreshDelete' | 'refreshPresent';
      readonly cookie?: Uint8Array;
      /** Whether the refresh stage is over, too. */
      readonly refreshDone: boolean;
    }
  | {
      readonly kind: 'idSet';
      readonly cookie?: Uint8Array;
      /** Whether these entries are deleted, or present as they were. */
      readonly refreshDeletes: boolean;
      /** 16 octets each. */
      readonly uuids: readonly Uint8Array[];
    };

const MODES: Readonly<Record<number, SyncMode>> = { 1: 'refreshOnly', 3: 'refreshAndPersist' };

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodeSyncRequest(control: Control): SyncRequestValue {
  const { seq, end } = valueOf(control);
  const number = seq.enumerated(1, 3);
  const mode = MODES[number];
  if (mode === undefined) throw seq.fail(`sync mode is ${number}, not 1 or 3`, 'RFC 4533 §2.2');
  const cookie = optionalCookie(seq);
  const reloadHint = optionalBoolean(seq, false);
  end('the sync request value');
  return { mode, ...cookie, reloadHint };
}

export function syncRequestControl(value: SyncRequestValue, criticality = true): Control {
  const w = new BerWriter().begin().enumerated(value.mode === 'refreshOnly' ? 1 : 3);
  writeCookie(w, value.cookie);
  if (value.reloadHint) w.boolean(true); // DEFAULT FALSE is left out
  return { controlType: SYNC.request, criticality, controlValue: w.end().finish() };
}

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodeSyncState(control: Control): SyncStateValue {
  const { seq, end } = valueOf(control);
  const state = SYNC_STATES[seq.enumerated(0, 3)]!;
  const entryUuid = readUuid(seq);
  const cookie = optionalCookie(seq);
  end('the sync state value');
  return { state, entryUuid, ...cookie };
}

/** @throws {EncodeError} when the UUID has not 16 octets */
export function syncStateControl({ state, entryUuid, cookie }: SyncStateValue): Control {
  const w = new BerWriter().begin().enumerated(SYNC_STATES.indexOf(state));
  writeUuid(w, entryUuid);
  writeCookie(w, cookie);
  return { controlType: SYNC.state, criticality: false, controlValue: w.end().finish() };
}

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodeSyncDone(control: Control): SyncDoneValue {
  const { seq, end } = valueOf(control);
  const cookie = optionalCookie(seq);
  const refreshDeletes = optionalBoolean(seq, false);
  end('the sync done value');
  return { ...cookie, refreshDeletes };
}

export function syncDoneControl({ cookie, refreshDeletes }: SyncDoneValue): Control {
  const w = new BerWriter().begin();
  writeCookie(w, cookie);
  if (refreshDeletes) w.boolean(true);
  return { controlType: SYNC.done, criticality: false, controlValue: w.end().finish() };
}

const NEW_COOKIE = context(0);
const REFRESH_DELETE = contextConstructed(1);
const REFRESH_PRESENT = contextConstructed(2);
const ID_SET = contextConstructed(3);

/** @throws {DecodeError} when the response has no value or a wrong one */
export function decodeSyncInfo({ responseValue }: IntermediateResponse): SyncInfoValue {
  const r = new BerReader(responseValue ?? new Uint8Array(0));
  const tag = r.nextTag;
  if (tag === NEW_COOKIE) {
    const cookie = r.octets(NEW_COOKIE);
    r.expectEnd('the sync info value');
    return { kind: 'newCookie', cookie };
  }
  if (tag !== REFRESH_DELETE && tag !== REFRESH_PRESENT && tag !== ID_SET) {
    throw r.fail('the sync info value is none of the four choices', 'RFC 4533 §2.5');
  }
  const seq = r.constructed(tag);
  r.expectEnd('the sync info value');
  const cookie = optionalCookie(seq);
  if (tag === ID_SET) {
    const refreshDeletes = optionalBoolean(seq, false);
    const set = seq.constructed(TAG.set);
    const uuids: Uint8Array[] = [];
    while (!set.done) uuids.push(readUuid(set));
    seq.expectEnd('the syncIdSet');
    return { kind: 'idSet', ...cookie, refreshDeletes, uuids };
  }
  const refreshDone = optionalBoolean(seq, true);
  seq.expectEnd('the sync info value');
  return { kind: tag === REFRESH_DELETE ? 'refreshDelete' : 'refreshPresent', ...cookie, refreshDone };
}

/** @throws {EncodeError} when a UUID has not 16 octets */
export function syncInfo(value: SyncInfoValue): IntermediateResponse {
  const w = new BerWriter();
  if (value.kind === 'newCookie') {
    w.octets(value.cookie, NEW_COOKIE);
  } else if (value.kind === 'idSet') {
    w.begin(ID_SET);
    writeCookie(w, value.cookie);
    if (value.refreshDeletes) w.boolean(true);
    w.begin(TAG.set);
    for (const uuid of value.uuids) writeUuid(w, uuid);
    w.end().end();
  } else {
    w.begin(value.kind === 'refreshDelete' ? REFRESH_DELETE : REFRESH_PRESENT);
    writeCookie(w, value.cookie);
    if (!value.refreshDone) w.boolean(false); // DEFAULT TRUE
    w.end();
  }
  return { type: 'intermediateResponse', responseName: SYNC.info, responseValue: w.finish() };
}

/** The one SEQUENCE of a control's value, and the check that nothing is left of either. */
function valueOf(control: Control): { seq: BerReader; end: (what: string) => void } {
  const r = new BerReader(control.controlValue ?? new Uint8Array(0));
  const seq = r.constructed();
  return {
    seq,
    end(what) {
      seq.expectEnd(what);
      r.expectEnd(what);
    },
  };
}

const optionalCookie = (seq: BerReader): { cookie?: Uint8Array } =>
  seq.nextTag === TAG.octetString ? { cookie: seq.octets() } : {};
const optionalBoolean = (seq: BerReader, otherwise: boolean): boolean =>
  seq.nextTag === TAG.boolean ? seq.boolean() : otherwise;

function writeCookie(w: BerWriter, cookie: Uint8Array | undefined): void {
  if (cookie !== undefined) w.octets(cookie);
}

function readUuid(r: BerReader): Uint8Array {
  const uuid = r.octets();
  if (uuid.length !== SYNC_UUID_LENGTH) {
    throw r.fail(`an entryUUID has ${uuid.length} octets instead of 16`, 'RFC 4533 §2.1');
  }
  return uuid;
}

function writeUuid(w: BerWriter, uuid: Uint8Array): void {
  if (uuid.length !== SYNC_UUID_LENGTH) {
    throw new EncodeError('LDAP', 'entryUUID', `has ${uuid.length} octets instead of 16`);
  }
  w.octets(uuid);
}
