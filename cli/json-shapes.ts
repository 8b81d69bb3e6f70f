import type { JsonShape } from './help.ts';

const OR_NULL = 'string or null';

/** A conference as `list`, `show`, `create` and `edit` print it: what `Conference.toJSON` of the library gives. */
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
    ['media', 'array', 'its media, see below'],
    ['sdp', OR_NULL, 'the session description as text; null when the blob is none'],
    ['sdpProblem', OR_NULL, 'why the blob could not be read as SDP'],
    ['blobBase64', OR_NULL, 'the blob when it is no session description'],
    ['dn', OR_NULL, 'name of the directory entry'],
    ['ttlSeconds', 'number or null', 'seconds the directory keeps the entry from now on'],
    ['expiresAt', OR_NULL, 'RFC 3339 in UTC: when that is over'],
    [
      'attributes',
      'object',
      'further attributes of the entry, each with an array of strings; bytes as `base64:…`',
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
  ],
};

export const CONFERENCE_SHAPES: readonly JsonShape[] = [CONFERENCE_SHAPE, CONFERENCE_MEDIUM_SHAPE];

/** Events of `serve --json`, one object per line. */
export const SERVE_SHAPES: readonly JsonShape[] = [
  {
    title: 'For each address, once it takes connections',
    fields: [
      ['type', 'string', '`listening`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['url', 'string', 'LDAP URL, with the port that was bound'],
      ['host', 'string', 'address that was bound'],
      ['port', 'number', 'port that was bound'],
      ['store', 'string', 'file of the directory'],
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
];
