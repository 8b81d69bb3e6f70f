import { type AdvertisingScope, scopeOfGroup } from '../../src/ip/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import { type AnnouncedSession, describe } from '../../src/sap/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { Conference } from '../conference.ts';
import { dnKey } from '../dn-key.ts';
import type { ConferenceOrigin } from '../origin.ts';
import { type Publication, publicationOf } from '../publication.ts';
import { announceability } from './announceable.ts';
import type { Publishable } from './publisher.ts';
import { type EntryView, type HeardSession, MAX_DESCRIPTION_BYTES } from './types.ts';

/** Why an announced session is not copied: `invalid` is no description, or one without media. */
export type NotImported = 'invalid' | 'tooLong' | 'scope';

/**
 * What names a session, whoever announces it: the `o=` line without its version; where that says nothing (`0 0 IN IP4
 * 127.0.0.1`), where its media go too. Undefined without an `o=` line.
 */
export function sessionKey(description: Uint8Array): string | undefined {
  return describe(description, '')?.key;
}

/** What is copied of an announced session, or why it is not. */
export function heardSession(
  session: AnnouncedSession,
  scopes: ReadonlySet<AdvertisingScope>,
): HeardSession | NotImported {
  const { key: id, description: payload, origin, sender, hash, heard } = session;
  const channel = heard.find(({ group }) => {
    const scope = scopeOfGroup(group);
    return scope !== undefined && scopes.has(scope);
  });
  if (channel === undefined) return 'scope';
  if (payload.length > MAX_DESCRIPTION_BYTES) return 'tooLong';
  const key = sessionKey(payload);
  const sdp = readable(payload);
  if (key === undefined || sdp === undefined || sdp.media.length === 0) return 'invalid';
  const version = origin?.sessionVersion ?? '0';
  const source = withoutZone(sender);
  return { id, key, version, payload, name: sdp.name, source, group: channel.group, hash };
}

/** The conference that an announced session is in a directory. */
export function copyOf(
  { payload, source, group, hash, key }: HeardSession,
  name: string,
  gateway: string,
  publication?: Publication,
): Conference {
  const origin: ConferenceOrigin = { kind: 'sap', source, group, hash, gateway, session: key };
  return new Conference({
    name,
    blob: payload,
    origin,
    ...(publication === undefined ? {} : { publication }),
  });
}

/** What an importer needs to know of a conference; undefined for one that is in no directory. */
export function entryView(conference: Conference, clock: Clock): EntryView | undefined {
  const publication = publicationOf(conference);
  if (publication === undefined) return undefined;
  const { sdp, blob: payload, origin } = conference;
  const expiresAt = publication.expiresAt?.getTime();
  return {
    dn: dnKey(publication.dn),
    name: publication.name,
    key: origin?.session ?? (sdp === undefined ? undefined : sessionKey(payload)),
    version: sdp?.sessionVersion ?? '0',
    origin,
    payload,
    expiresAt: expiresAt === undefined ? undefined : clock.now() + expiresAt - clock.wall(),
  };
}

/** What a publisher needs to know of a conference; undefined for one that names no session. */
export function publishable(
  conference: Conference,
  clock: Clock,
  scopes: ReadonlySet<AdvertisingScope>,
): Publishable | undefined {
  const view = entryView(conference, clock);
  if (view?.key === undefined || view.origin !== undefined) return undefined;
  const { dn, name, key, version, payload } = view;
  const verdict = announceability(conference, new Date(clock.wall()), scopes);
  if ('reason' in verdict) {
    return { dn, name, key, version, payload, groups: [], reason: verdict.reason, endsAt: undefined };
  }
  const endsAt =
    verdict.endsAt === undefined ? undefined : clock.now() + verdict.endsAt.getTime() - clock.wall();
  return { dn, name, key, version, payload, groups: verdict.groups, reason: undefined, endsAt };
}

function readable(payload: Uint8Array): SessionDescription | undefined {
  try {
    return SessionDescription.parse(payload);
  } catch {
    return undefined;
  }
}

export function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? address;
}
