import { describe, expect, test } from 'vitest';
import {
  accountDn,
  type LocatorService,
  makeSecret,
  networkPeer,
  type Peer,
} from '../../../directory/server/index.ts';
import { salted, SHA256 } from '../../sasl/support.ts';
import {
  type BindRequest,
  decodeGeneratedPassword,
  encodePasswordModifyRequest,
  EXTENDED,
  RESULT,
  utf8Bytes,
  utf8Text,
} from '../../../src/ldap/index.ts';
import { ScramClient, serializePlain } from '../../../src/sasl/index.ts';
import { type Answer, conferenceDn, searchRequest, TestClient, testService } from './support.ts';

const ADMIN = 'cn=Admin,o=Intranet';
const ANN = accountDn('ann');
const NETWORK = networkPeer('192.0.2.1', 4000);
const SECURE: Peer = { ...NETWORK, isSecure: true };
const CERTIFIED: Peer = { ...SECURE, external: { dn: 'cn=bob,dc=example', isAdmin: false } };

const secrets = { admin: await makeSecret('secret'), ann: await makeSecret('pässword') };

/** A service with an administrator and the account `ann`. */
function service(options: Parameters<typeof testService>[0] = {}): ReturnType<typeof testService> {
  const { password: passwordHash, scram } = secrets.admin;
  const t = testService({ admin: { dn: ADMIN, passwordHash, scram }, ...options });
  t.service.principals.add('ann', secrets.ann);
  return t;
}

const bindRequest = (authentication: BindRequest['authentication'], name = ''): BindRequest => ({
  type: 'bindRequest',
  version: 3,
  name,
  authentication,
});
const simple = (name: string, password: string): BindRequest =>
  bindRequest({ kind: 'simple', password: utf8Bytes(password) }, name);
const sasl = (mechanism: string, credentials?: Uint8Array): BindRequest =>
  bindRequest({ kind: 'sasl', mechanism, ...(credentials === undefined ? {} : { credentials }) });
const plain = (authcid: string, password: string, authzid = ''): BindRequest =>
  sasl('PLAIN', serializePlain({ authzid, authcid, password }));

async function whoAmI(client: TestClient): Promise<string> {
  const { done } = await client.request({ type: 'extendedRequest', requestName: EXTENDED.whoAmI });
  return 'responseValue' in done.op ? (utf8Text(done.op.responseValue ?? new Uint8Array(0)) ?? '') : '';
}
const credentialsOf = ({ done }: Answer): Uint8Array =>
  ('serverSaslCreds' in done.op ? done.op.serverSaslCreds : undefined) ?? new Uint8Array(0);

async function scram(client: TestClient, name: string, password: string, authzid = ''): Promise<Answer> {
  const machine = new ScramClient(SHA256, { name, authzid, nonce: 'fyko+d2lbbFgONRv9qkxdawL' });
  const challenged = await client.request(sasl('SCRAM-SHA-256', machine.first()));
  expect(challenged.code).toBe(RESULT.saslBindInProgress);
  const { salt, iterations } = machine.handleServerFirst(credentialsOf(challenged));
  const answer = await client.request(
    sasl('SCRAM-SHA-256', machine.final(salted(password, salt, iterations))),
  );
  if (answer.code === RESULT.success) machine.handleServerFinal(credentialsOf(answer));
  return answer;
}

