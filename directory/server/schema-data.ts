/**
 * The schema as data: what RFC 4512, 4519, 4524 and 2589 define, and the classes and attributes of the Internet
 * Locator Service. Nothing else in the server names an attribute's syntax.
 */
import { MEDIA_KEY, SCHEMA_ARC } from '../schema/index.ts';

/** An attribute type; `names[0]` is the one it is stored and listed under. */
export interface AttributeTypeData {
  readonly names: readonly [string, ...string[]];
  readonly oid: string;
  readonly rule:
    | 'caseIgnoreMatch'
    | 'caseExactMatch'
    | 'caseIgnoreIA5Match'
    | 'caseExactIA5Match'
    | 'telephoneNumberMatch'
    | 'octetStringMatch'
    | 'integerMatch'
    | 'generalizedTimeMatch'
    | 'booleanMatch'
    | 'uuidMatch'
    | 'distinguishedNameMatch'
    | 'objectIdentifierMatch';
  readonly single?: boolean;
  /** Returned only when asked for by name or `+`. */
  readonly operational?: boolean;
  /** Kept by the server; clients may not write it. */
  readonly noUserModification?: boolean;
}

export interface ObjectClassData {
  readonly name: string;
  readonly oid: string;
  readonly kind: 'ABSTRACT' | 'STRUCTURAL' | 'AUXILIARY';
  readonly superior?: string;
  readonly must: readonly string[];
  readonly may: readonly string[];
}

// Locator attributes have no registered OIDs. Arcs below 2.25 are made from a UUID and need no registration.
const OWN = '2.25.101646906624391142559877027463866322426';

const own = (
  number: number,
  name: string,
  alias: string | undefined,
  rest: Partial<AttributeTypeData> = {},
): AttributeTypeData => ({
  names: alias === undefined ? [name] : [name, alias],
  oid: `${OWN}.1.${number}`,
  rule: 'caseIgnoreMatch',
  ...rest,
});

const operational = {
  single: true,
  operational: true,
  noUserModification: true,
} as const;

