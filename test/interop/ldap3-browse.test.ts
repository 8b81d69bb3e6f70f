import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { listeningService } from '../support/listening-service.ts';

/** Reads the root DSE, the schema and the tree as an LDAP browser does. The system's own Python has its modules. */
const BROWSE = `
import sys, json
from ldap3 import Server, Connection, ALL, BASE, LEVEL, ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES
server = Server(sys.argv[1], get_info=ALL)
with Connection(server, auto_bind=True) as c:
    schema = server.schema
    types = schema.attribute_types
    broken = [n for n, t in types.items() if not t.equality or not t.syntax]
    classes = schema.object_classes
    missing = [(n, a) for n, o in classes.items() for a in list(o.must_contain) + list(o.may_contain) if a not in types]
    c.search('o=Intranet', '(objectClass=*)', LEVEL, attributes=[ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES])
    found = {e.entry_dn: {k: [str(v) for v in e[k].values] for k in e.entry_attributes} for e in c.entries}
    print(json.dumps(dict(
        contexts=list(server.info.naming_contexts), controls=[o[0] for o in server.info.supported_controls],
        types=len(types), classes=len(classes), rules=len(schema.matching_rules), syntaxes=len(schema.ldap_syntaxes),
        broken=broken, missing=missing, found=found)))
`;

interface Browsed {
  readonly contexts: readonly string[];
  readonly controls: readonly string[];
  readonly types: number;
  readonly classes: number;
  readonly rules: number;
  readonly syntaxes: number;
  readonly broken: readonly string[];
  readonly missing: readonly unknown[];
  readonly found: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

test('[DIR-03] a browser written in Python reads the root DSE, the whole schema and the tree', async () => {
  await using running = await listeningService();
  const { listener } = running;
  const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-c', BROWSE, listener.url]);
  const seen: Browsed = JSON.parse(stdout);
  expect(seen.contexts).toEqual(['o=Intranet']);
  expect(seen.controls).toEqual(
    expect.arrayContaining(['1.2.840.113556.1.4.473', '1.3.6.1.1.12', '1.3.6.1.1.13.1']),
  );
  expect([seen.broken, seen.missing]).toEqual([[], []]);
  expect(seen.types).toBeGreaterThan(80);
  expect(seen.classes).toBeGreaterThan(10);
  expect(seen.rules).toBeGreaterThan(20);
  expect(seen.syntaxes).toBeGreaterThan(10);
  expect(seen.found['ou=Dynamic,o=Intranet']).toMatchObject({
    structuralObjectClass: ['organizationalUnit'],
    subschemaSubentry: ['cn=Schema,ou=Admin,o=Intranet'],
    hasSubordinates: ['False'],
  });
});