describe('an account', () => {
  test('[DIR-08] binds by simple, PLAIN and SCRAM, and is the same one each time', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    expect((await client.request(simple(ANN, 'pässword'))).code).toBe(RESULT.success);
    expect(await whoAmI(client)).toBe(`dn:${ANN}`);
    expect((await client.request(plain('ann', 'pässword'))).code).toBe(RESULT.success);
    expect(await whoAmI(client)).toBe(`dn:${ANN}`);
    expect((await client.request(plain(ANN.toUpperCase(), 'pässword', `dn:${ANN}`))).code).toBe(0);
    expect((await scram(client, 'ann', 'pässword')).code).toBe(RESULT.success);
    expect(await whoAmI(client)).toBe(`dn:${ANN}`);
    expect((await scram(client, 'ann', 'pässword', 'u:ann')).code).toBe(RESULT.success);
    expect((await client.addConference('hers')).code).toBe(RESULT.success);
    expect((await client.read(conferenceDn('hers'), 'creatorsName'))?.attributes.creatorsName).toEqual([ANN]);
  });

  test('[DIR-08] the administrator too', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    for (const name of ['admin', ADMIN]) {
      expect((await scram(client, name, 'secret')).code).toBe(RESULT.success);
      expect((await client.request(plain(name, 'secret'))).code).toBe(RESULT.success);
      expect(await whoAmI(client)).toBe(`dn:${ADMIN}`);
    }
  });

  test('does not bind with a wrong password, nor does one that does not exist, and nobody is told which', async () => {
    using t = service();
    const client = new TestClient(t.service, { ...SECURE, address: undefined });
    for (const name of ['ann', 'nobody']) {
      const failed = { code: RESULT.invalidCredentials, message: 'name or password is wrong' };
      expect(await client.request(simple(accountDn(name), 'wrong'))).toMatchObject(failed);
      expect(await client.request(plain(name, 'wrong'))).toMatchObject(failed);
      expect(await scram(client, name, 'wrong')).toMatchObject(failed);
      expect(await whoAmI(client)).toBe('');
    }
    const salts = await Promise.all(
      ['nobody', 'nobody', 'ann'].map(async (name) => {
        const other = new TestClient(t.service, SECURE);
        const machine = new ScramClient(SHA256, { name, nonce: 'fyko+d2lbbFgONRv9qkxdawL' });
        const { salt, iterations } = machine.handleServerFirst(
          credentialsOf(await other.request(sasl('SCRAM-SHA-256', machine.first()))),
        );
        return `${Buffer.from(salt).toString('hex')} ${iterations}`;
      }),
    );
    expect(salts[0]).toBe(salts[1]);
    expect(salts[0]).toMatch(/^[0-9a-f]{32} 32768$/);
    expect(salts[2]).toMatch(/^[0-9a-f]{32} 32768$/);
  });

  test('that is dynamic binds only as long as it lives', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    await client.request(simple(ADMIN, 'secret'));
    const dn = accountDn('guest');
    await client.add(dn, { objectClass: ['applicationProcess', 'dynamicObject'], entryTTL: '60' });
    t.service.principals.setSecret('guest', secrets.ann);
    expect((await client.request(simple(dn, 'pässword'))).code).toBe(RESULT.success);
    t.clock.advance(61_000);
    expect((await client.request(simple(dn, 'pässword'))).code).toBe(RESULT.invalidCredentials);
  });

  test('acts as nobody else', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    expect((await client.request(plain('ann', 'pässword', `dn:${ADMIN}`))).code).toBe(
      RESULT.authorizationDenied,
    );
    expect(await whoAmI(client)).toBe('');
    expect((await scram(client, 'ann', 'pässword', 'u:admin')).code).toBe(RESULT.authorizationDenied);
  });

  test('shows nothing of its password to anybody', async () => {
    using t = service();
    await t.client.request(simple(ADMIN, 'secret'));
    const { entries } = await t.client.search('(objectClass=*)', { attributes: ['*', '+'] });
    const ann = entries.find(({ dn }) => dn === ANN);
    expect(Object.keys(ann?.attributes ?? {}).filter((name) => /password|scram|secret/i.test(name))).toEqual(
      [],
    );
    expect(JSON.stringify(entries)).not.toContain('scrypt');
    for (const attribute of ['userPassword', 'authPassword']) {
      expect((await t.client.search(`(${attribute}=*)`)).entries).toEqual([]);
    }
    t.service.principals.delete('ann');
    expect((await t.client.request(simple(ANN, 'pässword'))).code).toBe(RESULT.invalidCredentials);
  });

  test('is made and removed by the administrator only', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    await client.request(simple(ANN, 'pässword'));
    const denied = {
      code: RESULT.insufficientAccessRights,
      message: expect.stringContaining('administrator'),
    };
    const eve = { objectClass: 'applicationProcess' };
    for (const dn of [accountDn('eve'), 'cn=eve,OU=\\41ccounts,ou=Admin,o=Intranet', `cn=x,${ANN}`]) {
      expect(await client.add(dn, eve)).toMatchObject(denied);
    }
    expect(await client.request({ type: 'delRequest', entry: ANN })).toMatchObject(denied);
    expect(await client.replace(ANN, 'description', 'x')).toMatchObject(denied);
    await client.request(simple(ADMIN, 'secret'));
    expect((await client.add(accountDn('eve'), eve)).code).toBe(RESULT.success);
    // it has no password yet
    expect((await client.request(simple(accountDn('eve'), ''))).code).toBe(RESULT.unwillingToPerform);
    expect((await client.request(simple(accountDn('eve'), 'x'))).code).toBe(RESULT.invalidCredentials);
  });
});

