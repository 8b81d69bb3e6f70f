import { readdirSync, readFileSync } from 'node:fs';
import {
  createSessionDescription,
  parseSessionDescription,
  type SessionDescription,
} from '../../src/sdp/index.ts';
import { type Profile, type PtpReference, withProfile } from '../../src/sdp/profiles/index.ts';

/** Descriptions with their expectations; its README says what the files hold. */
export const quirksFolder = new URL('../corpus/quirks/', import.meta.url);

/** What the file next to a description says of it. */
export interface Expectation {
  readonly title: string;
  readonly like: string;
  readonly from: readonly string[];
  readonly shows: readonly {
    readonly receiver: string;
    readonly rule: string;
    readonly severity: string;
    readonly line: number;
    readonly why: string;
    readonly source: string;
    readonly basis: string;
  }[];
  readonly verdicts: Readonly<Record<string, string>>;
}

export interface Quirk {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly description: SessionDescription;
  readonly expected: Expectation;
}

export const quirkNames = readdirSync(quirksFolder)
  .filter((file) => file.endsWith('.sdp'))
  .map((file) => file.slice(0, -'.sdp'.length));

export function readQuirk(name: string): Quirk {
  const url = new URL(`${name}.sdp`, quirksFolder);
  const bytes = readFileSync(url);
  const expected: Expectation = JSON.parse(readFileSync(new URL(`${name}.json`, quirksFolder), 'utf8'));
  return {
    name,
    path: url.pathname,
    bytes,
    description: parseSessionDescription(bytes),
    expected,
  };
}

/** A description of a profile, as `create --profile` makes it. */
export function profileDescription(
  profile: Profile,
  clock: PtpReference = { clockId: '00-1D-C1-FF-FE-12-00-A3', domain: 0 },
): SessionDescription {
  const medium = {
    kind: 'audio',
    port: profile.port,
    group: '239.69.1.1',
    ttl: 15,
    formats: [profile.format],
  };
  return createSessionDescription({
    name: `profile-${profile.id}`,
    sessionId: 4_000_000_000,
    machineAddress: '192.0.2.1',
    group: medium.group,
    ttl: medium.ttl,
    media: [withProfile(profile, profile.needsClock ? clock : undefined, medium)],
  });
}
