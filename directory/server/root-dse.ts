import { EXTENDED } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import type { Entry } from './entry.ts';
import { MONITOR } from './monitor.ts';
import { SUPPORTED_CONTROLS } from './request-controls.ts';
import { APPLICATIONS, DYNAMIC, entryAttributes, SCHEMA, setText, SUFFIX, VENDOR_VERSION } from './tree.ts';

const EXTENSIONS: readonly string[] = [
  EXTENDED.refresh,
  EXTENDED.whoAmI,
  EXTENDED.cancel,
  EXTENDED.passwordModify,
];

const dse: Entry = {
  id: 0,
  parent: 0,
  path: '',
  dn: '',
  expires: undefined,
  csn: 0,
  attributes: entryAttributes({
    objectClass: ['top'],
    namingContexts: [SUFFIX],
    supportedLDAPVersion: ['2', '3'],
    supportedControl: SUPPORTED_CONTROLS,
    supportedExtension: EXTENSIONS,
    supportedFeatures: [
      '1.3.6.1.1.14', // modify-increment, RFC 4525
      '1.3.6.1.4.1.4203.1.5.1', // "+" for all operational attributes, RFC 3673
      '1.3.6.1.4.1.4203.1.5.3', // true and false filters, RFC 4526
      '1.3.6.1.4.1.4203.1.5.4', // language tag options, RFC 3866
    ],
    dynamicSubtrees: [DYNAMIC, APPLICATIONS],
    subschemaSubentry: [SCHEMA],
    monitorContext: [MONITOR],
    entryDN: [''],
    structuralObjectClass: ['top'],
    vendorName: ['Rendezvous'],
    vendorVersion: [VENDOR_VERSION],
  }),
};

/** The entry of the empty DN, which tells what this server is, and how `who` may authenticate (RFC 4512 §5.1). */
export function rootDse({ saslMechanisms, canStartTls }: Identity): Entry {
  const attributes = new Map(dse.attributes);
  setText(attributes, 'supportedSASLMechanisms', ...saslMechanisms);
  if (canStartTls) setText(attributes, 'supportedExtension', ...EXTENSIONS, EXTENDED.startTls);
  return { ...dse, attributes };
}
