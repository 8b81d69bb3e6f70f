import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listener } from '../../directory/server/index.ts';
import { type ListeningService, listeningService } from '../support/listening-service.ts';

let running: ListeningService;
let listener: Listener;
beforeAll(async () => {
  running = await listeningService();
  ({ listener } = running);
});
afterAll(() => running[Symbol.asyncDispose]());

interface Output {
  readonly code: number;
  readonly out: string;
}

/** Runs one of OpenLDAP's tools against the service. */
async function tool(name: string, args: readonly string[] = [], input = ''): Promise<Output> {
  return run(name, ['-x', '-H', listener.url, ...args], input);
}
async function run(name: string, args: readonly string[], input = ''): Promise<Output> {
  const child = spawn(name, args, { stdio: 'pipe', env: { ...process.env, LDAPNOINIT: '1', LC_ALL: 'C' } });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdin.end(input);
  const [code]: number[] = await once(child, 'close');
  return { code: code ?? -1, out };
}

const conference = (name: string, more = ''): string =>
  `dn: uid=${name},ou=Dynamic,o=Intranet
objectClass: rtConference
objectClass: dynamicObject
protocolID: IP Conference
conferenceBlob: v=0
${more}
`;
const dn = (name: string): string => `uid=${name},ou=Dynamic,o=Intranet`;

/** What ldapsearch finds, as LDIF without comments and folding. */
async function ldapsearch(...args: readonly string[]): Promise<string> {
  const { out } = await tool('ldapsearch', ['-LLL', '-o', 'ldif-wrap=no', ...args]);
  return out;
}

