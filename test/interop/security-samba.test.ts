import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  formatSddl,
  parseSddl,
  parseSecurityDescriptor,
  type SecurityDescriptor,
  serializeSecurityDescriptor,
} from '../../src/security/index.ts';
import { fromHex, toHex } from '../security/support.ts';

const DOMAIN = 'S-1-5-21-1-2-3';
/** Text to bytes and back by Samba, one descriptor to a line. The system's own Python has its modules. */
const SAMBA = `
import sys
from samba.dcerpc import security
from samba.ndr import ndr_pack
domain = security.dom_sid(sys.argv[1])
for line in sys.stdin.read().splitlines():
    sd = security.descriptor.from_sddl(line, domain)
    print(ndr_pack(sd).hex(), sd.as_sddl(domain))
`;

const SAMPLES = [
  'D:(A;;GR;;;WD)(A;;GA;;;CO)',
  'O:BAG:BAD:P(A;OICI;GA;;;SY)(D;;GW;;;AN)',
  'O:DAG:DUD:PAI(A;CIID;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(OA;CIIO;RP;bf967aba-0de6-11d0-a285-00aa003049e2;;PS)',
  'O:S-1-5-21-1-2-3-1104D:AI(A;;RPLCLORC;;;AU)(OD;;CC;;bf967aba-0de6-11d0-a285-00aa003049e2;WD)',
  'D:(A;;GAGRGWGX;;;BU)S:AI(AU;SAFA;WDWO;;;WD)(OU;CISA;WP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;WD)',
];

function withRevision4(sd: SecurityDescriptor): SecurityDescriptor {
  const { dacl, sacl } = sd;
  return {
    ...sd,
    ...(dacl ? { dacl: { ...dacl, revision: 4 } } : {}),
    ...(sacl ? { sacl: { ...sacl, revision: 4 } } : {}),
  };
}

test('[OBJ-06] Samba makes the same bytes of the same text', () => {
  const lines = execFileSync('/usr/bin/python3', ['-c', SAMBA, DOMAIN], { input: SAMPLES.join('\n') })
    .toString()
    .trim()
    .split('\n');
  expect(lines).toHaveLength(SAMPLES.length);
  for (const [index, line] of lines.entries()) {
    const [hex = '', text = ''] = line.split(' ');
    const ours = parseSddl(SAMPLES[index]!, { domain: DOMAIN });
    expect(parseSddl(text, { domain: DOMAIN })).toEqual(ours);
    expect(formatSddl(ours, { domain: DOMAIN })).toBe(text);
    // Samba writes every list as revision 4, we one without object ACEs as revision 2 as Windows does.
    const theirs = parseSecurityDescriptor(fromHex(hex));
    expect(toHex(serializeSecurityDescriptor(theirs))).toBe(hex);
    expect(toHex(serializeSecurityDescriptor(withRevision4(ours)))).toBe(hex);
  }
});
