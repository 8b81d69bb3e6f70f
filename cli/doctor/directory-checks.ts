import { isLoopback, tryParseIp } from '../../src/ip/index.ts';
import { codeOf } from '../exit-codes.ts';
import { messageOf } from '../output/output.ts';
import { spanText } from '../output/times.ts';
import { type Check, fail, type Judged, ok, warn } from './check.ts';
import type { DirectoryFacts } from './facts.ts';
import { kib } from './kib.ts';
import { judgeCertificates } from './tls-checks.ts';

type Judge = (facts: DirectoryFacts, now: Date) => Judged | undefined;

/** In the order in which one gets there: what fails first is what is to be mended first. */
const CHECKS: readonly (readonly [id: string, title: string, judge: Judge])[] = [
  ['directoryLookup', 'Name', lookup],
  ['directoryReach', 'Connection', reach],
  ['directoryTls', 'TLS', tls],
  ['directoryBind', 'Bind', bind],
  ['directory', 'Directory', directory],
  ['directoryWrite', 'Publishing', publishing],
  ['directoryExpiry', 'Expiry', expiry],
  ['directoryClock', 'Clock', clock],
  ['directoryLimits', 'Limits', limits],
  ['store', 'Store', store],
];

/** Judges what was tried with one directory. Pure. */
export function judgeDirectory(facts: DirectoryFacts, now: Date): Check[] {
  return CHECKS.flatMap(([id, title, judge]): Check[] => {
    const judged = judge(facts, now);
    return judged === undefined ? [] : [{ id, title, ...judged, directory: facts.label }];
  });
}

function lookup({ servers, target }: DirectoryFacts): Judged | undefined {
  if (servers === undefined) return undefined;
  if (servers.value === undefined) {
    return fail(
      messageOf(servers.error),
      'name a server instead, --directory ldap://host, or have the DNS records made',
      'without a server there is nothing to connect to',
    );
  }
  const named = servers.value.filter(({ addresses }) => addresses !== undefined);
  if (named.length === 0) return undefined;
  const unknown = named.filter(({ addresses }) => addresses?.error !== undefined);
  const [first] = unknown;
  const told = new Set(named.map((it) => `${it.host} is ${it.addresses?.value?.join(', ')}`));
  if (first === undefined) return ok([...told].join('; '));
  const judge = unknown.length === servers.value.length ? fail : warn;
  return judge(
    `${first.host}: ${lookupTrouble(first.addresses?.error)}`,
    `look whether ${target} is spelt right, and ask the name service: getent hosts ${first.host}`,
    'a server is reached by its address, which the name service has to tell',
  );
}

function lookupTrouble(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOTFOUND') return 'there is no host of that name';
  if (code === 'EAI_AGAIN') return 'the name service does not answer';
  return messageOf(error);
}

function reach({ servers }: DirectoryFacts): Judged | undefined {
  const tried = servers?.value?.filter(({ connected }) => connected !== undefined) ?? [];
  if (tried.length === 0) return undefined;
  const up = tried.filter(({ connected }) => connected?.value !== undefined);
  const down = tried.filter(({ connected }) => connected?.error !== undefined);
  const told = up
    .map(({ where, connected }) => `${where} in ${Math.round(connected?.value ?? 0)} ms`)
    .join(', ');
  const [first] = down;
  // of the ports that a host may be listening at one is enough
  if (first === undefined || (up.length > 0 && down.every(({ isProbe }) => isProbe))) return ok(told);
  const trouble = down.map(({ connected }) => messageOf(connected?.error)).join(' ');
  const advice = 'look whether the server runs and the port is right, and whether a firewall is in between';
  if (up.length === 0) return fail(trouble, advice, 'nothing can be read or published without it');
  return warn(`${told}; ${trouble}`, advice, 'the directory is gone when the others fail too');
}

function tls({ servers, account, opened, sendsPassword }: DirectoryFacts, now: Date): Judged | undefined {
  const all = servers?.value ?? [];
  const certified = all.filter(({ certificate }) => certificate !== undefined);
  if (certified.length > 0) return judgeCertificates(certified, now);
  const clear = all.find((it) => it.connected?.value !== undefined && it.tls === 'none' && isFar(it.host));
  if (clear === undefined) return undefined;
  if (account === undefined || !sendsPassword || opened.value === undefined) {
    return ok(`none: what is read from ${clear.where} crosses the network in the clear`);
  }
  return warn(
    `none: the password of ${account} crosses the network to ${clear.where} in the clear`,
    'use ldaps://, --starttls, or --user with SCRAM',
    'whoever is on the way can read the password, and change what is published',
  );
}

function isFar(host: string | undefined): boolean {
  return host !== undefined && host !== 'localhost' && !(tryParseIp(host) !== undefined && isLoopback(host));
}

function bind({ account, opened, used, servers }: DirectoryFacts): Judged | undefined {
  if (servers === undefined) return undefined; // nobody is asked here
  const who = account === undefined ? 'as nobody (anonymous)' : `as ${account}`;
  if (opened.error !== undefined) {
    if (codeOf(opened.error) !== 'ERR_DIRECTORY_NOT_PERMITTED') return undefined;
    return fail(
      `${who}: ${messageOf(opened.error)}`,
      'give another --user, --bind-dn or --password-file',
      'the server decides by it what may be read and written',
    );
  }
  const mechanisms = used?.value?.saslMechanisms ?? [];
  return ok(mechanisms.length === 0 ? who : `${who}; the server also offers ${mechanisms.join(', ')}`);
}