describe('OpenLDAP’s tools', () => {
  test('[DIR-03] ldapsearch reads the root DSE and sees dynamic entries', async () => {
    const out = await ldapsearch('-b', '', '-s', 'base', '+');
    expect(out).toContain('dynamicSubtrees: ou=Dynamic,o=Intranet\n');
    expect(out).toContain('supportedExtension: 1.3.6.1.4.1.1466.101.119.1\n');
  });

  test('[DIR-09] ldapadd publishes, ldapsearch finds, [DIR-10] ldapmodify changes, [DIR-12] ldapdelete removes', async () => {
    const added = await tool(
      'ldapadd',
      [],
      `${conference('Tools', 'entryTTL: 900\noriginator:: w4RubmE=')}\n${conference('Other')}`,
    );
    expect(added.code).toBe(0);
    expect(
      await ldapsearch(
        '-b',
        'o=Intranet',
        '(&(objectClass=rtConference)(uid=to*))',
        'uid',
        'entryTtl',
        'originator',
      ),
    ).toBe(`dn: ${dn('Tools')}\nuid: Tools\nentryTtl: 900\noriginator:: w4RubmE=\n\n`);
    const modified = await tool(
      'ldapmodify',
      [],
      `dn: ${dn('Tools')}\nchangetype: modify\nreplace: entryTTL\nentryTTL: 1800\n-\nadd: url\nurl: http://x\n-\ndelete: originator\n`,
    );
    expect(modified.code).toBe(0);
    expect(await ldapsearch('-b', dn('tools'), '-s', 'base', 'entryTtl', 'url', 'originator')).toBe(
      `dn: ${dn('Tools')}\nentryTtl: 1800\nurl: http://x\n\n`,
    );
    expect(await tool('ldapdelete', [dn('Tools')])).toEqual({ code: 0, out: '' });
    expect(await tool('ldapdelete', [dn('Tools')])).toMatchObject({
      code: 32,
      out: expect.stringContaining('there is no entry'),
    });
    expect((await tool('ldapadd', [], conference('Other'))).code).toBe(68);
  });

  test('[DIR-11] ldapexop refreshes (RFC 2589)', async () => {
    await tool('ldapadd', [], conference('Fresh'));
    expect(await tool('ldapexop', ['refresh', dn('Fresh'), '86400'])).toEqual({
      code: 0,
      out: 'newttl=86400\n',
    });
    expect((await tool('ldapexop', ['refresh', dn('Nobody'), '60'])).out).toContain('No such object (32)');
    expect((await tool('ldapexop', ['refresh', 'ou=Dynamic,o=Intranet', '60'])).out).toContain(
      'Object class violation (65)',
    );
  });

  test('ldapwhoami, with [DIR-08] simple bind and without', async () => {
    const pass = ['-D', 'cn=admin,o=Intranet', '-w'];
    expect(await tool('ldapwhoami', [...pass, 'secret'])).toEqual({
      code: 0,
      out: 'dn:cn=admin,o=Intranet\n',
    });
    expect(await tool('ldapwhoami')).toEqual({ code: 0, out: 'anonymous\n' });
    expect((await tool('ldapwhoami', [...pass, 'wrong'])).code).toBe(49);
    expect(await run('ldapwhoami', ['-Y', 'EXTERNAL', '-Q', '-H', listener.url])).toMatchObject({
      code: expect.any(Number),
      out: expect.stringMatching(/Authentication method not supported|auth/i),
    });
  });

  test('ldapcompare', async () => {
    await tool('ldapadd', [], conference('Comp'));
    expect((await tool('ldapcompare', [dn('Comp'), 'cn:COMP'])).out).toContain('TRUE');
    expect((await tool('ldapcompare', [dn('Comp'), 'cn:other'])).out).toContain('FALSE');
    expect((await tool('ldapcompare', [dn('Comp'), 'owner:cn=x'])).code).toBe(16);
  });

  test('ldapsearch in LDAP v2, with pages, limits, types only and every kind of filter', async () => {
    await tool(
      'ldapadd',
      [],
      Array.from({ length: 30 }, (_, i) => conference(`Page${i}`, `rating: ${i}`)).join('\n'),
    );
    const found = async (...args: string[]): Promise<number> =>
      (await ldapsearch('-b', 'o=Intranet', ...args)).match(/^dn: /gm)?.length ?? 0;
    expect(await found('(uid=page*)', '1.1')).toBe(30);
    expect(await found('-P', '2', '(uid=page*)')).toBe(30);
    expect(await found('-E', 'pr=7/noprompt', '(uid=page*)')).toBe(30);
    expect(await found('-z', '5', '(uid=page*)')).toBe(5);
    expect(await found('(&(uid=page*)(|(rating=3)(rating=4)(uid=*e29)))')).toBe(3);
    expect(await found('(uid:caseExactMatch:=Page3)')).toBe(1);
    expect(await found('(&(uid=page*)(!(rating~=3)))')).toBe(29);
    expect(await ldapsearch('-A', '-b', dn('Page1'), '-s', 'base', 'uid')).toBe(
      `dn: ${dn('Page1')}\nuid:\n\n`,
    );
    expect((await tool('ldapsearch', ['-b', 'o=Intranet', '-E', '!mv=(cn=a)', '(cn=x)'])).code).toBe(12);
  });

  test('[OBJ-03] ldapmodrdn renames and moves', async () => {
    await tool('ldapadd', [], conference('Old name'));
    const renamed = await tool('ldapmodrdn', ['-r', dn('Old name'), 'uid=New name']);
    expect(renamed.code).toBe(0);
    const moved = await tool('ldapmodrdn', [
      '-r',
      '-s',
      'ou=Applications,o=Intranet',
      dn('New name'),
      'uid=Moved',
    ]);
    expect(moved.code).toBe(0);
    const out = await ldapsearch('-b', 'o=Intranet', '(objectClass=rtConference)', 'uid', 'cn');
    expect(out).toContain('dn: uid=Moved,ou=Applications,o=Intranet\n');
    expect(out).not.toContain('name');
    await tool('ldapdelete', ['uid=Moved,ou=Applications,o=Intranet']);
  });

  test('[DIR-09] ldapsearch -E sss= sorts, with pages too', async () => {
    for (const name of ['S3', 's10', 'S1'])
      await tool('ldapadd', [], conference(name, `rating: ${name.slice(1)}\nsubType: sorted`));
    const names = async (...args: readonly string[]): Promise<string[]> => {
      const out = await ldapsearch(...args, '-b', 'ou=Dynamic,o=Intranet', '(subType=sorted)', 'uid');
      return Array.from(out.matchAll(/^uid: (.*)$/gm), (found) => found[1] ?? '');
    };
    expect(await names('-E', 'sss=uid')).toEqual(['S1', 's10', 'S3']);
    expect(await names('-E', 'sss=-uid')).toEqual(['S3', 's10', 'S1']);
    expect(await names('-E', 'sss=uid:caseExactOrderingMatch')).toEqual(['S1', 'S3', 's10']);
    expect(await names('-E', '!sss=rating:2.5.13.15')).toEqual(['S1', 'S3', 's10']); // as numbers
    expect(await names('-E', 'sss=-uid', '-E', 'pr=2/noprompt')).toEqual(['S3', 's10', 'S1']);
    const refused = await tool('ldapsearch', ['-E', '!sss=nonsense', '-b', 'o=Intranet', '(rating=*)']);
    expect(refused).toMatchObject({ code: 12, out: expect.stringContaining('sortResult: (16)') });
    for (const name of ['S3', 's10', 'S1']) await tool('ldapdelete', [dn(name)]);
  });

  test('[DIR-10] ldapmodify -e assert=, preread= and postread=', async () => {
    await tool('ldapadd', [], conference('Guarded', 'url: http://one.example/'));
    const change = `dn: ${dn('Guarded')}\nchangetype: modify\nreplace: url\nurl: http://two.example/\n`;
    const wrong = await tool('ldapmodify', ['-e', '!assert=(url=http://three.example/)'], change);
    expect(wrong.code).toBe(122);
    const right = await tool(
      'ldapmodify',
      ['-e', '!assert=(url=http://one.example/)', '-e', '!preread=url', '-e', '!postread=url,entryUUID'],
      change,
    );
    expect(right.code).toBe(0);
    expect(right.out).toMatch(
      /PreRead[^]*url: http:\/\/one\.example\/[^]*PostRead[^]*url: http:\/\/two\.example\//i,
    );
    const gone = await tool('ldapdelete', ['-e', 'preread=uid', dn('Guarded')]);
    expect(gone).toMatchObject({ code: 0, out: expect.stringContaining('uid: Guarded') });
  });

  test('[DIR-08] ldapwhoami -e authzid= is for the administrator', async () => {
    const as = ['-e', '!authzid=dn:uid=ann,o=Intranet'];
    expect((await tool('ldapwhoami', as)).out).toContain('(123)');
    const admin = ['-D', 'cn=admin,o=Intranet', '-w', 'secret'];
    expect((await tool('ldapwhoami', [...admin, ...as])).out).toContain('dn:uid=ann,o=Intranet');
  });

  test('ManageDsaIT changes nothing', async () => {
    expect((await tool('ldapsearch', ['-M', '-b', 'o=Intranet', '-s', 'base'])).code).toBe(0);
  });
});

