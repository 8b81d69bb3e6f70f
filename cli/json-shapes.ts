import type { JsonShape } from './help.ts';

const OR_NULL = 'string or null';

/** What is known of the entry of an object, and where that is. */
const ENTRY_FIELDS: JsonShape['fields'] = [
  ['dn', OR_NULL, 'name of the directory entry'],
  ['acl', OR_NULL, 'who may do what, as `--acl` takes it; null when the entry does not say'],
  ['sddl', OR_NULL, 'the same in SDDL'],
  ['ttlSeconds', 'number or null', 'seconds the directory keeps the entry from now on'],
  ['expiresAt', OR_NULL, 'RFC 3339 in UTC: when that is over'],
  [
    'attributes',
    'object',
    'further attributes of the entry, each with an array of strings; bytes as `base64:…`',
  ],
  ['directory', 'string', 'where it is; `--directory` takes it'],
];

/**
 * A conference as `list`, `show`, `create` and `edit` print it: what `Conference.toJSON` of the library gives, and where it
 * is.
 */
export const CONFERENCE_SHAPE: JsonShape = {
  title: 'A conference',
  fields: [
    ['kind', 'string', '`conference`'],
    ['name', 'string', 'unique in its directory'],
    ['protocol', 'string', 'how to read the blob; `IP Conference` means SDP'],
    ['originator', OR_NULL, 'user name from `o=`'],
    ['advertisingScope', OR_NULL, '`local`, `site`, `region` or `world`'],
    ['url', OR_NULL, 'from `u=`'],
    ['description', OR_NULL, 'from `i=`'],
    ['isEncrypted', 'boolean', 'it says that its media are encrypted'],
    ['startTime', OR_NULL, 'RFC 3339 in UTC; null for always open'],
    ['stopTime', OR_NULL, 'RFC 3339 in UTC; null for without end'],
    ['times', 'array', 'its times with their repeats, see below'],
    ['media', 'array', 'its media, see below'],
    ['sdp', OR_NULL, 'the session description as text; null when the blob is none'],
    ['sdpProblem', OR_NULL, 'why the blob could not be read as SDP'],
    ['blobBase64', OR_NULL, 'the blob when it is no session description'],
    ['origin', 'object or null', 'the announcement that it was made out of, see below'],
    ...ENTRY_FIELDS,
  ],
};

/** Stands in an array or stream of objects for a directory that could not be asked. */
export const PROBLEM_SHAPE: JsonShape = {
  title: 'Behind the others, a directory that could not be asked',
  fields: [
    ['kind', 'string', '`problem`'],
    ['directory', 'string', 'which one'],
    ['code', OR_NULL, 'stable name of the error, such as `ERR_DIRECTORY_UNAVAILABLE`'],
    ['message', 'string', 'what is wrong, and what to do'],
  ],
};

export const CONFERENCE_TIME_SHAPE: JsonShape = {
  title: 'A time in `times`',
  fields: [
    ['start', OR_NULL, 'RFC 3339 in UTC; null for since ever'],
    ['stop', OR_NULL, 'RFC 3339 in UTC; null for without end'],
    [
      'repeats',
      'array of objects',
      '`intervalSeconds`, `durationSeconds` and `offsetsSeconds`, which count from the start',
    ],
    [
      'adjustments',
      'array of objects',
      '`from` (RFC 3339 in UTC) and `offsetSeconds`: how much later occurrences come from then on, where clocks change',
    ],
  ],
};

export const CONFERENCE_MEDIUM_SHAPE: JsonShape = {
  title: 'A medium in `media`',
  fields: [
    ['kind', 'string', '`audio`, `video`, …'],
    ['address', OR_NULL, 'its group'],
    ['port', 'number', 'UDP port of RTP; RTCP is on the next one'],
    ['protocol', 'string', 'such as `RTP/AVP`'],
    ['formats', 'array of strings', 'payload types, the preferred one first'],
    ['ttl', 'number or null', 'TTL of IPv4 multicast'],
    ['sources', 'array of strings', 'senders that alone may be heard; empty for everybody'],
  ],
};

