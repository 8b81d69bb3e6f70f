import { RendezvousError } from '../../src/errors.ts';
import {
  type AddRequest,
  type DistinguishedName,
  type LdifChange,
  type LdifItem,
  type LdifRecord,
  type PartialAttribute,
  serializeDn,
  textAttribute,
  utf8Bytes,
  utf8Text,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { add, readNewEntry } from './add.ts';
import { liveEntry, type OperationContext, readDn } from './context.ts';
import { deleteEntry } from './delete-compare.ts';
import { type Entry, EntryAttribute } from './entry.ts';
import { checkValues } from './entry-rules.ts';
import { OperationError, StoreError } from './errors.ts';
import { PASSWORD_ATTRIBUTE } from './export.ts';
import { generalizedTimeMs } from './matching.ts';
import { modify } from './modify.ts';
import { rename } from './rename.ts';
import { passwordCheck } from './password.ts';
import { attributeDescription, objectClass, PATH_SEPARATOR, pathOf, STTL } from './schema.ts';
import { indexKey } from './store-index.ts';
import { INDEXED_ATTRIBUTES } from './store-schema.ts';
import { isBaseTree, withOperational } from './tree.ts';
import { extendAbove } from './ttl.ts';

export interface ImportOptions {
  /** Whether entries that exist are replaced. Default false: they are problems. */
  readonly replace?: boolean;
  /** Whether attributes and classes that the schema does not have are left out. Default false: they are problems. */
  readonly ignoreUnknown?: boolean;
  /** DN in the file under which entries are, and the one they get here. */
  readonly move?: { readonly from: string; readonly to: string };
}

/** What became of the records of a file. */
export interface ImportCounts {
  added: number;
  replaced: number;
  /** By change records: deleted, modified and renamed. */
  changed: number;
  /** Parts of every service's tree, and entries whose time was over already. */
  skipped: number;
  failed: number;
}

export interface ImportProblem {
  readonly line: number;
  /** Of the record, where it could be read. */
  readonly dn?: string;
  readonly problem: string;
}

/** Whoever may open the store may do everything. */
const IMPORTER: Identity = {
  dn: '',
  isAdmin: true,
  method: 'anonymous',
  peer: 'import',
  isSecure: true,
  isLocal: true,
  isInProcess: true,
  saslMechanisms: [],
  canStartTls: false,
};

/** Kept as they are in the file, so that entries stay the same entries. */
const KEPT: readonly string[] = [
  'entryuuid',
  'creatorsname',
  'createtimestamp',
  'modifiersname',
  'modifytimestamp',
];
/** Made anew, or without meaning here; servers write them into their exports. */
const MADE_ANEW: ReadonlySet<string> = new Set([
  'structuralobjectclass',
  'entrycsn',
  'contextcsn',
  'entrydn',
  'entryid',
  'parentid',
  'hassubordinates',
  'numsubordinates',
  'subschemasubentry',
  'nsuniqueid',
]);
const EXPIRES_AT = 'entryexpiretimestamp';
const ENTRY_TTL = 'entryttl';

/** Puts records of LDIF into a store by the rules of the service: entries of an export, and changes. */
export class Importer {
  readonly counts: ImportCounts = { added: 0, replaced: 0, changed: 0, skipped: 0, failed: 0 };
  readonly #context: OperationContext;
  readonly #options: ImportOptions;
  readonly #move:
    | { readonly from: string; readonly fromLength: number; readonly to: DistinguishedName }
    | undefined;

  /** @throws {OperationError} when a DN of `move` is none */
  constructor(context: OperationContext, options: ImportOptions = {}) {
    this.#context = context;
    this.#options = options;
    if (options.move === undefined) return;
    const from = readDn(options.move.from);
    this.#move = { from: pathOf(from), fromLength: from.length, to: readDn(options.move.to) };
  }

  /** Takes records in, in one transaction. A record that fails leaves nothing behind. */
  take(items: readonly LdifItem[]): ImportProblem[] {
    const problems: ImportProblem[] = [];
    this.#context.store.transaction(() => {
      for (const item of items) {
        const problem = 'problem' in item ? item : this.#try(item.line, item.record);
        if (problem === undefined) continue;
        this.counts.failed++;
        problems.push(problem);
      }
    });
    return problems;
  }

  #try(line: number, record: LdifRecord): ImportProblem | undefined {
    try {
      this.counts[this.#context.store.atomic(() => this.#do(record))]++;
      return undefined;
    } catch (error) {
      if (!(error instanceof RendezvousError) || error instanceof StoreError) throw error;
      return { line, dn: record.dn, problem: error.message };
    }
  }

  #do(record: LdifRecord): Exclude<keyof ImportCounts, 'failed'> {
    const dn = this.#moved(record.dn);
    if (record.kind === 'entry') return this.#put(dn, record.attributes);
    if (record.kind === 'add') {
      this.#add(dn, record.attributes);
      return 'added';
    }
    this.#change(dn, record);
    return 'changed';
  }

  #change(dn: string, record: Exclude<LdifChange, { readonly kind: 'add' }>): void {
    switch (record.kind) {
      case 'delete':
        return deleteEntry(this.#context, IMPORTER, { type: 'delRequest', entry: dn });
      case 'modify':
        return modify(this.#context, IMPORTER, {
          type: 'modifyRequest',
          object: dn,
          changes: record.changes,
        });
      case 'modrdn': {
        const { newRDN, deleteOldRDN, newSuperior } = record;
        const above = newSuperior === undefined ? {} : { newSuperior: this.#moved(newSuperior) };
        return rename(this.#context, IMPORTER, {
          type: 'modDNRequest',
          entry: dn,
          newRDN,
          deleteOldRDN,
          ...above,
        });
      }
    }
  }

  #put(dn: string, attributes: readonly PartialAttribute[]): 'added' | 'replaced' | 'skipped' {
    const path = pathOf(readDn(dn));
    const old = liveEntry(this.#context, path);
    if (old !== undefined && isBaseTree(path)) return 'skipped';
    if (hasEnded(attributes, this.#context.clock.wall())) return 'skipped';
    if (old === undefined || this.#options.replace !== true) {
      this.#add(dn, attributes);
      return 'added';
    }
    this.#replace(old, dn, attributes);
    return 'replaced';
  }

  #add(dn: string, attributes: readonly PartialAttribute[]): void {
    const request = this.#request(dn, attributes);
    add(this.#context, IMPORTER, request, this.#kept(pathOf(readDn(request.entry)), attributes));
    this.#setSecret(request.entry, attributes);
  }

  /** The entry stays in its place, with what is below it. */
  #replace(old: Entry, dn: string, attributes: readonly PartialAttribute[]): void {
    const { store, clock } = this.#context;
    const request = this.#request(dn, attributes);
    const fresh = readNewEntry(this.#context, IMPORTER, request);
    if ((fresh.ttlSeconds === undefined) !== (old.expires === undefined)) {
      throw new OperationError(
        'objectClassModsProhibited',
        `${old.dn} exists and differs in whether it expires: delete it first`,
      );
    }
    const now = clock.wall();
    const structuralObjectClass = fresh.classes.structural.name;
    withOperational(fresh.attributes, { structuralObjectClass, who: '', wallMs: now });
    for (const [key, attribute] of this.#kept(old.path, attributes)) fresh.attributes.set(key, attribute);
    const expires = fresh.ttlSeconds === undefined ? undefined : now + fresh.ttlSeconds * 1000;
    store.update(old, fresh.attributes, expires);
    if (expires !== undefined) extendAbove(this.#context, old.parent, expires);
    this.#setSecret(request.entry, attributes);
  }

  /** The add request that makes the entry, in ordinary LDAP: exports of old locator services have names of their own. */
  #request(dn: string, attributes: readonly PartialAttribute[]): AddRequest {
    const wall = this.#context.clock.wall();
    const wanted: PartialAttribute[] = [];
    for (const attribute of attributes) {
      const key = keyOf(attribute);
      if (KEPT.includes(key) || MADE_ANEW.has(key) || key === PASSWORD_KEY || key === EXPIRES_AT) continue;
      if (key === ENTRY_TTL && attributes.some((other) => keyOf(other) === EXPIRES_AT)) continue;
      wanted.push(attribute);
    }
    const left = secondsUntil(attributes, wall);
    if (left !== undefined) wanted.push(textAttribute('entryTtl', String(left)));
    const known = this.#options.ignoreUnknown === true ? wanted.flatMap(knownPart) : wanted;
    const request: AddRequest = { type: 'addRequest', entry: dn, attributes: known };
    const translated = this.#context.legacy?.translate(request) ?? request;
    return translated.type === 'addRequest' ? translated : request;
  }

  /** Operational attributes of the file. A UUID that another entry has already stays with that one. */
  #kept(path: string, attributes: readonly PartialAttribute[]): Map<string, EntryAttribute> {
    const { store } = this.#context;
    const kept = new Map<string, EntryAttribute>();
    for (const { type, vals } of attributes) {
      const description = attributeDescription(type);
      if (description === undefined || !KEPT.includes(description.key)) continue;
      checkValues(description, vals);
      const attribute = new EntryAttribute(description, this.#movedValues(description.key, vals));
      const uuid = description.key === 'entryuuid' ? (attribute.keys[0] ?? '') : undefined;
      const holders = uuid === undefined ? [] : store.index.equal(UUID_INDEX, indexKey(uuid));
      if (holders.every((id) => store.byId(id)?.path === path)) kept.set(description.key, attribute);
    }
    return kept;
  }

  #setSecret(dn: string, attributes: readonly PartialAttribute[]): void {
    const values = attributes.find((attribute) => keyOf(attribute) === PASSWORD_KEY)?.vals ?? [];
    const texts = values.map((value) => utf8Text(value) ?? '');
    const password = texts.find((text) => text.startsWith('scrypt$'));
    if (password === undefined) {
      if (values.length === 0) return;
      throw new OperationError(
        'constraintViolation',
        `${PASSWORD_ATTRIBUTE} has no scrypt hash, as an export has it`,
      );
    }
    passwordCheck(password);
    const { id } = liveEntry(this.#context, pathOf(readDn(dn)))!;
    const scram = texts.find((text) => text.startsWith('SCRAM-SHA-256$')) ?? '';
    this.#context.store.secrets.set(id, { password, scram });
  }

  #movedValues(key: string, vals: readonly Uint8Array[]): readonly Uint8Array[] {
    if (key !== 'creatorsname' && key !== 'modifiersname') return vals;
    return vals.map((value) => utf8Bytes(this.#moved(utf8Text(value) ?? '')));
  }
  #moved(text: string): string {
    if (this.#move === undefined) return text;
    const { from, to } = this.#move;
    const dn = readDn(text);
    const path = pathOf(dn);
    if (path !== from && !path.startsWith(from + PATH_SEPARATOR)) return text;
    return serializeDn([...dn.slice(0, dn.length - this.#move.fromLength), ...to]);
  }
}

const UUID_INDEX = INDEXED_ATTRIBUTES.indexOf('entryuuid');
const PASSWORD_KEY = PASSWORD_ATTRIBUTE.toLowerCase();

/** Key of the type by whatever name; in lower case where the schema has no such type. */
const keyOf = ({ type }: PartialAttribute): string => attributeDescription(type)?.key ?? type.toLowerCase();

/** Milliseconds since 1970 at which the overlay `dds` of OpenLDAP lets the entry end. */
function endOf(attributes: readonly PartialAttribute[]): number | undefined {
  const value = attributes.find((attribute) => keyOf(attribute) === EXPIRES_AT)?.vals[0];
  return value === undefined ? undefined : generalizedTimeMs(utf8Text(value) ?? '');
}
function secondsUntil(attributes: readonly PartialAttribute[], wallMs: number): number | undefined {
  const end = endOf(attributes);
  return end === undefined ? undefined : Math.max(1, Math.ceil((end - wallMs) / 1000));
}
const hasEnded = (attributes: readonly PartialAttribute[], wallMs: number): boolean =>
  (endOf(attributes) ?? Number.POSITIVE_INFINITY) <= wallMs;

/** The attribute without what the schema does not have. */
function knownPart(attribute: PartialAttribute): PartialAttribute[] {
  const key = keyOf(attribute);
  if (key !== 'objectclass') return attributeDescription(attribute.type) || key === STTL ? [attribute] : [];
  const vals = attribute.vals.filter((value) => objectClass(utf8Text(value) ?? '') !== undefined);
  return vals.length === 0 ? [] : [{ ...attribute, vals }];
}