describe('on the wire', () => {
  test('tshark decodes every LDAP packet without a malformed or expert mark', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-ldap-'));
    try {
      const file = join(folder, 'session.pcap');
      const capture = spawn(
        'tcpdump',
        ['-i', 'lo', '--immediate-mode', '-U', '-w', file, 'tcp', 'port', String(listener.port)],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      await until(capture.stderr, /listening on/);
      await tool(
        'ldapadd',
        ['-D', 'cn=admin,o=Intranet', '-w', 'secret'],
        conference('Wire', 'entryTTL: 600'),
      );
      await tool('ldapadd', [], conference('Wire'));
      await ldapsearch('-b', 'o=Intranet', '*', '+');
      await ldapsearch('-b', '', '-s', 'base', '*', '+');
      await ldapsearch('-b', 'o=Intranet', '-E', 'pr=2/noprompt', '(objectClass=*)');
      await tool('ldapexop', ['refresh', dn('Wire'), '900']);
      await tool('ldapexop', ['refresh', dn('None'), '900']);
      await tool('ldapwhoami');
      await tool('ldapcompare', [dn('Wire'), 'cn:wire']);
      await tool(
        'ldapmodify',
        [],
        `dn: ${dn('Wire')}\nchangetype: modify\nreplace: entryTTL\nentryTTL: 60\n`,
      );
      await tool('ldapmodrdn', [dn('Wire'), 'uid=x']);
      await tool('ldapdelete', [dn('Wire')]);
      await ldapsearch('-b', '', '-s', 'base', '(cn=the last request)');
      await expect.poll(() => readFileSync(file).includes('the last request')).toBe(true);
      capture.kill('SIGINT');
      await once(capture, 'close');
      const decode = ['-r', file, '-d', `tcp.port==${listener.port},ldap`];
      const marked = await run('tshark', [...decode, '-Y', 'ldap && (_ws.malformed || _ws.expert)']);
      expect(marked.out.replace(/^Running as user.*\n/m, '')).toBe('');
      const answers = await run('tshark', [
        ...decode,
        '-Y',
        `ldap && tcp.srcport==${listener.port}`,
        '-T',
        'fields',
        '-e',
        'ldap.protocolOp',
      ]);
      const kinds = new Set(answers.out.match(/^[\d,]+$/gm)?.flatMap((line) => line.split(',')));
      // bind, entry, done, modify, add, delete, modify DN, compare and extended responses were all seen
      expect([...kinds].map(Number).sort((a, b) => a - b)).toEqual([1, 4, 5, 7, 9, 11, 13, 15, 24]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Waits for a program to print something. */
function until(stream: NodeJS.ReadableStream, text: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let seen = '';
    stream.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (text.test(seen)) resolve();
    });
  });
}
