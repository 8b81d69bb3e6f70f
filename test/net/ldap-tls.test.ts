import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createConference,
  type Credentials,
  DirectoryUnavailableError,
  NotPermittedError,
  openDirectory,
  type OpenDirectoryOptions,
} from '../../directory/index.ts';
import {
  createLocatorService,
  type Listener,
  listen,
  listenLocal,
  type LocatorService,
  makeSecret,
  openStore,
  type Secret,
  ServerTls,
} from '../../directory/server/index.ts';
import { InvalidValueError, NetworkError } from '../../src/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  EXTENDED,
  LdapFramer,
  type LdapMessage,
  type LdapRequest,
  RESULT,
  utf8Text,
} from '../../src/ldap/index.ts';
import { searchRequest } from '../directory/server/support.ts';
import { type Certificates, CLIENT_DN, makeCertificates } from '../support/certificates.ts';

let folder: string;
let certificates: Certificates;
let secret: Secret;
let service: LocatorService;
let tls: ServerTls;
let listener: Listener;
let safe: Listener;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rendezvous-tls-'));
  certificates = makeCertificates(folder);
  secret = await makeSecret('hush');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  service = createLocatorService({ store: openStore({ path: ':memory:' }), sweepSeconds: 0 });
  service.principals.add('ann', secret);
  const { cert: certFile, key: keyFile } = certificates.server;
  tls = new ServerTls({ certFile, keyFile, caFile: certificates.ca });
  listener = await listen(service, { port: 0, tls });
  safe = await listen(service, { port: 0, tls, isTlsOnly: true });
});
afterEach(async () => {
  await Promise.all([listener.close(), safe.close()]);
  service.close();
  service.context.store.close();
});

/** A client of single messages. */
class Talker {
  readonly messages: LdapMessage[] = [];
  readonly #framer = new LdapFramer();
  stream: Duplex;

  constructor(stream: Duplex) {
    this.stream = stream;
    this.#listen(stream);
  }
  send(messageId: number, op: LdapRequest): void {
    this.stream.write(encodeMessage({ messageId, op }));
  }
  /** The answer to a request that was sent. */
  async answer(messageId: number): Promise<LdapMessage['op'] & { resultCode?: number }> {
    for (;;) {
      const found = this.messages.find((it) => it.messageId === messageId && 'resultCode' in it.op);
      if (found !== undefined) return found.op;
      await once(this.stream, 'data');
    }
  }
  /** The client's side of the handshake. */
  async secure(): Promise<void> {
    const plain = this.stream;
    plain.removeAllListeners('data');
    const ca = readFileSync(certificates.ca);
    const secured = connectTls({ socket: plain, ca, servername: 'localhost' });
    await once(secured, 'secureConnect');
    this.stream = secured;
    this.#listen(secured);
  }
  #listen(stream: Duplex): void {
    stream.on('error', () => {});
    stream.on('data', (chunk: Uint8Array) => {
      this.#framer.handleBytes(chunk);
      for (let frame; (frame = this.#framer.pollFrame()) !== undefined; ) {
        this.messages.push(decodeMessage(frame));
      }
    });
  }
}

const startTls: LdapRequest = { type: 'extendedRequest', requestName: EXTENDED.startTls };
const whoAmI: LdapRequest = { type: 'extendedRequest', requestName: EXTENDED.whoAmI };
const readRoot = (...attributes: readonly string[]): LdapRequest =>
  searchRequest('(objectClass=*)', { baseObject: '', scope: 'base', attributes });

async function talker(port = listener.port): Promise<Talker> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return new Talker(socket);
}

