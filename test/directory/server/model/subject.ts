import type { LdapRequest } from '../../../../src/ldap/index.ts';
import {
  decodeRefreshResponse,
  encodeRefreshRequest,
  EXTENDED,
  RESULT,
  textAttribute,
  utf8Bytes,
} from '../../../../src/ldap/index.ts';
import { addRequest, type Answer, searchRequest, type TestClient } from '../support.ts';
import { type Expected, inOrder, keyOf, SHOWN } from './model.ts';
import type { ModelDn, Operation, Values } from './operations.ts';

/** What a server answered, in the words of the model. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly entries: ReadonlyMap<string, Values>;
  /** Time to live that was granted, or that is left. */
  readonly seconds: number | undefined;
}

/** A directory server that does what the model does, below a container of its own. */
export class Subject {
  readonly name: string;
  readonly client: TestClient;
  /** Seconds by which its clock may run ahead of the model's. */
  readonly slowSeconds: number;
  readonly #base: string;

  constructor(name: string, client: TestClient, base: string, slowSeconds = 0) {
    this.name = name;
    this.client = client;
    this.slowSeconds = slowSeconds;
    this.#base = base;
  }

  async perform(op: Exclude<Operation, { kind: 'wait' }>): Promise<Outcome> {
    const answer = await this.client.request(this.#request(op));
    const entries = answer.entries.map(({ dn, attributes }) => [this.#keyOf(dn), shown(attributes)] as const);
    return {
      code: answer.code,
      message: answer.message,
      entries: new Map(entries),
      seconds: secondsOf(answer),
    };
  }

  /** Removes everything, so that the next run begins with nothing. */
  async clear(): Promise<void> {
    const answer: Answer = await this.client.search('(objectClass=*)', {
      baseObject: this.#base,
      attributes: ['1.1'],
    });
    // A name below another is the longer one.
    for (const { dn } of [...answer.entries].sort((a, b) => b.dn.length - a.dn.length)) {
      if (this.#keyOf(dn) !== '') await this.client.request({ type: 'delRequest', entry: dn });
    }
  }

  #dn(dn: ModelDn): string {
    return [...dn, this.#base].join(',');
  }
  /** Key of an entry's DN as the server wrote it: no value has an unescaped comma. */
  #keyOf(dn: string): string {
    const depth = this.#base.split(',').length;
    return keyOf(
      dn
        .split(/(?<!\\), */)
        .slice(0, -depth)
        .map((rdn) => rdn.replaceAll('\\2C', '\\,')),
    );
  }

  #request(op: Exclude<Operation, { kind: 'wait' }>): LdapRequest {
    const dn = this.#dn(op.dn);
    switch (op.kind) {
      case 'add':
        return addRequest(dn, op.attributes);
      case 'modify':
        return {
          type: 'modifyRequest',
          object: dn,
          changes: op.changes.map(({ operation, attribute, values }) => ({
            operation,
            modification: textAttribute(attribute, ...values),
          })),
        };
      case 'delete':
        return { type: 'delRequest', entry: dn };
      case 'compare':
        return { type: 'compareRequest', entry: dn, attribute: op.attribute, value: utf8Bytes(op.value) };
      case 'search':
        return {
          type: 'searchRequest',
          baseObject: dn,
          scope: op.scope,
          derefAliases: 'never',
          sizeLimit: op.sizeLimit,
          timeLimit: 0,
          typesOnly: false,
          filter: op.filter,
          attributes: SHOWN,
        };
      case 'rename':
        return {
          type: 'modDNRequest',
          entry: dn,
          newRDN: op.rdn,
          deleteOldRDN: op.deleteOld,
          newSuperior: this.#dn(op.superior),
        };
      case 'timeLeft':
        return searchRequest('(objectClass=*)', { baseObject: dn, scope: 'base', attributes: ['entryTtl'] });
      case 'refresh':
        break;
    }
    return {
      type: 'extendedRequest',
      requestName: EXTENDED.refresh,
      requestValue: encodeRefreshRequest({ entryName: dn, requestTtl: op.seconds }),
    };
  }
}

function secondsOf({ done: { op }, entries }: Answer): number | undefined {
  if (op.type === 'extendedResponse') {
    return op.responseValue === undefined ? undefined : decodeRefreshResponse(op.responseValue);
  }
  const values = Object.entries(entries[0]?.attributes ?? {}).find(([name]) => /^entryTtl$/i.test(name))?.[1];
  return values === undefined ? undefined : Number(values[0]);
}

/** Whether a server lists superclasses is its own affair. */
const shown = (attributes: Values): Values =>
  inOrder(
    Object.entries(attributes).map(([name, values]) => [
      name,
      name === 'objectClass' ? values.filter((value) => value !== 'top') : values,
    ]),
  );

/**
 * What is wrong with an outcome; undefined when nothing is.
 *
 * @param slowSeconds that may have passed for the server and not for the model
 */
export function faultOf(expected: Expected, outcome: Outcome, slowSeconds: number): string | undefined {
  const { codes, entries, sizeLimit = 0, seconds = 0 } = expected;
  const { code, message } = outcome;
  if (entries === undefined || !codes.includes(RESULT.success)) {
    if (!codes.includes(code)) return `result ${code} (${message}) instead of ${codes.join(' or ')}`;
    const left = outcome.seconds ?? 0;
    return left <= seconds && left >= seconds - slowSeconds
      ? undefined
      : `a time to live of ${left} s instead of ${seconds} s`;
  }
  const isCut = sizeLimit > 0 && entries.size > sizeLimit;
  const wanted = isCut ? RESULT.sizeLimitExceeded : RESULT.success;
  if (code !== wanted) return `result ${code} (${message}) instead of ${wanted}`;
  const size = isCut ? sizeLimit : entries.size;
  if (outcome.entries.size !== size) return `${list(outcome.entries)} instead of ${list(entries)}`;
  for (const [key, values] of outcome.entries) {
    const right = entries.get(key);
    if (right === undefined) return `${key} is not to be found`;
    if (JSON.stringify(right) !== JSON.stringify(values)) {
      return `${key} is ${JSON.stringify(values)} instead of ${JSON.stringify(right)}`;
    }
  }
  return undefined;
}

const list = (entries: ReadonlyMap<string, Values>): string =>
  JSON.stringify([...entries.keys()].map((key) => key.replaceAll('\n', ',')));
