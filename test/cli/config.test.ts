import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../cli/config.ts';
import { CliContext, type CliHost, type GlobalOptions } from '../../cli/context.ts';
import { UsageError } from '../../cli/errors.ts';
import { Talk } from '../../cli/output/output.ts';
import { passwordFromFile, passwordFromPrompt } from '../../cli/password.ts';
import { systemClock } from '../../src/net/index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rendezvous-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(text: string, name = 'config.toml'): string {
  const path = join(dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

class Screen extends PassThrough {
  readonly isTTY: boolean;
  text = '';
  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
    this.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
  }
}

function context(options: Partial<GlobalOptions>, env: Record<string, string> = {}): CliContext {
  const host: CliHost = {
    stdin: Object.assign(new PassThrough(), { isTTY: false, setRawMode: () => {} }),
    stdout: new Screen(),
    stderr: new Screen(),
    env,
    clock: systemClock,
    random: Math.random,
    onSignal: () => () => {},
    quit: () => {},
  };
  const ctx = new CliContext(host);
  ctx.configure({ color: true, ...options });
  return ctx;
}

describe('the configuration file', () => {
  const read = (text: string): ReturnType<typeof readConfig> => readConfig({ RENDEZVOUS_CONFIG: file(text) });

  test('the table [sap]', async () => {
    const text =
      '[sap]\nlisten = true\nwait = "1.5s"\ninterface = "eth1"\ngroup = ["239.255.255.255", "ff05::2:7ffe"]';
    expect((await read(text)).sap).toMatchObject({
      listen: true,
      waitMs: 1500,
      interfaces: ['eth1'],
      groups: ['239.255.255.255', 'ff05::2:7ffe'],
    });
    expect((await read('[sap]\nwait = 0')).sap).toMatchObject({ waitMs: 0 });
    expect((await read('')).sap).toBeUndefined();
  });

  test.each([
    ['[sap]\nlisten = "yes"', /sap\.listen must be a boolean/],
    ['[sap]\nwait = true', /sap\.wait must be a string/],
    ['[sap]\nwait = "soon"', /"soon" is not a duration/],
    ['[sap]\ninterface = 1', /sap\.interface must be a string, or an array/],
    ['[sap]\nlisen = true', /unknown key sap\.lisen: did you mean sap\.listen\?/],
    ['sap = true', /sap must be a table/],
  ])('%j is refused', async (text, reason) => {
    await expect(read(text)).rejects.toThrow(reason);
  });

  test('every key', async () => {
    const text = `
      directory = "ldap://directory.example.org"
      data-dir = "/var/lib/rendezvous"
      bind-dn = "cn=admin,o=Intranet"
      password-file = "/etc/rendezvous/password"
      timeout = "5s"
      color = false
      [join]
      name = "Ann"
      interface = "eth1"`;
    expect(await read(text)).toEqual({
      directory: 'ldap://directory.example.org',
      dataDir: '/var/lib/rendezvous',
      bindDn: 'cn=admin,o=Intranet',
      passwordFile: '/etc/rendezvous/password',
      timeout: '5s',
      color: false,
      join: { name: 'Ann', interface: 'eth1' },
    });
  });

  test('an empty one, and none in its usual place', async () => {
    expect(await read('')).toEqual({ join: {} });
  });

  test('seconds may be a number', async () => {
    expect(await read('timeout = 5')).toEqual({ timeout: '5', join: {} });
  });

  test.each([
    ['directroy = "x"', 'did you mean directory?'],
    ['zebra = 1', 'known are directory'],
    ['directory = 7', 'directory must be a string'],
    ['color = "no"', 'color must be a boolean'],
    ['join = "x"', 'write [join]'],
    ['[join]\nnmae = "x"', 'did you mean join.name?'],
    ['[join]\nname = 7', 'join.name must be a string'],
    ['password = "secret"', 'unknown key password'],
    ['directory = ', 'config.toml: '],
  ])('refuses %j', async (text, why) => {
    await expect(read(text)).rejects.toThrow(UsageError);
    await expect(read(text)).rejects.toThrow(why);
  });

  test('one that the environment names must exist', async () => {
    await expect(readConfig({ RENDEZVOUS_CONFIG: join(dir, 'absent.toml') })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('what wins', () => {
  const config = (): Record<string, string> => ({
    RENDEZVOUS_CONFIG: file('directory = "ldap://file"\ndata-dir = "/file"\ntimeout = "7s"'),
  });

  test('[APP-01] the flag, then the environment, then the file, then this computer', async () => {
    const env = { ...config(), RENDEZVOUS_DIRECTORY: 'ldap://env', RENDEZVOUS_DATA_DIR: '/env' };
    const flags = context({ directory: ['ldap://flag'], dataDir: '/flag', timeout: '500ms' }, env);
    expect([(await flags.firstDirectory()).target, await flags.dataDir(), await flags.timeoutMs()]).toEqual([
      'ldap://flag',
      '/flag',
      500,
    ]);
    const variables = context({}, env);
    expect([(await variables.firstDirectory()).target, await variables.dataDir()]).toEqual([
      'ldap://env',
      '/env',
    ]);
    const fromFile = context({}, config());
    expect([
      (await fromFile.firstDirectory()).target,
      await fromFile.dataDir(),
      await fromFile.timeoutMs(),
    ]).toEqual(['ldap://file', '/file', 7000]);
    const nothing = context({}, { RENDEZVOUS_CONFIG: file('') });
    expect([
      (await nothing.firstDirectory()).target,
      await nothing.dataDir(),
      await nothing.timeoutMs(),
    ]).toEqual(['embedded', undefined, 10_000]);
  });

  test('a data directory on the command line asks for the directory in it', async () => {
    expect((await context({ dataDir: '/flag' }, config()).firstDirectory()).target).toBe('embedded');
  });

  test('an empty variable counts as none', async () => {
    const ctx = context({}, { ...config(), RENDEZVOUS_DIRECTORY: '', RENDEZVOUS_DATA_DIR: '' });
    expect([(await ctx.firstDirectory()).target, await ctx.dataDir()]).toEqual(['ldap://file', '/file']);
  });
});

describe('passwords', () => {
  const talk = (screen: Screen): Talk => new Talk(screen, { color: false, quiet: false, verbose: false });

  test('come from the first line of a file', async () => {
    const screen = new Screen();
    expect(await passwordFromFile(file('hush hush\r\nmore\n', 'password'), talk(screen))).toBe('hush hush');
    expect(screen.text).toBe('');
  });

  test('a file that others may read is told of', async () => {
    const screen = new Screen();
    const path = file('hush', 'password');
    chmodSync(path, 0o644);
    expect(await passwordFromFile(path, talk(screen))).toBe('hush');
    expect(screen.text).toContain(`chmod 600 ${path}`);
  });

  test('an empty file is none', async () => {
    await expect(passwordFromFile(file('\n', 'password'), talk(new Screen()))).rejects.toThrow(UsageError);
  });

  test('without a file and without a terminal there is no way', async () => {
    const ctx = context({ bindDn: 'cn=admin' }, { RENDEZVOUS_CONFIG: file('') });
    await expect(ctx.credentials()).rejects.toThrow('--password-file');
  });

  test('are typed unseen', async () => {
    const screen = new Screen(true);
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
    const asked = passwordFromPrompt('cn=admin', stdin, talk(screen));
    stdin.write('hushh\u007f'); // with one character taken back
    stdin.write('\r');
    expect(await asked).toBe('hush');
    expect(screen.text).toBe('Password of cn=admin: \n');
  });

  test('Ctrl-C at the prompt breaks off', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
    const asked = passwordFromPrompt('cn=admin', stdin, talk(new Screen(true)));
    stdin.write('\u0003');
    await expect(asked).rejects.toMatchObject({ code: 'ERR_INTERRUPTED' });
  });
});
