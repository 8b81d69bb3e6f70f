import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConferenceJson } from '../../directory/index.ts';
import type { Ended, Running } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { event, HERE, leave, User } from './cli-media.ts';

const user = new User();
let server: Running;
let url: string;
beforeAll(async () => {
  server = user.start('serve', '--listen', 'ldap://127.0.0.1:0', '--anonymous-write', '--json');
  url = String((await event(server, 'listening'))['url']);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.end;
  user[Symbol.dispose]();
});

/** Runs one of OpenLDAP's tools. */
const tool = (name: string, args: readonly string[], input = ''): Promise<Ended> =>
  user.home.startOther(name, ['-x', '-H', url, ...args], { stdin: input, env: { LDAPNOINIT: '1' } }).end;
const shown = async (name: string): Promise<ConferenceJson> =>
  JSON.parse((await user.run('show', name, '--json')).out);
const listed = async (...args: readonly string[]): Promise<string[]> => {
  const found: ConferenceJson[] = JSON.parse((await user.run('list', '--json', ...args)).out);
  return found.map(({ name }) => name);
};
const dn = (name: string): string => `uid=${name},ou=Dynamic,o=Intranet`;

describe('conferences of other people’s tools', () => {
  test('[DIR-09] [DIR-10] [DIR-12] ldapadd, ldapmodify and ldapdelete change what the program lists, shows and joins', async () => {
    const { group, port } = drawGroup();
    const sdp = `v=0\r\no=tom 1 1 IN IP4 127.0.0.1\r\ns=By hand\r\nc=IN IP4 ${group}/1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\n`;
    const blob = user.file('blob.sdp');
    writeFileSync(blob, sdp);
    const entry = [
      `dn: ${dn('By hand')}`,
      'objectClass: rtConference',
      'objectClass: dynamicObject',
      'protocolID: IP Conference',
      `conferenceBlob:< file://${blob}`,
      'entryTTL: 900',
      '',
    ].join('\n');
    expect(await tool('ldapadd', [], entry)).toMatchObject({ code: 0, err: '' });
    expect(await listed()).toEqual(['By hand']);
    expect(await listed('--directory', url)).toEqual(['By hand']);
    const before = await shown('By hand');
    expect(before).toMatchObject({
      originator: 'tom',
      startTime: null,
      stopTime: null,
      media: [{ kind: 'audio', address: group, port, formats: ['8'], ttl: 1 }],
      sdp,
    });
    expect(before.ttlSeconds).toBeGreaterThan(890);
    expect(before.ttlSeconds).toBeLessThanOrEqual(900);
    expect((await user.run('show', 'By hand', '--sdp')).bytes.toString('latin1')).toBe(sdp);

    const told = ['--directory', url, '--send', 'tone:500', '--receive', 'null'];
    await using member = await user.join({ name: 'By hand' }, ...HERE, ...told);
    expect(await event(member, 'joined')).toMatchObject({
      name: 'By hand',
      media: [{ group, port, interface: 'lo' }],
    });
    await leave(member);

    const changed = sdp.replace('s=By hand', 's=By hand\r\ni=Changed with ldapmodify');
    writeFileSync(blob, changed);
    const change = [
      `dn: ${dn('By hand')}`,
      'changetype: modify',
      'replace: conferenceBlob',
      `conferenceBlob:< file://${blob}`,
      '-',
      'replace: entryTTL',
      'entryTTL: 1800',
      '',
    ].join('\n');
    expect(await tool('ldapmodify', [], change)).toMatchObject({ code: 0, err: '' });
    const after = await shown('By hand');
    expect(after).toMatchObject({ description: 'Changed with ldapmodify', sdp: changed });
    expect(after.ttlSeconds).toBeGreaterThan(1790);

    expect(await tool('ldapdelete', [dn('By hand')])).toMatchObject({ code: 0, err: '' });
    expect(await listed()).toEqual([]);
    expect(await user.start('show', 'By hand').end).toMatchObject({ code: 3 });
  });

  test('[DIR-03] ldapsearch finds what create published, byte for byte, while it is there', async () => {
    await user.run('create', 'Found', '--description', 'Grüße', '--ttl', '600', '--scope', 'local');
    const attributes = ['conferenceBlob', 'entryTTL', 'objectClass'];
    const search = ['-LLL', '-o', 'ldif-wrap=no', '-b', 'o=Intranet', '(uid=fou*)', ...attributes];
    const { code, out } = await tool('ldapsearch', search);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^dn: ${dn('Found')}$`, 'm'));
    expect(out).toMatch(/^objectClass: rtConference$/m);
    const [, base64 = ''] = /^conferenceBlob:: (.*)$/m.exec(out) ?? [];
    expect(Buffer.from(base64, 'base64')).toEqual((await user.run('show', 'Found', '--sdp')).bytes);
    const [, ttl] = /^entryTtl: (\d+)$/im.exec(out) ?? [];
    expect(Number(ttl)).toBeGreaterThan(590);
    await user.run('delete', 'Found');
    expect((await tool('ldapsearch', search)).out).toBe('');
  });
});
