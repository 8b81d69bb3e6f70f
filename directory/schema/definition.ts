/**
 * The project's own schema, once: what `rendezvous schema` prints for each kind of server, and `docs/rendezvous.schema`,
 * are made of this.
 */

/**
 * PLACEHOLDER ARC. 32473 is the enterprise number kept for documentation (RFC 5612). Whoever lets the schema leave
 * their site puts a number of their own here, and nowhere else; the names may stay.
 */
export const SCHEMA_ARC = '1.3.6.1.4.1.32473.1';

/** What every format says of that. */
export const PLACEHOLDER_NOTICE = `PLACEHOLDER ARC: 32473 is the enterprise number kept for documentation (RFC 5612). Put your own in
its place before this schema leaves your site, and nowhere else; the names may stay.`;

/** How a value is written and compared. `exactText` minds case where the server can. */
export type SchemaSyntax = 'octets' | 'text' | 'exactText' | 'integer' | 'time';

export interface SchemaAttribute {
  /** Last part of its OID, below `SCHEMA_ARC.1`. Never given twice. */
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly syntax: SchemaSyntax;
  readonly maxLength?: number;
  /** Default one value. */
  readonly multi?: boolean;
  /** Not for everybody who may read the entry: confidential in Active Directory ([MS-ADTS] 2.2.10, fCONFIDENTIAL). */
  readonly secret?: boolean;
  /** What a server should index it for. */
  readonly index?: 'equality' | 'substrings';
}

export interface SchemaClass {
  /** Last part of its OID, below `SCHEMA_ARC.2`. Never given twice. */
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly kind: 'STRUCTURAL' | 'AUXILIARY';
  readonly must: readonly string[];
  readonly may: readonly string[];
  /** Attributes that only Active Directory has. */
  readonly mayInAd?: readonly string[];
}

/** Where the keys of encrypted media are kept. */
export const MEDIA_KEY = 'rdvMediaKey';

export const SCHEMA_ATTRIBUTES: readonly SchemaAttribute[] = [
  {
    number: 1,
    name: 'rdvBlob',
    description: 'Session description, RFC 8866; everything else is a copy out of it to search by',
    syntax: 'octets',
  },
  {
    number: 2,
    name: 'rdvProtocol',
    description: 'How to read the blob; IP Conference for a session description',
    syntax: 'text',
    maxLength: 64,
  },
  {
    number: 3,
    name: 'rdvOriginator',
    description: 'User name of the originator (o=)',
    syntax: 'text',
    index: 'substrings',
  },
  {
    number: 4,
    name: 'rdvUrl',
    description: 'Where there is more to read (u=)',
    syntax: 'exactText',
  },
  {
    number: 5,
    name: 'rdvStart',
    description: 'Earliest start of all times (t=); absent when it has always been open',
    syntax: 'time',
    index: 'equality',
  },
  {
    number: 6,
    name: 'rdvStop',
    description: 'Latest stop of all times (t=); absent when unbounded',
    syntax: 'time',
    index: 'equality',
  },
  {
    number: 7,
    name: 'rdvScope',
    description: 'Advertising scope: 1 local, 2 site, 3 region, 4 world',
    syntax: 'integer',
    index: 'equality',
  },
  {
    number: 8,
    name: 'rdvEncrypted',
    description: '1 when the media are encrypted, else 0',
    syntax: 'integer',
  },
  {
    number: 9,
    name: 'rdvGroup',
    description: 'Multicast group and port of a medium, as 239.255.1.2:5004 or [ff15::1]:5004',
    syntax: 'text',
    maxLength: 64,
    multi: true,
    index: 'substrings',
  },
  {
    number: 10,
    name: 'rdvExpires',
    description: 'When the entry counts as gone, on servers that do not remove it by themselves',
    syntax: 'time',
    index: 'equality',
  },
  {
    number: 11,
    name: 'rdvMachine',
    description: 'Name or address of the computer at which a user is reached',
    syntax: 'text',
    maxLength: 255,
    index: 'substrings',
  },
  {
    number: 12,
    name: 'rdvAddress',
    description: 'IPv4 or IPv6 address of that computer',
    syntax: 'text',
    maxLength: 64,
    multi: true,
    index: 'equality',
  },
  {
    number: 13,
    name: 'rdvPort',
    description: 'Port at which the user takes calls',
    syntax: 'integer',
    multi: true,
  },
  {
    number: 14,
    name: 'rdvFlag',
    description:
      'What a user can do and is doing: audio, video, in-call; unlisted when the user is in no list',
    syntax: 'text',
    maxLength: 64,
    multi: true,
  },
  {
    number: 16,
    name: 'rdvUserName',
    description: 'Name of a user, without the computer',
    syntax: 'text',
    maxLength: 256,
    index: 'substrings',
  },
  {
    number: 15,
    name: 'rdvMedia',
    description: 'Kinds of media of a conference, as audio or video',
    syntax: 'text',
    maxLength: 32,
    multi: true,
    index: 'equality',
  },
  {
    number: 17,
    name: 'rdvOrigin',
    description: 'What a gateway made the entry out of, as sap://192.0.2.7/?group=...&session=...',
    syntax: 'exactText',
  },
  {
    number: 18,
    name: MEDIA_KEY,
    description: 'Key of an encrypted medium, as its place, since when, a=crypto; for members alone',
    syntax: 'exactText',
    multi: true,
    secret: true,
  },
];

/** What is kept beside the blob of a conference, to search by. */
const INDEX = [
  'rdvOriginator',
  'rdvUrl',
  'rdvStart',
  'rdvStop',
  'rdvScope',
  'rdvEncrypted',
  'rdvGroup',
  'rdvMedia',
  'rdvExpires',
  'rdvOrigin',
];

export const SCHEMA_CLASSES: readonly SchemaClass[] = [
  {
    number: 1,
    name: 'rdvConference',
    description: 'A multicast conference; cn is its name',
    kind: 'STRUCTURAL',
    must: ['cn', 'rdvBlob'],
    may: ['rdvProtocol', ...INDEX, MEDIA_KEY, 'description', 'owner'],
  },
  {
    number: 2,
    name: 'rdvUser',
    description: 'A user at a computer; cn is user]computer',
    kind: 'STRUCTURAL',
    must: ['cn', 'rdvUserName'],
    may: [
      'rdvMachine',
      'rdvAddress',
      'rdvPort',
      'rdvFlag',
      'rdvExpires',
      'mail',
      'givenName',
      'sn',
      'l',
      'telephoneNumber',
      'description',
      'owner',
    ],
  },
  {
    number: 3,
    name: 'rdvIndexed',
    description: 'What is searched by and when it ends, for entries of other classes, as in Active Directory',
    kind: 'AUXILIARY',
    must: [],
    may: [...INDEX, MEDIA_KEY],
  },
  {
    number: 4,
    name: 'rdvReachable',
    description: 'How a user is reached and until when, for entries of other classes, as in Active Directory',
    kind: 'AUXILIARY',
    must: [],
    may: ['rdvPort', 'rdvExpires', 'mail', 'givenName', 'sn', 'l', 'telephoneNumber'],
    mayInAd: ['otherTelephone'],
  },
];

export const attributeOid = ({ number }: SchemaAttribute): string => `${SCHEMA_ARC}.1.${number}`;
export const classOid = ({ number }: SchemaClass): string => `${SCHEMA_ARC}.2.${number}`;
