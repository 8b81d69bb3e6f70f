import type { Conference, Directory } from '../directory/index.ts';
import { isLoopback } from '../src/ip/index.ts';
import { formatLdapUrl, parseLdapUrl } from '../src/ldap/index.ts';
import { shellWord } from './output/shell-word.ts';

/** How somebody elsewhere takes part. */
export interface WaysIn {
  /** LDAP URL of the entry; undefined when nobody else can reach the directory. */
  readonly link: string | undefined;
  /** Command that joins by the directory; undefined likewise. */
  readonly joinByDirectory: string | undefined;
  /** Name for a file with the session description, and the command that joins with it. */
  readonly file: string;
  readonly joinByFile: string;
}

/** The directory may be a file here, a socket here, or a server that listens to this computer alone. */
export function waysIn(conference: Conference, directory: Pick<Directory, 'url'>): WaysIn {
  const server = reachable(directory.url);
  const file = fileNameOf(conference.name);
  const join = (what: string): string => `rendezvous join ${what}`;
  return {
    link:
      server === undefined || conference.dn === undefined
        ? undefined
        : formatLdapUrl({ ...server, dn: conference.dn }),
    joinByDirectory:
      server === undefined
        ? undefined
        : `${join(shellWord(conference.name))} --directory ${shellWord(formatLdapUrl(server))}`,
    file,
    joinByFile: join(shellWord(file)),
  };
}

/** What stands in a calendar or a letter below the description: the ways in, the best one first. */
export function instructionsFor(conference: Conference, directory: Pick<Directory, 'url'>): string {
  const { link, joinByDirectory, file, joinByFile } = waysIn(conference, directory);
  const lines =
    joinByDirectory === undefined
      ? [`Join with the session description in ${file}: ${joinByFile}`]
      : [`Join: ${joinByDirectory}`];
  return [...lines, ...(link === undefined ? [] : [`Link: ${link}`])].join('\n');
}

type Server = Pick<ReturnType<typeof parseLdapUrl>, 'scheme' | 'host' | 'port' | 'dn'>;

function reachable(url: string): Server | undefined {
  const [first = ''] = url.split(/[\s,]+(?=ldap)/); // several servers of one directory
  let server: Server;
  try {
    server = parseLdapUrl(first);
  } catch {
    return undefined; // the one on this computer
  }
  const { scheme, host, dn } = server;
  const isNowhere = host === '' && dn === ''; // a domain whose servers are looked up is named by its DN
  const isHere = scheme === 'ldapi' || isNowhere || host === 'localhost' || isLoopback(host);
  return isHere ? undefined : server;
}

/** A name that every file system takes. */
function fileNameOf(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return `${plain.slice(0, 100) || 'conference'}.sdp`;
}