describe('what is offered depends on the connection', () => {
  test.each([
    { name: 'in the clear', peer: NETWORK, offered: ['SCRAM-SHA-256'] },
    { name: 'over TLS', peer: SECURE, offered: ['SCRAM-SHA-256', 'PLAIN'] },
    { name: 'with a certificate', peer: CERTIFIED, offered: ['EXTERNAL', 'SCRAM-SHA-256', 'PLAIN'] },
  ])('$name', async ({ peer, offered }) => {
    using t = service();
    const client = new TestClient(t.service, peer);
    const dse = await client.read('', 'supportedSASLMechanisms');
    expect(dse?.attributes.supportedSASLMechanisms).toEqual(offered);
    for (const mechanism of ['EXTERNAL', 'PLAIN', 'GSSAPI'].filter((it) => !offered.includes(it))) {
      expect((await client.request(sasl(mechanism, new Uint8Array(0)))).code).toBe(
        RESULT.authMethodNotSupported,
      );
    }
  });

  test('[DIR-08] EXTERNAL is the subject of the certificate', async () => {
    using t = service();
    const client = new TestClient(t.service, CERTIFIED);
    expect((await client.request(sasl('EXTERNAL'))).code).toBe(RESULT.success);
    expect(await whoAmI(client)).toBe('dn:cn=bob,dc=example');
    expect((await client.request(sasl('EXTERNAL', utf8Bytes('dn:cn=bob,dc=example')))).code).toBe(0);
    expect((await client.request(sasl('EXTERNAL', utf8Bytes('dn:cn=eve')))).code).toBe(
      RESULT.authorizationDenied,
    );
  });

  test('a first message that is missing is asked for; a new bind ends the exchange before it', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    const asked = await client.request(sasl('PLAIN'));
    expect(asked.code).toBe(RESULT.saslBindInProgress);
    expect(credentialsOf(asked)).toEqual(new Uint8Array(0));
    expect((await client.request(plain('ann', 'pässword'))).code).toBe(RESULT.success);
    const machine = new ScramClient(SHA256, { name: 'ann', nonce: 'fyko+d2lbbFgONRv9qkxdawL' });
    const first = await client.request(sasl('SCRAM-SHA-256', machine.first()));
    const { salt, iterations } = machine.handleServerFirst(credentialsOf(first));
    expect((await client.request(simple('', ''))).code).toBe(RESULT.success);
    const late = await client.request(
      sasl('SCRAM-SHA-256', machine.final(salted('pässword', salt, iterations))),
    );
    expect(late.code).toBe(RESULT.invalidCredentials);
  });

  test('passwords in the clear can be refused off this computer', async () => {
    using t = service({ requireTls: true });
    const far = new TestClient(t.service, NETWORK);
    expect(await far.request(simple(ANN, 'pässword'))).toMatchObject({
      code: RESULT.confidentialityRequired,
      message: expect.stringContaining('StartTLS'),
    });
    expect((await far.request(simple('', ''))).code).toBe(RESULT.success);
    expect((await scram(far, 'ann', 'pässword')).code).toBe(RESULT.success);
    const near = new TestClient(t.service, networkPeer('127.0.0.1', 4000));
    expect((await near.request(simple(ANN, 'pässword'))).code).toBe(RESULT.success);
    const safe = new TestClient(t.service, SECURE);
    expect((await safe.request(simple(ANN, 'pässword'))).code).toBe(RESULT.success);
  });
});

