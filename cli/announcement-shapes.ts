import type { JsonShape } from './help.ts';
import { CONFERENCE_MEDIUM_SHAPE } from './json-shapes.ts';

const OR_NULL = 'string or null';

const ANNOUNCEMENT_SHAPE: JsonShape = {
  title: 'An announced session',
  fields: [
    ['kind', 'string', '`announcement`'],
    ['name', 'string', 'of the session'],
    ['call', 'string', 'what `show` and `join` take for it, and for no other'],
    ['session', 'string', 'what names it whatever its version: the `o=` line without that'],
    ['user', OR_NULL, 'user of its origin'],
    ['host', OR_NULL, 'host of its origin, which made the description'],
    ['sender', 'string', 'address of the host that announces it, as the network says'],
    ['source', 'string', 'originating source, as the announcement says; may be nonsense'],
    ['hash', 'number', 'message identifier hash; 0 for none'],
    [
      'heard',
      'array of objects',
      '`group` and `interface` (null when not known) of each way that it was heard in',
    ],
    ['media', 'array', 'its media, see below'],
    ['sdp', 'string', 'the session description as text'],
    ['count', 'number', 'times that it was heard'],
    ['firstHeard', 'string', 'RFC 3339 in UTC'],
    ['lastHeard', 'string', 'RFC 3339 in UTC'],
    ['periodSeconds', 'number or null', 'from one announcement to the next; null before the second'],
    ['nextExpected', OR_NULL, 'RFC 3339 in UTC'],
    ['expiresAt', 'string', 'when it is forgotten unless it is heard again, RFC 3339 in UTC'],
    ['authentication', OR_NULL, 'kind of its authentication data, such as `PGP`; nobody has verified it'],
    ['isCompressed', 'boolean', 'it came compressed'],
    ['isRecalled', 'boolean', 'known from an earlier run, and not heard by this one yet'],
  ],
};

const HEARD_FIELDS: JsonShape['fields'] = [
  ['interfaces', 'array of strings', 'listened on'],
  ['groups', 'array of strings', 'SAP groups listened to'],
  ['received', 'number', 'datagrams'],
  ['encrypted', 'number', 'announcements with an encrypted payload'],
  ['undecodable', 'number', 'datagrams that are no announcements of session descriptions'],
  ['refused', 'number', 'announcements that there was no room for'],
  [
    'unreadSenders',
    'array',
    'who sent what could not be read, at most 100 hosts: `sender`, and how many of `encrypted`, `malformed`, `version0` and `otherPayloads` (no session descriptions)',
  ],
];

/** What `discover --json` prints. */
export const DISCOVER_SHAPES: readonly JsonShape[] = [
  ANNOUNCEMENT_SHAPE,
  CONFERENCE_MEDIUM_SHAPE,
  {
    title: 'Behind them, what was listened to',
    fields: [['kind', 'string', '`listening`'], ['seconds', 'number', 'so long'], ...HEARD_FIELDS],
  },
  {
    title: 'With `--watch`: what happened, one object per line',
    fields: [
      [
        'event',
        'string',
        '`listening` at first: the object is as above; `known` (from before), `appeared`, `changed`, `withdrawn` or `expired`: it is the session',
      ],
      ['time', 'string', 'RFC 3339 in UTC'],
      [
        'reason',
        'string',
        'of `withdrawn` and `expired`: `deleted` by its announcer, `merged` with another, `silent` too long, `over`, or no `room`',
      ],
    ],
  },
];

/** Events of `announce --json`, one object per line. */
export const ANNOUNCE_SHAPES: readonly JsonShape[] = [
  {
    title: 'For each description that is announced, once it is and when it has changed',
    fields: [
      ['type', 'string', '`announcing`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['name', 'string', 'of the session'],
      ['hash', 'number', 'message identifier hash'],
      ['groups', 'array of strings', 'SAP groups that it is announced to'],
      ['interfaces', 'array of strings', 'interfaces that it is announced on'],
      ['until', OR_NULL, 'when it ends, RFC 3339 in UTC'],
    ],
  },
  {
    title: 'For each announcement',
    fields: [
      ['type', 'string', '`announced`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['name', 'string', 'of the session'],
      ['group', 'string', 'SAP group'],
      ['next', OR_NULL, 'when the next one is due there, RFC 3339 in UTC'],
    ],
  },
  {
    title: 'At the end',
    fields: [
      ['type', 'string', '`withdrawn`'],
      ['time', 'string', 'RFC 3339 in UTC'],
      ['name', 'string', 'of the session'],
    ],
  },
];
