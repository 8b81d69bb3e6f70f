import { MADCAP_OPTION } from './constants.ts';
import type { MadcapMessage } from './message.ts';
import { nestingOf, sortedScopes } from './nesting.ts';
import type { MadcapOptions } from './options.ts';
import { chooseName, type MadcapScope } from './scope-list.ts';
import { familyOfScope } from './served-scope.ts';

/**
 * What a server answers to a GETINFO (RFC 2730 §2.2.1; RFC 2907 §5): of what was asked for, what it has. With a language,
 * at most one name to a scope.
 */
export function scopeAnswer(
  scopes: readonly MadcapScope[],
  { family, options: { optionRequestList = [], language } }: MadcapMessage,
  unix: number,
): MadcapOptions {
  const asked = new Set(optionRequestList);
  const own = sortedScopes(scopes.filter((scope) => familyOfScope(scope) === family));
  // The nesting speaks of places in the list, so it never comes without it.
  const wantsScopes = asked.has(MADCAP_OPTION.scopeList) || asked.has(MADCAP_OPTION.nesting);
  return {
    currentTime: unix,
    ...(wantsScopes ? { scopeList: own.map((scope) => inLanguage(scope, language)) } : {}),
    ...(asked.has(MADCAP_OPTION.nesting) ? { nesting: nestingOf(own) } : {}),
  };
}

function inLanguage({ first, last, ttl, names }: MadcapScope, language: string | undefined): MadcapScope {
  const name = language === undefined ? undefined : chooseName(names, language);
  return { first, last, ttl, names: name === undefined ? names : [name] };
}
