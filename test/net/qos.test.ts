import { execFileSync } from 'node:child_process';
import { execPath } from 'node:process';
import { describe, expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import { DSCP, observeDscp, openMulticastSocket } from '../../src/net/index.ts';
import { loadNativeSockets } from '../../src/net/native.ts';
import { setsockoptMarker } from '../../src/net/qos.ts';
import { constantsFor } from '../../src/net/socket-constants.ts';
import { bytesOf, familiesHere, hostOnly } from './loopback.ts';

describe.each(familiesHere)('IPv%i', (family) => {
  test('[QOS-01] the DSCP is set, read back, seen on arrival with the TTL, and changed on the live socket', async () => {
    const at = hostOnly(family);
    const watching = observeDscp({ ...at, enough: 3, durationMs: 3000 });
    await using socket = await openMulticastSocket({ ...at, dscp: DSCP.EF, ttl: 9 });
    expect(socket.qos).toEqual({ requested: 46, effective: 46, method: 'setsockopt', priority: 5 });
    await new Promise((resolve) => {
      setTimeout(resolve, 100); // the observer opens a socket of its own meanwhile
    });
    socket.send(bytesOf('one'));
    socket.send(bytesOf('two'));
    expect(socket.setDscp(DSCP.AF41)).toMatchObject({ effective: 34 });
    socket.setTtl(1);
    socket.send(bytesOf('three'));
    const sender = { address: socket.localAddress, port: socket.localPort, ecn: 0 };
    expect(await watching).toEqual({
      observations: [
        { ...sender, dscp: 46, ttl: 9, count: 2 },
        { ...sender, dscp: 34, ttl: 1, count: 1 },
      ],
    });
    expect(socket.qos.effective).toBe(34);
    expect(socket.warnings).toEqual([]);
  });
});

describe('[QUA-06] labels of an application', () => {
  test('the priority is set after the DSCP, stays when that changes, and is read back', async () => {
    await using socket = await openMulticastSocket({ ...hostOnly(4), dscp: 46, labels: { priority: 3 } });
    expect(socket.qos).toMatchObject({ effective: 46, priority: 3 });
    expect(socket.setDscp(34)).toMatchObject({ effective: 34, priority: 3 });
  });

  test('what is refused is told, and so is what each needs', async () => {
    const native = await loadNativeSockets();
    if (!native.available) throw new Error(native.reason);
    const { SOL_SOCKET } = native.constants;
    const refusing = {
      ...native,
      setInt: (_fd: number, level: number) => {
        if (level === SOL_SOCKET) throw new Error('setsockopt: EPERM');
      },
      getInt: (_fd: number, level: number) => (level === SOL_SOCKET ? 4 : 46 << 2),
    };
    expect(setsockoptMarker(refusing, () => 3, 4, { priority: 7, mark: 66 }).mark(46)).toMatchObject({
      effective: 46,
      priority: 4,
      mark: 4,
      problems: [
        expect.stringMatching(/^SO_PRIORITY is 4 and not 7 \(above 6 it needs CAP_NET_ADMIN\).*EPERM/),
        expect.stringMatching(/^SO_MARK is 4 and not 66 \(it needs CAP_NET_ADMIN or CAP_NET_RAW\)/),
      ],
    });
    await using without = await openMulticastSocket({ ...hostOnly(4), native: false, labels: { mark: 1 } });
    expect(without.warnings).toEqual([expect.stringMatching(/SO_MARK 1 could not be set/)]);
    for (const labels of [{ priority: -1 }, { mark: 2 ** 32 }, { mark: 0.5 }]) {
      await expect(openMulticastSocket({ ...hostOnly(4), labels })).rejects.toThrow(InvalidValueError);
    }
  });
});

describe('[QOS-01] where DSCP cannot be set, the caller is told', () => {
  test('without system calls', async () => {
    await using socket = await openMulticastSocket({ ...hostOnly(4), dscp: 46, native: false });
    expect(socket.qos).toMatchObject({ requested: 46, effective: 0, method: 'none' });
    expect(socket.qos.reason).toMatch(/switched off/);
    expect(socket.warnings).toEqual([expect.stringMatching(/DSCP 0, not 46/)]);
    expect(socket.kernelDrops()).toBeUndefined();
  });

  test('with a package missing, in its words; wishing for nothing needs no reason', async () => {
    const native = { available: false, reason: 'koffi is not installed' } as const;
    await using socket = await openMulticastSocket({ ...hostOnly(4), native });
    expect(socket.qos).toEqual({ requested: 0, effective: 0, method: 'none' });
    expect(socket.setDscp(46).reason).toBe('koffi is not installed');
    const report = await observeDscp({ ...hostOnly(4), native });
    expect(report).toEqual({ observations: [], unavailable: 'koffi is not installed' });
  });

  test('with koffi not installed', () => {
    const withoutKoffi = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name === 'koffi') throw Object.assign(new Error('no koffi'), { code: 'ERR_MODULE_NOT_FOUND' });
        return next(name, context);
      } });`;
    const program = `import { loadNativeSockets } from ${JSON.stringify(import.meta.resolve('../../src/net/index.ts'))};
      console.log(JSON.stringify(await loadNativeSockets()));`;
    const hook = `data:text/javascript,${encodeURIComponent(withoutKoffi)}`;
    const output = execFileSync(execPath, ['--import', hook, '--input-type=module', '-e', program]);
    expect(JSON.parse(output.toString())).toEqual({
      available: false,
      reason: 'the optional package koffi could not be loaded (ERR_MODULE_NOT_FOUND)',
    });
  });

  test('when the system keeps another value, or refuses', async () => {
    const native = await loadNativeSockets();
    if (!native.available) throw new Error(native.reason);
    const { IP_TOS } = native.constants;
    const stubborn = {
      ...native,
      setInt: () => undefined,
      getInt: (_fd: number, _level: number, option: number) => (option === IP_TOS ? 8 << 2 : 0),
    };
    expect(setsockoptMarker(stubborn, () => 3, 4).mark(46)).toMatchObject({
      effective: 8,
      reason: 'the system kept DSCP 8',
    });
    const refusing = {
      ...stubborn,
      setInt: () => {
        throw new Error('setsockopt(0, 1): EPERM');
      },
    };
    expect(setsockoptMarker(refusing, () => 3, 4).mark(46).reason).toMatch(/EPERM/);
  });

  test('after close', async () => {
    const socket = await openMulticastSocket({ ...hostOnly(4), dscp: 46 });
    await socket.close();
    expect(socket.setDscp(34)).toMatchObject({ method: 'none', reason: 'the socket is closed' });
  });

  test('on systems whose constants are not known', () => {
    expect(constantsFor('linux', 'x64')?.IP_TOS).toBe(1);
    expect(constantsFor('linux', 'mips')).toBeUndefined();
    expect(constantsFor('darwin', 'arm64')).toBeUndefined();
  });

  test('a DSCP outside 0 to 63 is the caller’s mistake', async () => {
    await using socket = await openMulticastSocket({ ...hostOnly(4), native: false });
    expect(() => socket.setDscp(64)).toThrow(InvalidValueError);
    expect(() => socket.setDscp(-1)).toThrow(InvalidValueError);
  });
});

test('nobody sends: the observer reports nothing and stops in time, or when told to', async () => {
  expect(await observeDscp({ ...hostOnly(4), durationMs: 50 })).toEqual({ observations: [] });
  expect(await observeDscp({ ...hostOnly(4), signal: AbortSignal.abort() })).toEqual({ observations: [] });
});

test('everything works without system calls too, DSCP apart', async () => {
  const at = hostOnly(4);
  await using socket = await openMulticastSocket({ ...at, native: false, ttl: 3 });
  socket.send(bytesOf('plain'));
  expect((await socket.receive())?.bytes.length).toBe(5);
});