export const ATTRIBUTE_TYPES: readonly AttributeTypeData[] = [
  { names: ['objectClass'], oid: '2.5.4.0', rule: 'objectIdentifierMatch' },
  { names: ['cn', 'commonName'], oid: '2.5.4.3', rule: 'caseIgnoreMatch' },
  { names: ['sn', 'surname'], oid: '2.5.4.4', rule: 'caseIgnoreMatch' },
  { names: ['c', 'countryName'], oid: '2.5.4.6', rule: 'caseIgnoreMatch', single: true },
  { names: ['l', 'localityName'], oid: '2.5.4.7', rule: 'caseIgnoreMatch' },
  { names: ['o', 'organizationName'], oid: '2.5.4.10', rule: 'caseIgnoreMatch' },
  { names: ['ou', 'organizationalUnitName'], oid: '2.5.4.11', rule: 'caseIgnoreMatch' },
  { names: ['title'], oid: '2.5.4.12', rule: 'caseIgnoreMatch' },
  { names: ['description'], oid: '2.5.4.13', rule: 'caseIgnoreMatch' },
  { names: ['telephoneNumber'], oid: '2.5.4.20', rule: 'telephoneNumberMatch' },
  { names: ['owner'], oid: '2.5.4.32', rule: 'distinguishedNameMatch' },
  { names: ['seeAlso'], oid: '2.5.4.34', rule: 'distinguishedNameMatch' },
  { names: ['givenName'], oid: '2.5.4.42', rule: 'caseIgnoreMatch' },
  { names: ['uid', 'userid'], oid: '0.9.2342.19200300.100.1.1', rule: 'caseIgnoreMatch' },
  // RFC 4524 limits mail to IA5; locator clients put user names and addresses of any script here.
  { names: ['mail', 'rfc822Mailbox'], oid: '0.9.2342.19200300.100.1.3', rule: 'caseIgnoreMatch' },
  { names: ['displayName'], oid: '2.16.840.1.113730.3.1.241', rule: 'caseIgnoreMatch', single: true },
  { names: ['labeledURI'], oid: '1.3.6.1.4.1.250.1.57', rule: 'caseExactMatch' },

  // Persons and their applications. All numbers travel as decimal text.
  own(1, 'comment', undefined),
  own(2, 'location', undefined),
  own(3, 'ipAddress', 'sIPAddress'),
  own(4, 'port', 'sPort'),
  own(5, 'protocolMimeType', 'sProtMimeType'),
  own(6, 'mimeType', 'sMimeType'),
  own(7, 'guid', 'sAppGUID'),
  own(8, 'sFlags', undefined),
  own(9, 'smodop', undefined),
  own(10, 'securityToken', 'sSecurity'),
  own(11, 'ILSA26214430', undefined),
  own(12, 'ILSA26279966', undefined),
  own(13, 'ILSA32833566', undefined),
  own(14, 'ILSA32964638', undefined),
  own(15, 'ILSA39321630', undefined),
  own(16, 'appName', 'sAppName'),
  own(17, 'dwFlags', undefined),
  own(18, 'friendlyName', undefined),
  own(19, 'applicationID', 'sAppID'),
  own(20, 'groupObject', undefined),
  own(21, 'protocolGUID', 'sProtGuid'),
  own(22, 'protocolID', 'sProtId'),
  own(23, 'userObject', undefined),
  own(24, 'ip6Address', undefined),

  // Conferences.
  own(30, 'conferenceBlob', undefined, { rule: 'octetStringMatch', single: true }),
  own(31, 'isEncrypted', undefined),
  own(32, 'originator', undefined),
  own(33, 'generalDescription', undefined),
  // How times are written is not specified anywhere; text of one form still sorts.
  own(34, 'startTime', undefined),
  own(35, 'stopTime', undefined),
  own(36, 'advertisingScope', undefined),
  own(37, 'announcementScope', undefined),
  own(38, 'attendees', undefined),
  own(39, 'attendeesCount', undefined),
  own(40, 'confAddr', undefined),
  own(41, 'contactInformation', undefined),
  own(42, 'maxAttendeesCount', undefined),
  own(43, 'rating', undefined),
  own(44, 'subType', undefined),
  own(45, 'url', undefined, { rule: 'caseExactMatch' }),
  // of the project's own schema, as other servers have it
  { names: ['rdvOrigin'], oid: `${SCHEMA_ARC}.1.17`, rule: 'caseExactMatch', single: true },
  // Operational, so that it is sent to those alone who ask for it by name.
  { names: [MEDIA_KEY], oid: `${SCHEMA_ARC}.1.18`, rule: 'caseExactMatch', operational: true },
  {
    names: ['ntSecurityDescriptor'],
    oid: '1.2.840.113556.1.5.108.1103010708070215150108150101130009121504000012000415120210000708',
    rule: 'octetStringMatch',
    single: true,
  },
  { names: ['schemaIDGUID'], oid: '1.2.840.113556.1.4.148', rule: 'octetStringMatch', single: true },

  // RFC 2589 §5. Clients may write entryTtl here, as locator clients do; `sTTL` is the same in minutes.
  {
    names: ['entryTtl'],
    oid: '1.3.6.1.4.1.1466.101.119.3',
    rule: 'integerMatch',
    single: true,
    operational: true,
  },

  // RFC 4512 §3.4, 4.2 and RFC 4530, 5020.
  { names: ['createTimestamp'], oid: '2.5.18.1', rule: 'generalizedTimeMatch', ...operational },
  { names: ['modifyTimestamp'], oid: '2.5.18.2', rule: 'generalizedTimeMatch', ...operational },
  { names: ['creatorsName'], oid: '2.5.18.3', rule: 'distinguishedNameMatch', ...operational },
  { names: ['modifiersName'], oid: '2.5.18.4', rule: 'distinguishedNameMatch', ...operational },
  { names: ['hasSubordinates'], oid: '2.5.18.9', rule: 'booleanMatch', ...operational },
  { names: ['numSubordinates'], oid: '1.3.6.1.4.1.453.16.2.103', rule: 'integerMatch', ...operational },
  { names: ['subschemaSubentry'], oid: '2.5.18.10', rule: 'distinguishedNameMatch', ...operational },
  { names: ['structuralObjectClass'], oid: '2.5.21.9', rule: 'objectIdentifierMatch', ...operational },
  { names: ['entryUUID'], oid: '1.3.6.1.1.16.4', rule: 'uuidMatch', ...operational },
  // Of OpenLDAP, whose replicas ask for them.
  { names: ['entryCSN'], oid: '1.3.6.1.4.1.4203.666.1.7', rule: 'caseExactMatch', ...operational },
  {
    names: ['contextCSN'],
    oid: '1.3.6.1.4.1.4203.666.1.25',
    rule: 'caseExactMatch',
    ...operational,
    single: false,
  },
  { names: ['entryDN'], oid: '1.3.6.1.1.20', rule: 'distinguishedNameMatch', ...operational },
  { names: ['attributeTypes'], oid: '2.5.21.5', rule: 'caseIgnoreMatch', ...operational, single: false },
  { names: ['objectClasses'], oid: '2.5.21.6', rule: 'caseIgnoreMatch', ...operational, single: false },
  { names: ['matchingRules'], oid: '2.5.21.4', rule: 'caseIgnoreMatch', ...operational, single: false },
  {
    names: ['ldapSyntaxes'],
    oid: '1.3.6.1.4.1.1466.101.120.16',
    rule: 'caseIgnoreMatch',
    ...operational,
    single: false,
  },

  // RFC 4512 §5.1, RFC 3045 and RFC 2589 §5: attributes of the root DSE.
  {
    names: ['namingContexts'],
    oid: '1.3.6.1.4.1.1466.101.120.5',
    rule: 'distinguishedNameMatch',
    ...operational,
    single: false,
  },
  {
    names: ['altServer'],
    oid: '1.3.6.1.4.1.1466.101.120.6',
    rule: 'caseExactIA5Match',
    ...operational,
    single: false,
  },
  {
    names: ['supportedExtension'],
    oid: '1.3.6.1.4.1.1466.101.120.7',
    rule: 'objectIdentifierMatch',
    ...operational,
    single: false,
  },
  {
    names: ['supportedControl'],
    oid: '1.3.6.1.4.1.1466.101.120.13',
    rule: 'objectIdentifierMatch',
    ...operational,
    single: false,
  },
  {
    names: ['supportedSASLMechanisms'],
    oid: '1.3.6.1.4.1.1466.101.120.14',
    rule: 'caseIgnoreMatch',
    ...operational,
    single: false,
  },
  {
    names: ['supportedLDAPVersion'],
    oid: '1.3.6.1.4.1.1466.101.120.15',
    rule: 'integerMatch',
    ...operational,
    single: false,
  },
  {
    names: ['supportedFeatures'],
    oid: '1.3.6.1.4.1.4203.1.3.5',
    rule: 'objectIdentifierMatch',
    ...operational,
    single: false,
  },
  { names: ['vendorName'], oid: '1.3.6.1.1.4', rule: 'caseExactMatch', ...operational },
  { names: ['vendorVersion'], oid: '1.3.6.1.1.5', rule: 'caseExactMatch', ...operational },
  {
    names: ['dynamicSubtrees'],
    oid: '1.3.6.1.4.1.1466.101.119.4',
    rule: 'distinguishedNameMatch',
    ...operational,
    single: false,
  },
];