describe('Password Modify (RFC 3062)', () => {
  const modify = (
    client: TestClient,
    value: { user?: string; old?: string; new?: string },
  ): Promise<Answer> => {
    const { user, old, new: next } = value;
    return client.request({
      type: 'extendedRequest',
      requestName: EXTENDED.passwordModify,
      requestValue: encodePasswordModifyRequest({
        ...(user === undefined ? {} : { userIdentity: user }),
        ...(old === undefined ? {} : { oldPassword: utf8Bytes(old) }),
        ...(next === undefined ? {} : { newPassword: utf8Bytes(next) }),
      }),
    });
  };
  const canBind = async (s: LocatorService, password: string): Promise<boolean> => {
    const client = new TestClient(s, { ...SECURE, address: undefined });
    return (
      (await client.request(simple(ANN, password))).code === RESULT.success &&
      (await scram(client, 'ann', password)).code === RESULT.success
    );
  };

  test('one’s own', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    expect((await modify(client, { user: ANN, new: 'x' })).code).toBe(RESULT.strongerAuthRequired);
    await client.request(simple(ANN, 'pässword'));
    expect((await modify(client, { old: 'wrong', new: 'next' })).code).toBe(RESULT.invalidCredentials);
    expect((await modify(client, { old: 'pässword', new: 'next' })).code).toBe(RESULT.success);
    expect([await canBind(t.service, 'pässword'), await canBind(t.service, 'next')]).toEqual([false, true]);
    expect((await modify(client, { new: '' })).code).toBe(RESULT.constraintViolation);
    expect((await modify(client, { user: ADMIN, new: 'x' })).code).toBe(RESULT.insufficientAccessRights);
  });

  test('one that the server makes', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    await client.request(simple(ANN, 'pässword'));
    const { done } = await client.request({
      type: 'extendedRequest',
      requestName: EXTENDED.passwordModify,
    });
    const value = 'responseValue' in done.op ? done.op.responseValue : undefined;
    const made = utf8Text(decodeGeneratedPassword(value ?? new Uint8Array(0)) ?? new Uint8Array(0)) ?? '';
    expect(made).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(await canBind(t.service, made)).toBe(true);
  });

  test('the administrator sets that of others, also of an account added over LDAP, but not his own', async () => {
    using t = service();
    const client = new TestClient(t.service, SECURE);
    await client.request(simple(ADMIN, 'secret'));
    expect((await modify(client, { user: ANN, new: 'next' })).code).toBe(RESULT.success);
    expect(await canBind(t.service, 'next')).toBe(true);
    await client.add(accountDn('eve'), { objectClass: 'applicationProcess' });
    expect((await modify(client, { user: 'u:eve', new: 'hers' })).code).toBe(RESULT.success);
    expect((await client.request(simple(accountDn('eve'), 'hers'))).code).toBe(RESULT.success);
    await client.request(simple(ADMIN, 'secret'));
    expect(await modify(client, { new: 'x' })).toMatchObject({
      code: RESULT.unwillingToPerform,
      message: expect.stringContaining('configuration'),
    });
    expect((await modify(client, { user: conferenceDn('a'), new: 'x' })).code).toBe(
      RESULT.unwillingToPerform,
    );
  });

  test('not in the clear across a network', async () => {
    using t = service();
    const client = new TestClient(t.service, NETWORK);
    await client.request(simple(ANN, 'pässword'));
    expect((await modify(client, { new: 'next' })).code).toBe(RESULT.confidentialityRequired);
    expect((await client.request(searchRequest('(ou=dynamic)'))).code).toBe(RESULT.success);
  });
});
