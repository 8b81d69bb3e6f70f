import { type AdvertisingScope, type IpFamily, poolFor, scopeOfGroup } from '../../src/ip/index.ts';
import { UnknownScopeError } from './errors.ts';
import type { McastScope } from './types.ts';

/**
 * The scope that goes with an advertising scope: the one with its range, else the smallest whose groups reach as far.
 *
 * @throws {UnknownScopeError} when none is offered, naming those that are
 */
export function scopeForAdvertising(
  scopes: readonly McastScope[],
  advertising: AdvertisingScope,
  family: IpFamily,
): McastScope {
  const reach = scopeOfGroup(poolFor(advertising, family).first);
  const fitting = scopes.filter((scope) => scope.family === family && scopeOfGroup(scope.first) === reach);
  const { zone } = poolFor(advertising, family);
  const found = fitting.find(({ id }) => id === zone.first) ?? fitting[0];
  if (found !== undefined) return found;
  throw new UnknownScopeError(
    `No scope is offered for ${advertising} (${zone.name}, IPv${family}). ${offered(scopes)}`,
  );
}

/**
 * The scope that is called so: by its id, its name in any language, or a part of that which no other has.
 *
 * @throws {UnknownScopeError} when there is none, or more than one
 */
export function scopeNamed(scopes: readonly McastScope[], wanted: string): McastScope {
  const lower = wanted.trim().toLowerCase();
  const namesOf = ({ names }: McastScope): string[] => Object.values(names).map((name) => name.toLowerCase());
  const [exact] = scopes.filter((scope) => scope.id === lower || namesOf(scope).includes(lower));
  if (exact !== undefined) return exact;
  const close = scopes.filter((scope) => namesOf(scope).some((name) => name.includes(lower)));
  const [first] = close;
  if (first !== undefined && close.every(({ id }) => id === first.id)) return first;
  const problem = first === undefined ? 'There is no scope' : 'More than one scope may be meant by';
  throw new UnknownScopeError(
    `${problem} ${JSON.stringify(wanted)}. ${offered(first === undefined ? scopes : close)}`,
  );
}

function offered(scopes: readonly McastScope[]): string {
  if (scopes.length === 0) return 'None is offered at all.';
  const all = new Map(scopes.map(({ id, description }) => [id, `${id} (${description})`]));
  return `Offered are ${[...all.values()].join(', ')}.`;
}
