import { once } from 'node:events';
import { connect } from 'node:net';
import { Attribute, Change, Client, type ClientOptions } from 'ldapts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, listen, type LocatorService } from '../../directory/server/index.ts';
import { encodeRefreshRequest } from '../../src/ldap/index.ts';
import { NetworkError } from '../../src/errors.ts';
import { freePort } from '../support/daemon.ts';
import { type ListeningService, listeningService } from '../support/listening-service.ts';

let running: ListeningService;
let service: LocatorService;
let listener: Listener;
beforeEach(async () => {
  running = await listeningService({ limits: { maxConnections: 3 } });
  ({ service, listener } = running);
});
afterEach(() => running[Symbol.asyncDispose]());

describe.each(['TCP', 'this process'])('ldapts over %s', (over) => {
  const open = (): Client => {
    const options: ClientOptions = { url: over === 'TCP' ? listener.url : 'ldap://embedded', timeout: 5000 };
    // What ldapts uses of a socket is there, though its type asks for all of net.Socket.
    if (over !== 'TCP') Reflect.set(options, 'createConnection', () => service.connect());
    return new Client(options);
  };

  test('every operation', async () => {
    const client = open();
    await client.bind('cn=admin,o=Intranet', 'secret');
    expect((await client.exop('1.3.6.1.4.1.4203.1.11.3')).value).toBe('dn:cn=admin,o=Intranet');
    const dn = 'uid=Weekly,ou=Dynamic,o=Intranet';
    await client.add(dn, {
      objectClass: ['rtConference', 'dynamicObject'],
      protocolID: 'IP Conference',
      conferenceBlob: 'v=0\r\ns=Tést\r\n',
    });
    await client.modify(dn, [
      new Change({
        operation: 'replace',
        modification: new Attribute({ type: 'entryTTL', values: ['900'] }),
      }),
      new Change({ operation: 'add', modification: new Attribute({ type: 'originator', values: ['Ann'] }) }),
    ]);
    const { searchEntries } = await client.search('ou=Dynamic,o=Intranet', {
      scope: 'one',
      filter: '(&(objectClass=rtConference)(uid=week*))',
      attributes: ['uid', 'conferenceBlob', 'originator', 'entryTtl'],
    });
    expect(searchEntries).toEqual([
      { dn, uid: 'Weekly', conferenceBlob: 'v=0\r\ns=Tést\r\n', originator: 'Ann', entryTtl: '900' },
    ]);
    expect(await client.compare(dn, 'originator', 'ANN')).toBe(true);
    await client.exop(
      '1.3.6.1.4.1.1466.101.119.1',
      Buffer.from(encodeRefreshRequest({ entryName: dn, requestTtl: 3600 })),
    );
    const after = await client.search(dn, { scope: 'base', attributes: ['entryTtl'] });
    expect(after.searchEntries[0]?.entryTtl).toBe('3600');
    const renamed = dn.replace(/^uid=[^,]+/, 'uid=Other');
    await client.modifyDN(dn, 'uid=Other');
    await expect(client.del(dn)).rejects.toMatchObject({ code: 32 });
    await client.del(renamed);
    await expect(client.del(renamed)).rejects.toMatchObject({ code: 32 });
    await client.unbind();
  });

  test('pages', async () => {
    const client = open();
    await client.bind('', ''); // ldapts opens one connection for each call made before the first stands
    const names = Array.from({ length: 250 }, (_, i) => `c${i}`);
    await Promise.all(
      names.map((name) =>
        client.add(`uid=${name},ou=Dynamic,o=Intranet`, { objectClass: ['rtConference', 'dynamicObject'] }),
      ),
    );
    const { searchEntries } = await client.search('o=Intranet', {
      filter: '(uid=*)',
      attributes: ['uid'],
      paged: { pageSize: 60 },
    });
    expect(new Set(searchEntries.map(({ uid }) => uid))).toEqual(new Set(names));
    expect(searchEntries).toHaveLength(250);
    await client.unbind();
  });

  test('a wrong password', async () => {
    const client = open();
    await expect(client.bind('cn=admin,o=Intranet', 'wrong')).rejects.toMatchObject({ code: 49 });
    await client.unbind();
  });

  test('the client sees that the service has closed', async () => {
    const client = open();
    await client.bind('', '');
    service.close();
    await expect(client.search('', { scope: 'base' })).rejects.toThrow(/./);
    expect(client.isConnected).toBe(false);
  });
});

describe('on the network', () => {
  test('[DEF-01] [ILS-02] the port is what was asked for, and loopback the default address', async () => {
    expect(listener.host).toBe('127.0.0.1');
    const port = await freePort();
    await using other = await listen(service, { port });
    expect(other.url).toBe(`ldap://127.0.0.1:${port}`);
  });

  test('IPv6', async () => {
    await using other = await listen(service, { host: '::1', port: 0 });
    expect(other.url).toBe(`ldap://[::1]:${other.port}`);
    const client = new Client({ url: other.url, timeout: 5000 });
    expect((await client.search('', { scope: 'base' })).searchEntries).toHaveLength(1);
    await client.unbind();
  });

  test('a port that is taken, and an address of another host, are said', async () => {
    await expect(listen(service, { port: listener.port })).rejects.toThrow(NetworkError);
    await expect(listen(service, { port: listener.port })).rejects.toThrow(/Another program uses this port/);
    await expect(listen(service, { host: '192.0.2.1', port: 0 })).rejects.toThrow(/no such address/);
  });

  test('connections beyond the limit are told why, and closed', async () => {
    let told = '';
    const sockets = Array.from({ length: 4 }, () =>
      connect(listener.port, '127.0.0.1').on('data', (chunk: Buffer) => (told += chunk.toString('latin1'))),
    );
    await Promise.race(
      sockets.map((socket) =>
        once(
          socket.on('error', () => {}),
          'close',
        ),
      ),
    );
    expect(told).toContain('1.3.6.1.4.1.1466.20036');
    expect(told).toContain('this service has 3 connections');
    expect(service.counters.refused).toBe(1);
    expect(service.connections).toBe(3);
    for (const socket of sockets) socket.destroy();
  });

  test('a client that speaks something else is told and closed', async () => {
    const socket = connect(listener.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString('latin1')).toContain('1.3.6.1.4.1.1466.20036');
  });

  test('a client that vanishes in the middle of a message leaves nothing behind', async () => {
    const socket = connect(listener.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(Buffer.from('3082ffff0201', 'hex'));
    await expect.poll(() => service.counters.bytesIn).toBeGreaterThan(0);
    socket.resetAndDestroy();
    await expect.poll(() => service.connections).toBe(0);
  });
});
