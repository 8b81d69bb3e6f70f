import { fromBase64 } from '../wire/index.ts';
import type { PartialAttribute } from './attribute.ts';
import { utf8Bytes } from './ber.ts';
import type { Control } from './control.ts';
import type { LdifChange, LdifRecord } from './ldif.ts';
import {
  type LdifLine,
  LdifLineReader,
  type LdifPair,
  LdifProblem,
  readPair,
  SEPARATOR,
  textOf,
  withoutMark,
} from './ldif-lines.ts';
import { MODIFY_OPERATIONS, type ModifyChange } from './update.ts';

/** A record, or what is wrong with one; reading goes on behind it. */
export type LdifItem =
  | { readonly line: number; readonly record: LdifRecord }
  | { readonly line: number; readonly problem: string };

/** What one record may hold; no entry of a directory is so large. */
const MAX_RECORD_LINES = 1_000_000;

/**
 * Reads LDIF (RFC 2849) as it comes, content and changes, also mixed. Values that are UTF-8 as they are, and lines that
 * end with CR LF, are read too; URLs are not fetched.
 */
export class LdifParser {
  readonly #lines = new LdifLineReader();
  readonly #ready: LdifItem[] = [];
  #record: LdifLine[] = [];
  #isFirst = true;
  #isStart = true;

  handleBytes(bytes: Uint8Array): void {
    this.#lines.handleBytes(this.#isStart ? withoutMark(bytes) : bytes);
    this.#isStart = false;
    this.#pump();
  }
  /** Called once the file is over. */
  end(): void {
    this.#lines.end();
    this.#pump();
  }
  pollRecord(): LdifItem | undefined {
    return this.#ready.shift();
  }

  #pump(): void {
    for (let next; (next = this.#lines.pollLine()) !== undefined; ) {
      if (next.line !== undefined) {
        if (this.#record.length < MAX_RECORD_LINES) this.#record.push(next.line);
        continue;
      }
      const lines = this.#record;
      this.#record = [];
      if (lines.length > 0) this.#finish(lines);
    }
  }
  #finish(lines: readonly LdifLine[]): void {
    const { number: line } = lines[0]!;
    try {
      const pairs = lines.map(readPair);
      const rest = this.#isFirst ? afterVersion(pairs) : pairs;
      this.#isFirst = false;
      if (rest.length > 0) this.#ready.push({ line: rest[0]!.line, record: readRecord(rest) });
    } catch (error) {
      if (!(error instanceof LdifProblem)) throw error;
      this.#isFirst = false;
      this.#ready.push({ line: error.line === 0 ? line : error.line, problem: error.problem });
    }
  }
}

/** What follows `version: 1`, where that is there. */
function afterVersion(pairs: readonly LdifPair[]): readonly LdifPair[] {
  const [first] = pairs;
  if (first?.name.toLowerCase() !== 'version') return pairs;
  if (textOf(first).trim() !== '1') {
    throw new LdifProblem(first.line, `LDIF version ${textOf(first)} is not known, only 1 (RFC 2849)`);
  }
  return pairs.slice(1);
}

function readRecord([first, ...pairs]: readonly LdifPair[]): LdifRecord {
  if (first!.name.toLowerCase() !== 'dn') {
    throw new LdifProblem(first!.line, `a record begins with "dn:", this one with "${first!.name}:"`);
  }
  const dn = textOf(first!).trim();
  const controls: Control[] = [];
  let at = 0;
  for (; pairs[at]?.name.toLowerCase() === 'control'; at++) controls.push(readControl(pairs[at]!));
  const kind = pairs[at];
  if (kind?.name.toLowerCase() === 'changetype') {
    return { dn, controls, ...readChange(kind, pairs.slice(at + 1)) };
  }
  if (controls.length > 0)
    throw new LdifProblem(first!.line, 'a control is for changes: "changetype:" is missing');
  return { kind: 'entry', dn, attributes: readAttributes(pairs) };
}

type ChangeBody = LdifChange extends infer Each
  ? Each extends LdifChange
    ? Omit<Each, 'dn' | 'controls'>
    : never
  : never;