describe('StartTLS', () => {
  test('makes the connection safe, after which other things are offered', async () => {
    const client = await talker();
    client.send(1, startTls);
    expect(await client.answer(1)).toMatchObject({ resultCode: 0, responseName: EXTENDED.startTls });
    await client.secure();
    client.send(2, readRoot('supportedSASLMechanisms', 'supportedExtension'));
    await client.answer(2);
    const text = JSON.stringify(
      client.messages.map(({ op }) =>
        op.type === 'searchResultEntry'
          ? op.attributes.map(({ type, vals }) => [type, vals.map((it) => utf8Text(it))])
          : [],
      ),
    );
    expect(text).toContain('PLAIN');
    expect(text).not.toContain(EXTENDED.startTls);
    client.send(3, startTls);
    expect(await client.answer(3)).toMatchObject({ resultCode: RESULT.operationsError });
    client.stream.destroy();
  });

  test('what was sent in the clear behind it is never listened to', async () => {
    const client = await talker();
    const injected = encodeMessage({ messageId: 7, op: whoAmI });
    const half = encodeMessage({ messageId: 8, op: whoAmI }).subarray(0, 5);
    client.stream.write(Buffer.concat([encodeMessage({ messageId: 1, op: startTls }), injected, half]));
    await client.answer(1);
    await client.secure();
    client.send(9, whoAmI);
    expect(await client.answer(9)).toMatchObject({ resultCode: RESULT.success });
    expect(client.messages.map(({ messageId }) => messageId)).toEqual([1, 9]);
    expect(service.counters.operations.extendedRequest).toBe(2);
    client.stream.destroy();
  });

  test('is refused while other requests are under way, and the connection goes on', async () => {
    const client = await talker();
    client.stream.write(
      Buffer.concat([
        encodeMessage({ messageId: 1, op: readRoot() }),
        encodeMessage({ messageId: 2, op: startTls }),
        encodeMessage({ messageId: 3, op: whoAmI }),
      ]),
    );
    expect(await client.answer(2)).toMatchObject({
      resultCode: RESULT.operationsError,
      diagnosticMessage: expect.stringContaining('all other requests'),
    });
    expect(await client.answer(3)).toMatchObject({ resultCode: RESULT.success });
    client.stream.destroy();
  });

  test('is refused in the middle of a SASL exchange', async () => {
    const client = await talker();
    const authentication = { kind: 'sasl', mechanism: 'SCRAM-SHA-256' } as const;
    client.send(1, { type: 'bindRequest', version: 3, name: '', authentication });
    expect(await client.answer(1)).toMatchObject({ resultCode: RESULT.saslBindInProgress });
    client.send(2, startTls);
    expect(await client.answer(2)).toMatchObject({ resultCode: RESULT.operationsError });
    client.stream.destroy();
  });

  test('a handshake that is none ends the connection', async () => {
    const client = await talker();
    client.send(1, startTls);
    await client.answer(1);
    client.stream.write('this is no TLS at all, by any means');
    await once(client.stream, 'close');
    await expect.poll(() => service.connections).toBe(0);
  });

  test('without a certificate it is not offered', async () => {
    await using bare = await listen(service, { port: 0 });
    const client = await talker(bare.port);
    client.send(1, startTls);
    expect(await client.answer(1)).toMatchObject({
      resultCode: RESULT.protocolError,
      diagnosticMessage: expect.stringContaining('no certificate'),
    });
    client.stream.destroy();
  });
});

describe('ldaps', () => {
  test('who speaks in the clear there is not answered', async () => {
    const client = await talker(safe.port);
    client.send(1, whoAmI);
    await once(client.stream, 'close');
    expect(client.messages).toEqual([]);
    await expect.poll(() => service.connections).toBe(0);
  });

  test('needs a certificate, which must fit its key and be readable', async () => {
    await expect(listen(service, { port: 0, isTlsOnly: true })).rejects.toThrow(InvalidValueError);
    const { cert: certFile, key: keyFile } = certificates.server;
    const files = { certFile, keyFile };
    expect(() => new ServerTls({ ...files, keyFile: certificates.client.key })).toThrow(/belong together/);
    expect(() => new ServerTls({ ...files, certFile: join(folder, 'none') })).toThrow(/Cannot read .*none/);
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, '');
    expect(() => new ServerTls({ ...files, certFile: empty })).toThrow(InvalidValueError);
  });
});

test('a certificate that was replaced is noticed, and read again', async () => {
  const { cert, key } = certificates.another();
  const files = { certFile: join(folder, 'live.pem'), keyFile: join(folder, 'live.key') };
  copyFileSync(certificates.server.cert, files.certFile);
  copyFileSync(certificates.server.key, files.keyFile);
  const changing = new ServerTls(files);
  expect(changing.hasChanged).toBe(false);
  rmSync(files.certFile);
  expect(changing.hasChanged).toBe(true);
  expect(() => changing.reload()).toThrow(/Cannot read/);
  copyFileSync(cert, files.certFile);
  expect(() => changing.reload()).toThrow(/belong together/);
  copyFileSync(key, files.keyFile);
  changing.reload();
  expect(changing.hasChanged).toBe(false);
});

const ca = (): Buffer => readFileSync(certificates.ca);
const withCertificate = (): NonNullable<OpenDirectoryOptions['tlsOptions']> => ({
  ca: ca(),
  cert: readFileSync(certificates.client.cert),
  key: readFileSync(certificates.client.key),
});
const ann = { user: 'ann', password: 'hush' };

/** Who added the one conference there is. */
const creators = (): unknown[] =>
  service.context.store
    .candidates({ kind: 'all' }, { depth: 'sub' }, 0, 100, 0)
    .entries.filter(({ dn }) => dn.startsWith('uid='))
    .map(({ attributes }) => utf8Text(attributes.get('creatorsname')?.vals[0] ?? new Uint8Array(0)));

