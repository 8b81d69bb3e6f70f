import fc from 'fast-check';
import { DecodeError } from '../../src/errors.ts';
import type { Control, Filter, LdapMessage, PartialAttribute, ProtocolOp } from '../../src/ldap/index.ts';

/** Octets from hex digits, blanks ignored. */
export const bytes = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
export const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Whether `read` took its input or refused it as it may; any other error is a fault and passes through. */
export function outcome(read: () => unknown): 'read' | 'refused' {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof DecodeError) return 'refused';
    throw error;
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const octets = fc.uint8Array({ maxLength: 12 });
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,6}$/);
const optional = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(value, { nil: undefined }).map((given) => (given === undefined ? {} : { [key]: given }));

const attribute = (least: number): fc.Arbitrary<PartialAttribute> =>
  fc.record({ type: name, vals: fc.array(octets, { minLength: least, maxLength: 3 }) });

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constant('present' as const), attribute: name }),
  fc.record({
    kind: fc.constantFrom(
      'equality' as const,
      'greaterOrEqual' as const,
      'lessOrEqual' as const,
      'approx' as const,
    ),
    attribute: name,
    value: octets,
  }),
  fc
    .tuple(
      name,
      optional('initial', fc.uint8Array({ minLength: 1, maxLength: 6 })),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 6 }), { maxLength: 3 }),
      optional('final', fc.uint8Array({ minLength: 1, maxLength: 6 })),
    )
    .filter(([, initial, any, final]) => 'initial' in initial || 'final' in final || any.length > 0)
    .map(([type, initial, any, final]) => ({
      kind: 'substrings' as const,
      attribute: type,
      ...initial,
      any,
      ...final,
    })),
  fc
    .tuple(optional('matchingRule', name), optional('attribute', name), octets, fc.boolean())
    .filter(([rule, type]) => 'matchingRule' in rule || 'attribute' in type)
    .map(([rule, type, value, dnAttributes]) => ({
      kind: 'extensible' as const,
      ...rule,
      ...type,
      value,
      dnAttributes,
    })),
);

/** Filters of these leaves, a few levels deep. */
export const filtersOf = (leaves: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> =>
  fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    ),
  })).filter;

/** Any filter. */
export const anyFilter: fc.Arbitrary<Filter> = filtersOf(leaf);

const result = fc
  .tuple(fc.nat(130), text, text, optional('referral', fc.array(text, { minLength: 1, maxLength: 2 })))
  .map(([resultCode, matchedDN, diagnosticMessage, referral]) => ({
    resultCode,
    matchedDN,
    diagnosticMessage,
    ...referral,
  }));
const int = fc.nat(2_147_483_647);

const typed = <T extends string>(type: T): fc.Arbitrary<{ type: T }> => fc.constant({ type });
// The parts together are one operation; whether they fit is for the codec to say.
const merge: (parts: readonly object[]) => ProtocolOp = (parts) => Object.assign({}, ...parts);
const op = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<ProtocolOp> => fc.tuple(...parts).map(merge);

const anyOp: fc.Arbitrary<ProtocolOp> = fc.oneof(
  op(
    typed('bindRequest'),
    fc.record({
      version: fc.integer({ min: 1, max: 127 }),
      name: text,
      authentication: fc.oneof(
        fc.record({ kind: fc.constant('simple'), password: octets }),
        fc
          .tuple(text, optional('credentials', octets))
          .map(([mechanism, credentials]) => ({ kind: 'sasl', mechanism, ...credentials })),
        fc.record({ kind: fc.constant('other'), tag: fc.constantFrom(0x89, 0x8a, 0x8b), octets }),
      ),
    }),
  ),
  op(typed('bindResponse'), result, optional('serverSaslCreds', octets)),
  op(typed('unbindRequest')),
  op(
    typed('searchRequest'),
    fc.record({
      baseObject: text,
      scope: fc.constantFrom('base', 'one', 'sub', 'subordinates'),
      derefAliases: fc.constantFrom('never', 'inSearching', 'findingBaseObj', 'always'),
      sizeLimit: int,
      timeLimit: int,
      typesOnly: fc.boolean(),
      filter: anyFilter,
      attributes: fc.array(text, { maxLength: 4 }),
    }),
  ),
  op(
    typed('searchResultEntry'),
    fc.record({ objectName: text, attributes: fc.array(attribute(0), { maxLength: 3 }) }),
  ),
  op(typed('searchResultReference'), fc.record({ uris: fc.array(text, { minLength: 1, maxLength: 3 }) })),
  op(typed('searchResultDone'), result),
  op(
    typed('modifyRequest'),
    fc.record({
      object: text,
      changes: fc.array(
        fc.record({
          operation: fc.constantFrom('add', 'delete', 'replace', 'increment'),
          modification: attribute(0),
        }),
        { maxLength: 3 },
      ),
    }),
  ),
  op(typed('modifyResponse'), result),
  op(typed('addRequest'), fc.record({ entry: text, attributes: fc.array(attribute(1), { maxLength: 3 }) })),
  op(typed('addResponse'), result),
  op(typed('delRequest'), fc.record({ entry: text })),
  op(typed('delResponse'), result),
  op(
    typed('modDNRequest'),
    fc.record({ entry: text, newRDN: text, deleteOldRDN: fc.boolean() }),
    optional('newSuperior', text),
  ),
  op(typed('modDNResponse'), result),
  op(typed('compareRequest'), fc.record({ entry: text, attribute: text, value: octets })),
  op(typed('compareResponse'), result),
  op(typed('abandonRequest'), fc.record({ abandonId: int })),
  op(typed('extendedRequest'), fc.record({ requestName: text }), optional('requestValue', octets)),
  op(typed('extendedResponse'), result, optional('responseName', text), optional('responseValue', octets)),
  op(typed('intermediateResponse'), optional('responseName', text), optional('responseValue', octets)),
);

const control: fc.Arbitrary<Control> = fc
  .tuple(name, fc.boolean(), optional('controlValue', octets))
  .map(([controlType, criticality, value]) => ({ controlType, criticality, ...value }));

/** Any message, request or response. */
export const anyMessage: fc.Arbitrary<LdapMessage> = fc
  .tuple(int, anyOp, optional('controls', fc.array(control, { minLength: 1, maxLength: 2 })))
  .map(([messageId, anOp, controls]) => ({ messageId, op: anOp, ...controls }));