const LOCATOR = '1.2.840.113556.1.4.611.11030107080515';
const LOCATOR_END = '03150108150101130009121504000012000415120210000708';

const CAPABILITIES = ['ILSA26214430', 'ILSA26279966', 'ILSA32833566', 'ILSA32964638', 'ILSA39321630'];
const APPLICATION = [
  'applicationID',
  'appName',
  'guid',
  'mimeType',
  'port',
  'protocolGUID',
  'protocolID',
  'protocolMimeType',
];

/**
 * What is in `must` is checked after the server has derived what stands in the RDN. `may` is published but not
 * enforced: locator clients put attributes of their application on the person.
 */
export const OBJECT_CLASSES: readonly ObjectClassData[] = [
  { name: 'top', oid: '2.5.6.0', kind: 'ABSTRACT', must: ['objectClass'], may: [] },
  {
    name: 'organization',
    oid: '2.5.6.4',
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['o'],
    may: ['description', 'l', 'telephoneNumber', 'seeAlso'],
  },
  {
    name: 'organizationalUnit',
    oid: '2.5.6.5',
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['ou'],
    may: ['description', 'l', 'telephoneNumber', 'seeAlso'],
  },
  {
    name: 'applicationProcess',
    oid: '2.5.6.11',
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['cn'],
    may: ['description', 'l', 'ou', 'seeAlso'],
  },
  { name: 'subentry', oid: '2.5.17.0', kind: 'STRUCTURAL', superior: 'top', must: ['cn'], may: [] },
  {
    name: 'subschema',
    oid: '2.5.20.1',
    kind: 'AUXILIARY',
    superior: 'top',
    must: [],
    may: ['attributeTypes', 'objectClasses', 'matchingRules', 'ldapSyntaxes'],
  },
  {
    name: 'dynamicObject',
    oid: '1.3.6.1.4.1.1466.101.119.2',
    kind: 'AUXILIARY',
    superior: 'top',
    must: [],
    may: [],
  },
  {
    name: 'rtApplication',
    oid: `${OWN}.2.1`,
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['appName'],
    may: ['description'],
  },
  {
    name: 'rtPerson',
    oid: `${LOCATOR}04${LOCATOR_END.slice(2)}`,
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['cn'],
    may: [
      'c',
      'comment',
      'givenName',
      'sn',
      'mail',
      'location',
      'o',
      'ipAddress',
      'ip6Address',
      'telephoneNumber',
      ...APPLICATION,
      'sFlags',
      'smodop',
      'securityToken',
      ...CAPABILITIES,
      'dwFlags',
      'friendlyName',
      'ntSecurityDescriptor',
    ],
  },
  {
    name: 'rtApplicationUser',
    oid: `${LOCATOR}${LOCATOR_END}`,
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['cn'],
    may: [...APPLICATION, 'groupObject', ...CAPABILITIES, 'sFlags', 'userObject', 'ntSecurityDescriptor'],
  },
  {
    name: 'rtConference',
    oid: `${LOCATOR}01${LOCATOR_END.slice(2)}`,
    kind: 'STRUCTURAL',
    superior: 'top',
    must: ['uid', 'cn'],
    may: [
      'protocolID',
      'conferenceBlob',
      'ntSecurityDescriptor',
      'isEncrypted',
      'originator',
      'generalDescription',
      'startTime',
      'stopTime',
      'advertisingScope',
      'announcementScope',
      'applicationID',
      'attendees',
      'attendeesCount',
      'confAddr',
      'contactInformation',
      'maxAttendeesCount',
      'rating',
      'subType',
      'url',
      'rdvOrigin',
      'description',
    ],
  },
];
