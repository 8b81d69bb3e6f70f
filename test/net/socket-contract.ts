import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { InvalidValueError, NetworkError, StateError } from '../../src/errors.ts';
import {
  kernelHoldsMembership,
  loadNativeSockets,
  openMarkedReceiver,
  openMulticastSocket as openSocket,
  type MulticastSocket,
  type MulticastSocketOptions,
  type OpenReceiver,
  type SendProblem,
  systemNetwork,
  udpSocketsOn,
} from '../../src/net/index.ts';
import {
  bytesOf,
  drawGroup,
  drawPort,
  type Ear,
  familiesHere,
  hostOnly,
  openEar as openAnyEar,
  text,
  until,
} from './loopback.ts';

/** One way in which datagrams are taken from the system. */
export interface ReceivePath {
  readonly openReceiver?: OpenReceiver;
  /** System sockets that a member has. */
  readonly sockets: number;
}

/** What every multicast socket must do, however it receives. */
export function describeSocket({ openReceiver, sockets }: ReceivePath): void {
  const path = openReceiver === undefined ? {} : { openReceiver };
  const openMulticastSocket = (options: MulticastSocketOptions): Promise<MulticastSocket> =>
    openSocket({ ...path, ...options });
  const openEar = (options: MulticastSocketOptions): Promise<Ear> => openAnyEar({ ...path, ...options });

  describe.each(familiesHere)('IPv%i', (family) => {
    test('two sockets on one group and port both hear, the sender included', async () => {
      const at = hostOnly(family);
      await using a = await openEar(at);
      await using b = await openEar(at);
      expect(a.socket.send(bytesOf('hello'))).toBe(true);
      await until(() => a.heard.length > 0 && b.heard.length > 0);
      expect([a.heard, b.heard]).toEqual([['hello'], ['hello']]);
      expect(a.socket.stats).toMatchObject({
        sent: 1,
        sentBytes: 5,
        received: 1,
        receivedBytes: 5,
        sendErrors: 0,
      });
    });

    test('groups on one port do not hear each other', async () => {
      const at = hostOnly(family);
      const other = { ...hostOnly(family), port: at.port };
      await using a = await openEar(at);
      await using b = await openEar(other);
      a.socket.send(bytesOf('for a'));
      b.socket.send(bytesOf('for b'));
      await until(() => a.heard.length > 0 && b.heard.length > 0);
      expect([a.heard, b.heard]).toEqual([['for a'], ['for b']]);
    });

    test('the kernel holds the membership while the socket is open, and not after', async () => {
      const at = hostOnly(family);
      const { socket } = await openEar(at);
      const [name = ''] = socket.joined;
      expect(name).toBe(socket.interface.name);
      expect(kernelHoldsMembership(at.group, name)).toBe(true);
      expect(udpSocketsOn(at.port)).toMatchObject(
        Array.from({ length: sockets }, () => ({ address: at.group, drops: 0 })),
      );
      await socket.close();
      expect(kernelHoldsMembership(at.group, name)).toBe(false);
      expect(udpSocketsOn(at.port)).toEqual([]);
    });

    test('datagrams come from localAddress and localPort', async () => {
      await using socket = await openMulticastSocket(hostOnly(family));
      socket.send(bytesOf('who am I'));
      const from = (await socket.receive())?.from;
      expect(from?.port).toBe(socket.localPort);
      expect(from?.address.split('%')[0]).toBe(socket.localAddress);
    });

    test('a unicast peer is spoken to in both directions', async () => {
      const host = family === 4 ? '127.0.0.1' : '::1';
      const [left, right] = [drawPort(), drawPort() + 1];
      await using a = await openEar({ group: host, port: right, localPort: left });
      await using b = await openEar({ group: host, port: left, localPort: right });
      expect(a.socket).toMatchObject({ multicast: false, joined: [], localPort: left });
      a.socket.send(bytesOf('ping'));
      await until(() => b.heard.length > 0);
      b.socket.send(bytesOf('pong'));
      await until(() => a.heard.length > 0);
      expect([a.heard, b.heard]).toEqual([['pong'], ['ping']]);
    });
  });

  describe('source-specific groups', () => {
    test('only the named source is heard', async () => {
      const at = { group: '232.77.1.9', port: drawPort(), interface: 'lo' };
      await using right = await openEar({ ...at, sources: ['127.0.0.1'] });
      await using wrong = await openEar({ ...at, sources: ['127.0.0.9'] });
      right.socket.send(bytesOf('hello'));
      await until(() => right.heard.length > 0);
      expect([right.heard, wrong.heard]).toEqual([['hello'], []]);
    });

    test('more sources than the system takes is refused with what to do', async () => {
      const sources = Array.from({ length: 2000 }, (_, i) => `10.9.${i >> 8}.${i & 255}`);
      const opening = openMulticastSocket({
        group: '232.77.1.10',
        port: drawPort(),
        interface: 'lo',
        sources,
      });
      await expect(opening).rejects.toThrow(/Cannot join 232\.77\.1\.10 on lo \(ENOBUFS\).*igmp_max_msf/);
    });

    test('an any-source group may be joined for some sources only', async () => {
      const at = hostOnly(4);
      await using ear = await openEar({ ...at, sources: ['127.0.0.9'] });
      await using everyone = await openEar(at);
      everyone.socket.send(bytesOf('from elsewhere'));
      await until(() => everyone.heard.length > 0);
      expect(ear.heard).toEqual([]);
    });

    test('an excluded source is filtered here and counted', async () => {
      const at = hostOnly(4);
      await using ear = await openEar({ ...at, excludedSources: ['127.0.0.1'] });
      ear.socket.send(bytesOf('my own'));
      await until(() => ear.socket.stats.filtered > 0);
      expect(ear.heard).toEqual([]);
      expect(ear.socket.stats).toMatchObject({ filtered: 1, received: 0 });
    });

    test.each([
      { options: { group: '232.1.2.3' }, problem: /name the sources/ },
      { options: { group: 'ff3e::8000:1' }, problem: /name the sources/ },
      { options: { group: '232.1.2.3', sources: ['239.1.1.1'] }, problem: /not an IPv4 host address/ },
      { options: { group: '239.1.2.3', sources: ['::1'] }, problem: /not an IPv4 host address/ },
      {
        options: { group: '239.1.2.3', sources: ['10.0.0.1'], excludedSources: ['10.0.0.2'] },
        problem: /exclude each other/,
      },
    ])('refused: $options', async ({ options, problem }) => {
      await expect(openMulticastSocket({ port: 5004, ...options })).rejects.toThrow(problem);
      await expect(openMulticastSocket({ port: 5004, ...options })).rejects.toThrow(InvalidValueError);
    });
  });

  describe('loopback modes', () => {
    // On `lo` the flag changes nothing, so this one stays on the host by TTL 0 on whatever interface there is.
    test('[LOO-01] [LOO-02] the flag can be read and switched off on the live socket', async () => {
      const at = { ...drawGroup(), ttl: 0 };
      await using ear = await openEar({ ...at });
      await using sender = await openEar({ ...at, loopback: false });
      expect([ear.socket.loopback, sender.socket.loopback]).toEqual([true, false]);
      sender.socket.send(bytesOf('not looped'));
      sender.socket.setLoopback(true);
      expect(sender.socket.loopback).toBe(true);
      sender.socket.send(bytesOf('looped'));
      await until(() => ear.heard.includes('looped'));
      const onLo = ear.socket.interface.internal; // a host without a network: there the flag changes nothing
      expect(ear.heard).toEqual(onLo ? ['not looped', 'looped'] : ['looped']);
    });

    test('[LOO-03] with full loopback the sender hears all that it sends', async () => {
      await using ear = await openEar({ ...hostOnly(4), loopback: true });
      for (const word of ['one', 'two', 'three']) ear.socket.send(bytesOf(word));
      await until(() => ear.heard.length >= 3);
      expect(ear.heard).toEqual(['one', 'two', 'three']);
    });

    test('[LOO-04] two members on one host share address and port, so that only the SSRC can tell own from other', async () => {
      const at = hostOnly(4);
      await using a = await openMulticastSocket(at);
      await using b = await openMulticastSocket(at);
      a.send(bytesOf('a'));
      b.send(bytesOf('b'));
      const froms = [(await a.receive())?.from, (await a.receive())?.from];
      expect(froms[0]).toEqual(froms[1]);
    });
  });

  describe('renewing', () => {
    test.each(familiesHere)('IPv%i: bound and joined anew, the rest stays as it was', async (family) => {
      const at = hostOnly(family);
      await using ear = await openEar(at);
      await using sender = await openEar(at);
      sender.socket.setTtl(7);
      sender.socket.setDscp(46);
      expect(await ear.socket.renew({ onlyIfElsewhere: true })).toBe(false);
      expect(await Promise.all([ear.socket.renew(), sender.socket.renew()])).toEqual([true, true]);
      expect(sender.socket.qos.effective).toBe(46);
      expect(sender.socket).toMatchObject({ ttl: 7, away: false });
      sender.socket.send(bytesOf('after'));
      await until(() => ear.heard.length > 0);
      expect(ear.heard).toEqual(['after']);
      expect(kernelHoldsMembership(at.group, ear.socket.interface.name)).toBe(true);
      await ear.socket.close();
      expect(await ear.socket.renew()).toBe(false);
      expect(udpSocketsOn(at.port)).toHaveLength(sockets);
    });

    test('what is set while it is opened anew counts', async () => {
      const at = hostOnly(4);
      const native = await loadNativeSockets();
      assert(native.available);
      using marks = openMarkedReceiver(native, { ...at, interfaceIndex: 1 });
      await using sender = await openMulticastSocket(at);
      const wrong: string[] = [];
      for (let ttl = 20; ttl < 60; ttl++) {
        const renewing = sender.renew();
        for (let step = 20; step < ttl; step++)
          await (step % 5 === 4 ? new Promise<void>((resolve) => process.nextTick(resolve)) : undefined);
        sender.setTtl(ttl); // at every step of it
        await renewing;
        sender.send(bytesOf('marked'));
        let heard = marks.receive();
        await until(() => (heard ??= marks.receive()) !== undefined);
        if (heard?.ttl !== ttl) wrong.push(`${ttl} is ${heard?.ttl}`);
      }
      expect(wrong).toEqual([]);
    });

    test('an interface that has gone: nothing is sent, until it is back', async () => {
      let there = true;
      const network = {
        ...systemNetwork,
        addresses: () => systemNetwork.addresses().filter(({ name }) => there || name !== 'lo'),
      };
      const at = hostOnly(4);
      await using ear = await openEar(at);
      await using sender = await openMulticastSocket({ ...at, network });
      there = false;
      await expect(sender.renew()).rejects.toThrow(/lo is down or has no address/);
      expect(sender.away).toBe(true);
      expect(sender.send(bytesOf('lost'))).toBe(false);
      sender.setTtl(9);
      sender.setDscp(34);
      there = true;
      expect(await sender.renew({ onlyIfElsewhere: true })).toBe(true);
      expect(sender).toMatchObject({ ttl: 9, away: false, qos: { requested: 34, effective: 34 } });
      sender.send(bytesOf('back'));
      await until(() => ear.heard.length > 0);
      expect(ear.heard).toEqual(['back']);
    });
  });

  describe('the queue', () => {
    test('what arrives before anybody listens is kept up to the limit, the oldest go, and all is counted', async () => {
      await using socket = await openMulticastSocket({ ...hostOnly(4), queueLimit: 3 });
      for (let i = 0; i < 5; i++) socket.send(bytesOf(`packet ${i}`));
      await until(() => socket.stats.received === 5);
      expect(socket.stats.queueDropped).toBe(2);
      const heard: string[] = [];
      socket.onDatagram(({ bytes }) => heard.push(text(bytes)));
      expect(heard).toEqual(['packet 2', 'packet 3', 'packet 4']);
    });

    test('receive() waits, iteration ends with close, and a listener excludes receive()', async () => {
      const socket = await openMulticastSocket(hostOnly(4));
      const next = socket.receive();
      socket.send(bytesOf('first'));
      expect(text((await next)?.bytes ?? new Uint8Array())).toBe('first');
      const heard: string[] = [];
      const reading = (async () => {
        for await (const { bytes } of socket) heard.push(text(bytes));
      })();
      socket.send(bytesOf('second'));
      await until(() => heard.length > 0);
      const unsubscribe = socket.onDatagram(() => undefined);
      expect(() => socket.receive()).toThrow(StateError);
      unsubscribe();
      await socket.close();
      await reading;
      expect(heard).toEqual(['second']);
      expect(await socket.receive()).toBeUndefined();
    });

    test('several listeners all hear, and none after it unsubscribed', async () => {
      await using socket = await openMulticastSocket(hostOnly(4));
      const heard: string[] = [];
      const stopA = socket.onDatagram(({ bytes }) => heard.push(`a:${text(bytes)}`));
      socket.onDatagram(({ bytes }) => heard.push(`b:${text(bytes)}`));
      socket.send(bytesOf('1'));
      await until(() => heard.length >= 2);
      stopA();
      socket.send(bytesOf('2'));
      await until(() => heard.length >= 3);
      expect(heard).toEqual(['a:1', 'b:1', 'b:2']);
    });
  });

  describe('sending and closing', () => {
    test('close waits for what was sent: a burst right before it arrives whole', async () => {
      const at = hostOnly(4);
      await using ear = await openEar(at);
      const sender = await openMulticastSocket(at);
      for (let i = 0; i < 64; i++) sender.send(bytesOf(String(i)));
      await sender.close();
      expect(sender.stats.sent).toBe(64);
      await until(() => ear.heard.length >= 64);
      expect(ear.heard).toEqual(Array.from({ length: 64 }, (_, i) => String(i)));
      expect(sender.send(bytesOf('too late'))).toBe(false);
      expect(sender.stats.sendDropped).toBe(1);
      expect(() => sender.setTtl(3)).toThrow(StateError);
      await sender.close();
    });

    test('more than sendLimit in flight is dropped and counted', async () => {
      await using socket = await openMulticastSocket({ ...hostOnly(4), sendLimit: 4 });
      const taken = Array.from({ length: 6 }, () => socket.send(bytesOf('x')));
      expect(taken).toEqual([true, true, true, true, false, false]);
      expect(socket.stats.sendDropped).toBe(2);
      await until(() => socket.stats.sent === 4);
      expect(socket.send(bytesOf('y'))).toBe(true);
    });

    test('a refused send is counted each time and told once, with what to do', async () => {
      await using socket = await openMulticastSocket(hostOnly(4));
      const problems: SendProblem[] = [];
      socket.onSendProblem((problem) => problems.push(problem));
      socket.send(new Uint8Array(70_000));
      socket.send(new Uint8Array(70_000));
      await until(() => socket.stats.sendErrors >= 2);
      expect(problems).toEqual([
        { code: 'EMSGSIZE', message: expect.stringContaining('use shorter packets') },
      ]);
      expect(socket.stats).toMatchObject({ sent: 0, sendErrors: 2, sendDropped: 0 });
      socket.send(bytesOf('the socket still works'));
      await until(() => socket.stats.received === 1);
      expect(socket.stats.sent).toBe(1);
    });

    test('a datagram may go elsewhere than to the group', async () => {
      const at = hostOnly(4);
      const elsewhere = hostOnly(4);
      await using ear = await openEar(elsewhere);
      await using sender = await openEar(at);
      sender.socket.send(bytesOf('aside'), { address: elsewhere.group, port: elsewhere.port });
      await until(() => ear.heard.length > 0);
      expect([ear.heard, sender.heard]).toEqual([['aside'], []]);
    });
  });

  describe('what the system granted', () => {
    test('the receive buffer is reported as asked and as granted', async () => {
      await using socket = await openMulticastSocket({ ...hostOnly(4), receiveBufferBytes: 65_536 });
      expect(socket.receiveBuffer.asked).toBe(65_536);
      expect(socket.receiveBuffer.granted).toBeGreaterThanOrEqual(65_536);
      expect(socket.receiveBuffer.full).toBe(true);
      await using greedy = await openMulticastSocket({ ...hostOnly(4), receiveBufferBytes: 1 << 30 });
      expect(greedy.receiveBuffer.full).toBe(false);
      expect(greedy.receiveBuffer.granted).toBeLessThan(1 << 30);
    });

    test('what overflows the receive buffer while the process stands still is counted by the kernel', async () => {
      await using socket = await openMulticastSocket({
        ...hostOnly(4),
        receiveBufferBytes: 8192,
        sendLimit: 5000,
      });
      expect(socket.kernelDrops()).toBe(0);
      for (let i = 0; i < 500; i++) socket.send(new Uint8Array(172)); // no turn of the event loop in between
      await until(() => socket.stats.received + (socket.kernelDrops() ?? 0) === 500);
      expect(socket.kernelDrops()).toBeGreaterThan(0);
      expect(socket.stats.received + (socket.kernelDrops() ?? 0)).toBe(500);
    });

    test('a stall of 100 ms at 5000 packets/s loses nothing with the default buffer', async () => {
      await using socket = await openMulticastSocket({ ...hostOnly(4), queueLimit: 2000 });
      for (let i = 0; i < 500; i++) socket.send(new Uint8Array(172));
      await until(() => socket.stats.received === 500);
      expect(socket.stats).toMatchObject({ received: 500, queueDropped: 0 });
      expect(socket.kernelDrops()).toBe(0);
    });
  });

  describe('options that cannot be', () => {
    test.each([
      { options: { group: 'example.org' }, problem: /resolve host names first/ },
      { options: { port: 0 }, problem: /port 0 is not an integer from 1 to 65535/ },
      { options: { localPort: 4000 }, problem: /listens on the group's port 5004/ },
      { options: { ttl: 256 }, problem: /TTL 256/ },
      { options: { dscp: 64 }, problem: /DSCP 64/ },
    ])('$options', async ({ options, problem }) => {
      const given = { group: '239.255.1.2', port: 5004, interface: 'lo', ...options };
      await expect(openMulticastSocket(given)).rejects.toThrow(problem);
    });

    test('a unicast port that is taken says so', async () => {
      const at = { group: '127.0.0.1', port: 9, localPort: drawPort() };
      await using first = await openMulticastSocket(at);
      await expect(openMulticastSocket(at)).rejects.toThrow(/another program has the port/);
      await expect(openMulticastSocket(at)).rejects.toThrow(NetworkError);
      expect(first.localPort).toBe(at.localPort);
    });
  });
}