function readChange(kind: LdifPair, pairs: readonly LdifPair[]): ChangeBody {
  const changetype = textOf(kind).trim().toLowerCase();
  switch (changetype) {
    case 'add':
      return { kind: 'add', attributes: readAttributes(pairs) };
    case 'delete':
      if (pairs.length > 0) throw new LdifProblem(pairs[0]!.line, 'nothing follows "changetype: delete"');
      return { kind: 'delete' };
    case 'modify':
      return { kind: 'modify', changes: readModifications(pairs) };
    case 'modrdn':
    case 'moddn':
      return { kind: 'modrdn', ...readRename(kind.line, pairs) };
    default:
      throw new LdifProblem(
        kind.line,
        `changetype "${changetype}" is not known: add, delete, modify, modrdn and moddn are`,
      );
  }
}

/** Values of one description are put together wherever they stand. */
function readAttributes(pairs: readonly LdifPair[]): PartialAttribute[] {
  const attributes = new Map<string, { readonly type: string; readonly vals: Uint8Array[] }>();
  for (const { line, name, value } of pairs) {
    if (name === SEPARATOR) throw new LdifProblem(line, '"-" is for "changetype: modify"');
    if (name.toLowerCase() === 'dn') {
      throw new LdifProblem(line, 'a second "dn:" in one record: an empty line is missing before it');
    }
    const key = name.toLowerCase();
    const known = attributes.get(key);
    if (known === undefined) attributes.set(key, { type: name, vals: [value] });
    else known.vals.push(value);
  }
  return [...attributes.values()];
}

function readModifications(pairs: readonly LdifPair[]): ModifyChange[] {
  const changes: ModifyChange[] = [];
  for (let at = 0; at < pairs.length; at++) {
    const head = pairs[at]!;
    const operation = MODIFY_OPERATIONS.find((each) => each === head.name.toLowerCase());
    if (operation === undefined) {
      throw new LdifProblem(
        head.line,
        `"${head.name}:" where one of ${MODIFY_OPERATIONS.join(', ')} is expected`,
      );
    }
    const type = textOf(head).trim();
    const vals: Uint8Array[] = [];
    for (at++; at < pairs.length && pairs[at]!.name !== SEPARATOR; at++) {
      const { line, name, value } = pairs[at]!;
      if (name.toLowerCase() !== type.toLowerCase()) {
        throw new LdifProblem(
          line,
          `"${name}:" within the change of ${type}: a line "-" is missing before it`,
        );
      }
      vals.push(value);
    }
    changes.push({ operation, modification: { type, vals } });
  }
  return changes;
}

function readRename(
  line: number,
  pairs: readonly LdifPair[],
): { newRDN: string; deleteOldRDN: boolean; newSuperior?: string } {
  const value = (name: string): string | undefined => {
    const pair = pairs.find((each) => each.name.toLowerCase() === name);
    return pair === undefined ? undefined : textOf(pair).trim();
  };
  const newRDN = value('newrdn');
  const deleteOld = value('deleteoldrdn');
  if (newRDN === undefined || (deleteOld !== '0' && deleteOld !== '1')) {
    throw new LdifProblem(line, 'a rename needs "newrdn:" and then "deleteoldrdn: 0" or "1"');
  }
  const newSuperior = value('newsuperior');
  return { newRDN, deleteOldRDN: deleteOld === '1', ...(newSuperior === undefined ? {} : { newSuperior }) };
}

const CONTROL = /^(\d+(?:\.\d+)+)(?: +(true|false))?(?:(::?)(?: *)(.*))?$/s;

function readControl(pair: LdifPair): Control {
  const match = CONTROL.exec(textOf(pair).trim());
  const [, controlType = '', criticality, kind, text = ''] = match ?? [];
  const controlValue =
    kind === undefined ? undefined : kind === '::' ? fromBase64(text.trim()) : utf8Bytes(text);
  if (match === null || (kind !== undefined && controlValue === undefined)) {
    throw new LdifProblem(pair.line, 'a control is like "control: 1.2.3 true: value"');
  }
  return { controlType, criticality: criticality === 'true', ...(controlValue && { controlValue }) };
}
