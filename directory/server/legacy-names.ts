import { DecodeError } from '../../src/errors.ts';
import { type DistinguishedName, MAX_DN_LENGTH, parseDn, serializeDn } from '../../src/ldap/index.ts';
import { APPLICATIONS, DYNAMIC } from './tree.ts';

/** Where NetMeeting's applications of persons are, and the only place where they are looked for. */
export const NETMEETING = `appName=MS-NetMeeting,${APPLICATIONS}`;

/** What a pseudo-DN stands for. */
export interface PseudoName {
  readonly objectClass: LegacyClass;
  /** The entry; or, when the pseudo-DN names nobody, the container of entries of that class. */
  readonly dn: string;
  readonly isContainer: boolean;
}
export type LegacyClass = 'rtPerson' | 'rtConference' | 'rtApplicationUser';

const CLASSES: Readonly<Record<string, { objectClass: LegacyClass; naming: string; container: string }>> = {
  rtperson: { objectClass: 'rtPerson', naming: 'cn', container: DYNAMIC },
  rtconference: { objectClass: 'rtConference', naming: 'uid', container: DYNAMIC },
  rtapplicationuser: { objectClass: 'rtApplicationUser', naming: 'cn', container: NETMEETING },
};

/**
 * Reads the names that NetMeeting gives to entries: `c=-, o=Microsoft, cn=<e-mail>, objectClass=rtPerson`, the root
 * first and a class in it. They are written carelessly: `mailto:cn=`, `cn==`, blanks or `%20` at the end of a value,
 * and nothing is escaped.
 *
 * @param text a DN of a request
 * @returns undefined when it has no component `objectClass=` with a class of the locator service: an ordinary DN
 */
export function readPseudoDn(text: string): PseudoName | undefined {
  if (text.length > MAX_DN_LENGTH || !/objectclass/i.test(text)) return undefined;
  let id = '';
  let found: (typeof CLASSES)[string] | undefined;
  for (const [type, value] of components(text)) {
    if (type === 'objectclass') found = CLASSES[trim(value).toLowerCase()];
    else if ((type === 'cn' || type === 'uid') && id === '') id = trim(value);
  }
  if (found === undefined) return undefined;
  const { objectClass, naming, container } = found;
  if (id === '') return { objectClass, dn: container, isContainer: true };
  const rdn: DistinguishedName = [[{ type: naming, value: id }]];
  return { objectClass, dn: `${serializeDn(rdn)},${container}`, isContainer: false };
}

/** Types in lower case, and their values. */
function components(text: string): readonly (readonly [string, string])[] {
  try {
    return parseDn(text).flatMap((rdn) =>
      rdn.map(({ type, value }) => [type.toLowerCase(), typeof value === 'string' ? value : ''] as const),
    );
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // Not a DN by any rule: a type that is none, or a special character that nobody escaped.
    return text.split(/[,;]/).map((part) => {
      const at = part.indexOf('=');
      const type = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
      return [type.replace(/^mailto:\s*/, ''), part.slice(at + 1)] as const;
    });
  }
}

/** Without what stands around the value by mistake. */
function trim(value: string): string {
  let text = value.trim();
  while (text.startsWith('=')) text = text.slice(1).trimStart();
  while (text.endsWith('%20')) text = text.slice(0, -3).trimEnd();
  return text;
}