const CONFERENCE_ORIGIN_SHAPE: JsonShape = {
  title: 'An `origin`',
  fields: [
    ['kind', 'string', '`sap`: it is announced by SAP'],
    ['source', 'string', 'address of the host that announces it'],
    ['group', 'string', 'SAP group that it was heard on'],
    ['hash', 'number', 'message identifier hash of the announcement'],
    [
      'gateway',
      OR_NULL,
      'name of the gateway that keeps the entry; null for what was heard by this computer',
    ],
    ['session', 'string', 'the `o=` line without the version'],
  ],
};

/** A user as `user list`, `user show` and `user publish` print it: what `DirectoryUser.toJSON` of the library gives. */
export const USER_SHAPE: JsonShape = {
  title: 'A user',
  fields: [
    ['kind', 'string', '`user`'],
    ['name', 'string', 'one of its name at a computer'],
    ['primaryPhone', OR_NULL, 'name or address of the computer'],
    ['email', OR_NULL, 'e-mail address'],
    ['givenName', OR_NULL, 'first name'],
    ['surname', OR_NULL, 'family name'],
    ['location', OR_NULL, 'where the user is'],
    ['comment', OR_NULL, 'anything else'],
    ['phones', 'array of strings', 'telephone numbers'],
    ['addresses', 'array of strings', 'IPv4 and IPv6 addresses of the computer'],
    ['port', 'number or null', 'port at which calls are taken'],
    ['inCall', 'boolean', 'in a call at the moment'],
    ['canAudio', 'boolean', 'takes part with sound'],
    ['canVideo', 'boolean', 'takes part with pictures'],
    ['listed', 'boolean', 'in lists'],
    ...ENTRY_FIELDS,
  ],
};

export const USER_SHAPES: readonly JsonShape[] = [USER_SHAPE, PROBLEM_SHAPE];

export const CONFERENCE_SHAPES: readonly JsonShape[] = [
  CONFERENCE_SHAPE,
  CONFERENCE_TIME_SHAPE,
  CONFERENCE_MEDIUM_SHAPE,
  CONFERENCE_ORIGIN_SHAPE,
  PROBLEM_SHAPE,
];

/** What `directory list --json` prints. */
export const DIRECTORY_SHAPES: readonly JsonShape[] = [
  {
    title: 'A directory',
    fields: [
      ['kind', 'string', '`directory`'],
      ['name', 'string', 'what it is called; `--directory` takes it'],
      ['url', 'string', 'how it was named: URLs, a host, `dns:` and a domain, `embedded`, or `sap:`'],
      ['origin', 'string', '`option`, `environment`, `configuration` or `default`'],
      ['state', 'string', '`up` or `down`'],
      ['server', OR_NULL, 'host and port of the server in use, or where the data is'],
      ['type', OR_NULL, '`ils`, `ad`, `ldap` or `sap`'],
      ['isDynamic', 'boolean or null', 'entries live only as long as they are refreshed'],
      ['tookMs', 'number or null', 'milliseconds to connect and bind'],
      ['code', OR_NULL, 'stable name of the error when it is down'],
      ['message', OR_NULL, 'what is wrong, and what to do'],
    ],
  },
];

/** Events of `serve --json`, one object per line. */
const SWEEP_FIELDS: JsonShape['fields'] = [
  ['type', 'string', '`removed`, or `expired` in a dry run'],
  ['dn', 'string', 'its name on the server'],
  ['expiredAt', 'string', 'when its time had passed, RFC 3339 in UTC'],
  ['directory', 'string', 'where it was'],
];

export const SWEEP_SHAPES: readonly JsonShape[] = [{ title: 'For each entry', fields: SWEEP_FIELDS }];

