import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab, type Router, startRouter } from '../kit/index.ts';
import { Home, PROGRAM, Running } from '../net/cli-program.ts';

/** Host 1 and host 2 on two networks, host 3 the router between them. */
const home = new Home();
let lab: Lab;
let router: Router;
beforeAll(async () => {
  lab = await openLab({
    hosts: 3,
    networks: 2,
    attach: (host, network) => host === 3 || host === network + 1,
  });
  router = await startRouter(lab, 3);
});
afterAll(async () => {
  await router[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

const start = (host: number, ...args: readonly string[]): Running =>
  new Running(lab.host(host).spawn(process.execPath, [PROGRAM, '--data-dir', home.path, ...args]));

test('behind a router: marks and TTL as they arrive, a mark that is rewritten from now on, and loss', async () => {
  const file = join(home.path, 'lecture.sdp');
  const lines = ['v=0', 'o=- 1 1 IN IP4 10.77.0.1', 's=Lecture', 'c=IN IP4 239.193.9.9/15', 't=0 0'];
  writeFileSync(file, [...lines, 'm=audio 20000 RTP/AVP 0', 'a=ptime:20', 'a=recvonly', ''].join('\r\n'));
  const talk = file.replace('lecture', 'talk');
  writeFileSync(talk, [...lines, 'm=audio 20000 RTP/AVP 0', 'a=ptime:20', ''].join('\r\n'));
  await using _talker = start(1, 'join', talk, '--send', 'tone:440', '--receive', 'null', '--name', 'Ann');
  await using watching = start(2, 'monitor', file, '--dscp', 'EF', '--json', '--every', '1s');
  // one hop further the TTL is one less, and the mark is as it was sent
  await watching.printed(/"type":"snapshot".*"name":"Ann".*"dscp":46,"ttl":14,.*"findings":\[\]/);

  const onRouter = (rules: string): Promise<string> => lab.host(3).run('nft', [rules]);
  await onRouter(
    'add table netdev test; add chain netdev test in { type filter hook ingress device eth0 priority 0; }; ' +
      'add rule netdev test in ip daddr 239.193.9.9 udp dport 20000 ip dscp set cs1; ' +
      'add rule netdev test in ip daddr 239.193.9.9 udp dport 20000 numgen inc mod 10 0 drop',
  );
  const [, changed = ''] = await watching.printed(/"type":"finding-raised"(.*"code":"dscpChanged".*)/);
  expect(changed).toMatch(/Ann at 10\.77\.0\.1:\d+ .* come with DSCP 8 now, and came with 46/);
  await watching.printed(
    /"type":"finding-raised".*"code":"dscp","severity":"warning".*DSCP 8 in place of 46/,
  );
  await watching.printed(
    /"type":"finding-raised".*"code":"loss".*packets of Ann at .* are lost, up to 1 in a row/,
  );
  await onRouter('add rule netdev test in ip daddr 239.193.9.9 drop');
  await watching.printed(/"type":"finding-raised".*"code":"silent"/);
  watching.child.kill('SIGINT');
  expect((await watching.end).code).toBe(130);
});
