"""A session of python3-ldap3 with the service: what it does prints one JSON object. argv: host, port, tls port, CA, cert, key."""
import json
import ssl
import sys

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.protocol.rfc4511 import Control  # noqa: F401  (proves that the codec is there)

host, port, tls_port, ca, cert, key = sys.argv[1:7]
BASE = 'ou=Dynamic,o=Intranet'
ADMIN, PASSWORD = 'cn=admin,o=Intranet', 'secret'
out = {}

tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca, local_certificate_file=cert, local_private_key_file=key)
server = ldap3.Server(host, port=int(port), get_info=ldap3.ALL, tls=tls)
with ldap3.Connection(server, ADMIN, PASSWORD, auto_bind=True, raise_exceptions=True) as c:
    out['naming contexts'] = server.info.naming_contexts
    out['dynamic'] = server.info.other['dynamicSubtrees']
    # ldap3 reads the whole schema and holds every entry it is given against it.
    out['class'] = sorted(server.schema.object_classes['rtConference'].must_contain)
    out['alias'] = server.schema.attribute_types['sIPAddress'].name
    out['who'] = c.extend.standard.who_am_i()
    for number in range(25):
        c.add(f'uid=py {number:02},{BASE}', ['rtConference', 'dynamicObject'],
              {'protocolID': 'IP Conference', 'conferenceBlob': b'v=0\r\n\x00\xff', 'rating': number})
    out['pages'] = len(list(c.extend.standard.paged_search(
        BASE, '(uid=py*)', ldap3.LEVEL, attributes=['uid'], paged_size=7, generator=True)))
    c.modify(f'uid=py 00,{BASE}', {
        'originator': [(ldap3.MODIFY_ADD, ['Ännä', 'bob'])],
        'rating': [(ldap3.MODIFY_INCREMENT, [5])],
        'entryTtl': [(ldap3.MODIFY_REPLACE, [900])]})
    c.search(f'uid=py 00,{BASE}', '(objectClass=*)', ldap3.BASE, attributes=['*', 'entryTtl', 'creatorsName'])
    entry = c.entries[0]
    out['entry'] = [entry.originator.values, entry.rating.values, entry.entryTtl.value, entry.creatorsName.value]
    out['blob'] = entry.conferenceBlob.raw_values[0].hex()
    out['compare'] = [c.compare(f'uid=py 00,{BASE}', 'originator', 'BOB'), c.compare(f'uid=py 00,{BASE}', 'originator', 'eve')]
    c.modify_dn(f'uid=py 00,{BASE}', 'uid=renamed')
    c.search(BASE, '(&(uid=renamed)(!(uid=py*)))', attributes=['uid'])
    out['renamed'] = [entry.entry_dn for entry in c.entries]
    try:
        c.add(f'uid=renamed,{BASE}', ['rtConference', 'dynamicObject'])
    except LDAPException as error:
        out['again'] = error.description
    for dn in [f'uid=renamed,{BASE}'] + [f'uid=py {number:02},{BASE}' for number in range(1, 25)]:
        c.delete(dn)
    c.search(BASE, '(uid=py*)')
    out['left'] = len(c.entries)

with ldap3.Connection(server, ADMIN, PASSWORD, auto_bind=ldap3.AUTO_BIND_TLS_BEFORE_BIND, raise_exceptions=True) as c:
    out['StartTLS'] = [c.tls_started, c.extend.standard.who_am_i()]
secure = ldap3.Server(host, port=int(tls_port), use_ssl=True, tls=tls)
for mechanism, credentials in [(ldap3.EXTERNAL, None), (ldap3.PLAIN, (None, 'admin', PASSWORD))]:
    with ldap3.Connection(secure, authentication=ldap3.SASL, sasl_mechanism=mechanism,
                          sasl_credentials=credentials, auto_bind=True, raise_exceptions=True) as c:
        out[mechanism] = c.extend.standard.who_am_i()
with ldap3.Connection(ldap3.Server(host, port=int(port)), version=2, auto_bind=True, raise_exceptions=True) as c:
    out['version 2'] = c.search('o=Intranet', '(ou=Dynamic)')
print(json.dumps(out))