const KINDS = {
  ils: 'a locator service',
  ad: 'Active Directory',
  ldap: 'an LDAP server',
  sap: 'announcements',
} as const;

function directory({ opened, used, target }: DirectoryFacts): Judged {
  if (opened.value === undefined)
    return fail(messageOf(opened.error), adviceForOpening(opened.error, target));
  if (used?.value === undefined) {
    return fail(
      `it can be reached, and not be read: ${messageOf(used?.error)}`,
      'ask the administrator for the right to read, or name another base in the URL',
      'nothing is found without it',
    );
  }
  const { displayName, type, isDynamic, tookMs } = opened.value;
  const { vendor, base, conferences } = used.value;
  const lives = isDynamic
    ? 'entries live as long as they are refreshed'
    : 'entries stay until they are deleted';
  const kind = vendor === undefined ? KINDS[type] : `${KINDS[type]} (${vendor})`;
  return ok(
    `${displayName}, ${kind}, ${base}: ${conferences} conferences, ${lives}; answered in ${Math.round(tookMs)} ms`,
  );
}

function adviceForOpening(error: unknown, target: string): string {
  if (target === 'embedded') return 'look at the folder and its rights, or choose another with --data-dir';
  switch (codeOf(error)) {
    case 'ERR_DIRECTORY_DIALECT':
      return 'load the schema into the server: rendezvous schema --help';
    case 'ERR_DIRECTORY_NOT_PERMITTED':
      return 'authenticate with --user or --bind-dn, or ask the administrator';
    default:
      return 'look whether the server runs and the URL is right: --directory URL';
  }
}

const WHY_RIGHT = {
  add: 'nothing can be published without it',
  read: 'what is published would be found by nobody',
  refresh: 'what is published would go while its owner still runs',
  delete:
    'what is published could not be taken back; the test entry goes after five minutes, or has to be removed by hand',
} as const;

function publishing({ used }: DirectoryFacts): Judged | undefined {
  const rights = used?.value?.rights ?? [];
  if (rights.length === 0) return undefined;
  const failed = rights.find(({ error }) => error !== undefined);
  if (failed === undefined) return ok('a test entry was added, found, refreshed and removed');
  const isForbidden = codeOf(failed.error) === 'ERR_DIRECTORY_NOT_PERMITTED';
  return fail(
    `a test entry could not be made and removed; ${failed.right} failed: ${messageOf(failed.error)}`,
    isForbidden
      ? 'authenticate with --user or --bind-dn, or ask the administrator for the right to write'
      : 'do what the message says, and look into the log of the server',
    WHY_RIGHT[failed.right],
  );
}

function expiry({ opened, used }: DirectoryFacts): Judged | undefined {
  const ttl = used?.value?.ttl;
  if (opened.value === undefined || ttl === undefined) return undefined;
  const { asked, granted } = ttl;
  if (!opened.value.isDynamic) {
    return ok(
      `the server does not end entries: each says when it ends, readers go by it, and one that sweeps removes it`,
    );
  }
  if (granted === asked) return ok(`the server ends entries, and granted the ${asked} s that were asked for`);
  if (granted > asked) return ok(`the server ends entries, and grants no less than ${granted} s`);
  return warn(
    `the server granted ${granted} s instead of ${asked}`,
    'have its longest time to live raised, or keep entries alive: create --keep-alive',
    'entries go earlier than the conference ends, unless somebody refreshes them',
  );
}

/** Less than this is a matter of the network. */
const TOLERABLE_SKEW_MS = 5000;

function clock({ used, servers }: DirectoryFacts): Judged | undefined {
  const ahead = used?.value?.clockAheadMs;
  if (ahead === undefined || servers === undefined) return undefined;
  const off = Math.abs(ahead);
  if (off <= TOLERABLE_SKEW_MS) return ok('the server and this computer agree about the time');
  const which = ahead > 0 ? 'ahead of' : 'behind';
  return warn(
    `the server is ${spanText(off)} ${which} this computer`,
    'let both follow a time server: timedatectl set-ntp true',
    'what takes place now, and what has expired, is judged by the clocks of both',
  );
}

function limits({ used }: DirectoryFacts): Judged | undefined {
  if (used?.value === undefined) return undefined;
  const { pages, isLimited } = used.value;
  if (isLimited) {
    return fail(
      'there are more conferences than the server lists for this account',
      'have its size limit raised, or authenticate as somebody who may see more',
      'listing them fails',
    );
  }
  if (pages) return ok('long lists come page by page');
  return warn(
    'the server does not give long lists page by page (RFC 2696)',
    'keep its size limit above the number of conferences',
    'a list that is longer than its size limit is refused',
  );
}

function store({ store: tried }: DirectoryFacts): Judged | undefined {
  if (tried === undefined) return undefined;
  if (tried.value === undefined)
    return fail(tried.error, 'look at the folder and its rights, or choose another with --data-dir');
  const { path, bytes, verdict } = tried.value;
  if (verdict === 'ok') return ok(`${path}, ${kib(bytes)}, sound`);
  return fail(`${path} is damaged: ${verdict}`, `move it away and start anew: mv ${path} ${path}.damaged`);
}
