import { ipv6Zone, IPV4_ZONES, type ScopeZone } from '../../src/ip/index.ts';
import type { ScopeName, ServedScope } from '../../src/madcap/index.ts';

/** Longest lease where nothing else is said: 30 days. Seconds. */
export const DEFAULT_MAXIMUM_SECONDS = 30 * 86_400;

const NAMES: Readonly<Record<'local' | 'organization', Readonly<Record<string, string>>>> = {
  local: { en: 'Local scope', de: 'Lokaler Bereich', fr: 'Portée locale', es: 'Ámbito local' },
  organization: {
    en: 'Organization scope',
    de: 'Organisationsbereich',
    fr: 'Portée de l’organisation',
    es: 'Ámbito de la organización',
  },
};

/** Names by language as MADCAP has them; the first language, or English, is the default. */
export function scopeNames(names: Readonly<Record<string, string>>): ScopeName[] {
  const languages = Object.keys(names);
  const chosen = languages.includes('en') ? 'en' : languages[0];
  return Object.entries(names).map(([language, name]) => ({
    language,
    name,
    isDefault: language === chosen,
  }));
}

/**
 * What a server offers that was told no scopes: the local and the organization's scope of RFC 2365 §6, and site and
 * organization of IPv6. World-wide groups are for nobody to lease (RFC 5771 §7, §8).
 */
export function defaultScopes(): ServedScope[] {
  const zone = (first: string): ScopeZone | undefined => IPV4_ZONES.find((it) => it.first === first);
  return [
    served(zone('239.255.0.0'), NAMES.local),
    served(zone('239.192.0.0'), NAMES.organization),
    served(ipv6Zone(5), NAMES.local),
    served(ipv6Zone(8), NAMES.organization),
  ].flatMap((scope) => scope ?? []);
}

function served(
  zone: ScopeZone | undefined,
  names: Readonly<Record<string, string>>,
): ServedScope | undefined {
  if (zone === undefined) return undefined;
  const { first, last, ttl } = zone;
  return {
    first,
    last,
    ttl,
    names: scopeNames(names),
    exclusions: [],
    maximumSeconds: DEFAULT_MAXIMUM_SECONDS,
  };
}