describe('the directory client', () => {
  const ANN = 'cn=ann,ou=Accounts,ou=Admin,o=Intranet';
  test.each<[string, () => string, OpenDirectoryOptions['tls'], Credentials, string]>([
    [
      'simple over StartTLS',
      () => listener.url,
      'starttls',
      { kind: 'simple', dn: ANN, password: 'hush' },
      ANN,
    ],
    ['PLAIN over ldaps', () => safe.url, undefined, { kind: 'plain', ...ann }, ANN],
    ['SCRAM in the clear', () => listener.url, undefined, { kind: 'scram', ...ann }, ANN],
    ['SCRAM over StartTLS', () => listener.url, 'starttls', { kind: 'scram', ...ann }, ANN],
    ['a certificate over ldaps', () => safe.url, undefined, { kind: 'external' }, CLIENT_DN],
    ['a certificate over StartTLS', () => listener.url, 'starttls', { kind: 'external' }, CLIENT_DN],
  ])('[DIR-07] [DIR-08] authenticates by %s', async (_, url, wanted, credentials, owner) => {
    await using directory = await openDirectory(url(), {
      tlsOptions: withCertificate(),
      credentials,
      ...(wanted === undefined ? {} : { tls: wanted }),
    });
    await directory.add(createConference({ name: 'Mine' }));
    expect(creators().map((it) => String(it).toLowerCase())).toEqual([owner.toLowerCase()]);
  });

  test('[DIR-08] does not send a password by PLAIN in the clear', async () => {
    const opening = openDirectory(listener.url, { credentials: { kind: 'plain', ...ann } });
    await expect(opening).rejects.toThrow(/in the clear.*StartTLS/);
    await expect(opening).rejects.toThrow(NotPermittedError);
    expect(service.counters.operations.bindRequest).toBe(0);
  });

  test('[DIR-07] does not trust an authority that is not known', async () => {
    for (const url of [safe.url, listener.url]) {
      const opening = openDirectory(url, url === safe.url ? {} : { tls: 'starttls' });
      await expect(opening).rejects.toThrow(DirectoryUnavailableError);
      await expect(opening).rejects.toThrow(/certificate/);
    }
  });

  test('a certificate of another authority is nobody’s', async () => {
    const other = mkdtempSync(join(folder, 'other-'));
    const { client } = makeCertificates(other);
    const tlsOptions = { ca: ca(), cert: readFileSync(client.cert), key: readFileSync(client.key) };
    const opening = openDirectory(safe.url, { tlsOptions, credentials: { kind: 'external' } });
    await expect(opening).rejects.toThrow(/EXTERNAL is not offered/);
  });
});

describe('ldapi', () => {
  test('[DIR-08] tells who the user is, owner of what he adds, and administrator of his own service', async () => {
    const path = join(folder, 'ldapi-user');
    await using local = await listenLocal(service, path);
    expect(local).toMatchObject({ url: `ldapi://${encodeURIComponent(path)}`, withoutNames: undefined });
    await using directory = await openDirectory(local.url, { credentials: { kind: 'external' } });
    await directory.add(createConference({ name: 'Mine' }));
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    expect(creators()).toEqual([`gidNumber=${gid}+uidNumber=${uid},cn=peercred,cn=external,cn=auth`]);
    await using anonymous = await openDirectory(local.url);
    await expect(anonymous.delete('Mine')).rejects.toThrow(NotPermittedError);
  });

  test('a socket that a dead process left is replaced, one in use is not, and another file is left alone', async () => {
    const path = join(folder, 'ldapi-dead');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, ['-e', script]);
    await using local = await listenLocal(service, path);
    await expect(listenLocal(service, path)).rejects.toThrow(/Another program/);
    await using directory = await openDirectory(local.url);
    expect(await directory.search().toArray()).toEqual([]);
    const file = join(folder, 'a-file');
    writeFileSync(file, 'precious');
    await expect(listenLocal(service, file)).rejects.toThrow(NetworkError);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await expect(listenLocal(service, join(folder, 'no-folder', 'ldapi'))).rejects.toThrow(NetworkError);
    await expect(listenLocal(service, join(folder, 'x'.repeat(200)))).rejects.toThrow(NetworkError);
  });
});

test('a port that others use is not mistaken for a directory', async () => {
  const other = createServer((socket) => socket.end('220 smtp.example.org ESMTP\r\n'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(openDirectory(`ldap://127.0.0.1:${port}`, { tls: 'starttls' })).rejects.toThrow(
    DirectoryUnavailableError,
  );
  other.close();
});