export const SERVE_SHAPES: readonly JsonShape[] = [
  {
    title: 'For each address, once it takes connections',
    fields: [
      ['type', 'string', '`listening`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['url', 'string', 'LDAP URL, with the port that was bound'],
      ['host', 'string', 'address that was bound, or the path of the local socket'],
      ['port', 'number', 'port that was bound; 0 for a local socket'],
      ['store', 'string', 'file of the directory'],
      ['security', 'string', '`none`, `starttls` where clients may ask for TLS, `tls`, or `local`'],
    ],
  },
  {
    title: 'With --metrics, once they are offered',
    fields: [
      ['type', 'string', '`metrics`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['url', 'string', 'where Prometheus fetches them'],
    ],
  },
  {
    title: 'With --madcap, for each interface and family, once it is served',
    fields: [
      ['type', 'string', '`madcap`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['interface', 'string', 'name of the interface'],
      ['address', 'string', 'address of the server there'],
      ['port', 'number', 'port that was bound'],
      ['groups', 'array', 'groups in which it can be found'],
      ['store', 'string', 'file of the leases'],
    ],
  },
  {
    title: 'With --madcap, for each change of a lease',
    fields: [
      ['type', 'string', '`lease`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['event', 'string', '`granted`, `renewed`, `released` or `expired`'],
      ['client', 'string', 'whom it is put down to: an IPv4 address, or the /64 of an IPv6 address'],
      ['scope', 'string', 'id of the scope'],
      ['addresses', 'array', 'the addresses'],
      ['start', 'string', 'RFC 3339 in UTC'],
      ['stop', 'string', 'RFC 3339 in UTC'],
    ],
  },
  {
    title: 'With --madcap, for each request that was refused',
    fields: [
      ['type', 'string', '`leaseRefused`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['client', 'string', 'who asked'],
      ['code', 'number or null', 'code of RFC 2730 section 3.17; null for "ask again later"'],
      ['reason', 'string', 'the same for people'],
    ],
  },
  {
    title: 'With --sap, for each interface that it listens on',
    fields: [
      ['type', 'string', '`sapListening`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['gateway', 'string', 'name of this gateway'],
      ['interface', 'string', 'name of the interface'],
      ['groups', 'array of strings', 'SAP groups that were joined there'],
    ],
  },
  {
    title: 'With --sap, for each thing that happens',
    fields: [
      ['type', 'string', '`sap`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      [
        'event',
        'string',
        '`imported`, `updated`, `takenOver`, `removed` or `refused`: a copy in the directory; `announced`, `reannounced`, `withdrawn` or `left` (another host announces it): a conference; `trouble`',
      ],
      ['name', OR_NULL, 'name of the entry'],
      ['session', OR_NULL, 'the `o=` line without the version, of a copy'],
      ['source', OR_NULL, 'host that announces it, of a copy'],
      ['groups', 'array of strings', 'SAP groups that it is announced in'],
      ['problem', OR_NULL, 'what is wrong'],
    ],
  },
  {
    title: 'At the end',
    fields: [
      ['type', 'string', '`stopped`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['connections', 'number', 'connections there were'],
      ['operations', 'number', 'requests answered'],
    ],
  },
  {
    title: 'For each entry removed from a directory to sweep',
    fields: SWEEP_FIELDS,
  },
];

/** What `account list --json` prints. */
export const ACCOUNT_SHAPES: readonly JsonShape[] = [
  {
    title: 'An account',
    fields: [
      ['name', 'string', 'what the user is called; `--user` takes it'],
      ['dn', 'string', 'as owner of entries; `--bind-dn` takes it'],
    ],
  },
];

/** What `list --watch --json` prints, one object per line. */
const WATCH_SHAPE: JsonShape = {
  title: 'With `--watch`: what happened, one object per line',
  fields: [
    [
      'event',
      'string',
      '`added`, `changed` or `removed`: the object is the conference; `ready`; `opened`: a directory that was down at the start is there; `interrupted` or `failed`: it is a problem, as above',
    ],
    ['directory', 'string', 'where'],
    [
      'method',
      'string',
      'of `ready`: how it learns of changes: `sync`, `persistentSearch`, `polling`, or `listening` for announcements',
    ],
  ],
};

export const LIST_SHAPES: readonly JsonShape[] = [...CONFERENCE_SHAPES, WATCH_SHAPE];
