import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';
import { event, HERE, leave, User } from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());

test('[QOS-01] [DIR-11] tshark reads every packet of a whole session without a complaint', async () => {
  const { group, port } = drawGroup();
  await using server = user.start('serve', '--listen', 'ldap://127.0.0.1:0', '--anonymous-write', '--json');
  const listening = await event(server, 'listening');
  const [url, ldapPort] = [String(listening['url']), Number(listening['port'])];
  const file = user.file('session.pcap');
  const filter = `tcp port ${ldapPort} or host ${group}`;
  await using capture = new ForeignProgram('tcpdump', [
    '-i',
    'lo',
    '--immediate-mode',
    '-U',
    '-w',
    file,
    filter,
  ]);
  await capture.says(/listening on/);

  const there = ['--directory', url];
  const ldap = (tool: string, ...args: readonly string[]): Promise<unknown> =>
    user.home.startOther(tool, ['-x', '-H', url, ...args], { env: { LDAPNOINIT: '1' } }).end;
  await user.run(
    'create',
    'Wire',
    ...there,
    '--scope',
    'local',
    '--group',
    `${group}:${port}`,
    '--ttl',
    '600',
  );
  await user.run('list', '--long', ...there);
  await user.run('edit', 'Wire', '--description', 'Grüße', ...there);
  await ldap('ldapexop', 'refresh', 'uid=Wire,ou=Dynamic,o=Intranet', '900');
  const part = [...HERE, ...there, '--extended-reports', 'always', '--receive', 'null', '--send'];
  const sdes = ['--email', 'ann@example.org', '--phone', '+1 2', '--loc', 'Zürich', '--note', 'busy'];
  const ann = await user.join({ name: 'Wire' }, ...part, 'tone:440', '--name', 'Änn', ...sdes);
  await using _ann = ann;
  await using bob = await user.join({ name: 'Wire' }, ...part, 'tone:660', '--name', 'Bob');
  await Promise.all([
    event(bob, 'participant-updated', ({ participant }) => participant?.note === 'busy'),
    event(ann, 'participant-updated', ({ participant }) => participant?.name === 'Bob'),
  ]);
  await leave(bob);
  await event(ann, 'participant-left');
  await leave(ann);
  await user.run('delete', 'Wire', ...there);
  await ldap('ldapsearch', '-b', '', '-s', 'base', '(cn=the last request)');
  await expect.poll(() => readFileSync(file).includes('the last request')).toBe(true);
  await capture.stop();

  const as = [`tcp.port==${ldapPort},ldap`, `udp.port==${port},rtp`, `udp.port==${port + 1},rtcp`];
  const options = ['-r', file, '-n', ...as.flatMap((it) => ['-d', it])];
  const read = (shown: string, ...fields: readonly string[]): string[] =>
    execFileSync(
      'tshark',
      [
        ...options,
        '-Y',
        shown,
        ...(fields.length === 0 ? [] : ['-T', 'fields']),
        ...fields.flatMap((it) => ['-e', it]),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
      .split('\n')
      .filter((line) => line !== '');
  expect(read('_ws.malformed || _ws.expert.severity >= 0x600000')).toEqual([]);
  expect(read('(ldap || rtp || rtcp) && _ws.expert')).toEqual([]);
  // everything is understood as what it is
  expect(read('udp && !rtp && !rtcp')).toEqual([]);
  expect(read('tcp.len > 0 && !ldap && !tcp.reassembled_in')).toEqual([]);
  const rtp = read('rtp', 'rtp.version', 'rtp.p_type', 'ip.dsfield.dscp', 'ip.ttl');
  expect(rtp.length).toBeGreaterThan(100);
  expect(new Set(rtp)).toEqual(new Set(['2\t0\t46\t1']));
  const rtcp = read('rtcp', 'ip.dsfield.dscp', 'ip.ttl', 'rtcp.length_check');
  expect(rtcp.length).toBeGreaterThanOrEqual(4);
  expect(new Set(rtcp)).toEqual(new Set(['46\t1\t1']));
  expect(read('rtcp.pt == 203').length).toBe(2); // a goodbye of each
  expect(read('rtcp.sdes.text contains "ann@example.org"').length).toBeGreaterThan(0);
  // RFC 3611 of both: what they hear, and the clock
  expect(read('rtcp.xr.bt == 4').length).toBeGreaterThanOrEqual(2);
  const voice = read('rtcp.xr.bt == 7', 'rtcp.xr.voipmetrics.moslq', 'rtcp.xr.voipmetrics.gmin');
  expect(voice.length).toBeGreaterThan(0);
  for (const line of voice) expect(line).toMatch(/^4(\.\d)?\t16$/);
  // RFC 2589: asked for 900 s, and given
  const refresh = read('ldap.requestName == "1.3.6.1.4.1.1466.101.119.1"', 'ldap.protocolOp');
  expect(refresh).toEqual(['23']);
  expect(read('ldap.protocolOp == 24', 'ldap.resultCode').length).toBeGreaterThanOrEqual(1);
  const operations = new Set(read('ldap', 'ldap.protocolOp').flatMap((it) => it.split(',')));
  // search, modify, add, delete, extended: requests and answers
  for (const code of ['3', '4', '5', '6', '7', '8', '9', '10', '11', '23', '24'])
    expect(operations).toContain(code);
});
