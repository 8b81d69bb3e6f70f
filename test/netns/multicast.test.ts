import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../kit/netns.ts';
import { Members } from '../support/netns-member.ts';

const families = [
  {
    family: 'IPv4',
    group: '239.255.10.1',
    other: '239.255.10.2',
    fields: ['ip.dsfield.dscp', 'ip.ttl', 'ip.dst'],
  },
  {
    family: 'IPv6',
    group: 'ff15::1001',
    other: 'ff15::1002',
    fields: ['ipv6.tclass.dscp', 'ipv6.hlim', 'ipv6.dst'],
  },
] as const;

let port = 5004;
const at = (group: string) => ({ group, port });

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !condition(); tries++) await delay(10);
}

describe('three hosts on a snooping switch', () => {
  let lab: Lab;
  const members = new Members();
  beforeAll(async () => {
    lab = await openLab({ hosts: 3 });
  });
  afterAll(async () => {
    await members[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  describe.each(families)('$family', ({ group, other, fields }) => {
    test('[QOS-01] DSCP 46 and the TTL are on the wire, and a change of DSCP while open', async () => {
      port += 2;
      await using capture = await lab.host(2).capture(`udp port ${port}`);
      await using hearer = await members.open(lab.host(2), at(group));
      await using talker = await members.open(lab.host(1), { ...at(group), dscp: 46, ttl: 9 });
      expect(talker.opened).toMatchObject({ effectiveDscp: 46, joined: ['eth0'], warnings: [] });
      talker.send('voice');
      await until(() => hearer.heard.length === 1);
      talker.setDscp(34);
      talker.send('video');
      await until(() => hearer.heard.length === 2);
      expect(hearer.heard).toEqual(['voice', 'video']);
      expect(await capture.rows(...fields)).toEqual([
        ['46', '9', group],
        ['34', '9', group],
      ]);
    });

    test('a host that has not joined gets nothing, nor does a member of another group', async () => {
      port += 2;
      await using wire = await lab.host(3).capture(`udp port ${port}`);
      await using stranger = await members.open(lab.host(3), at(other));
      await using hearer = await members.open(lab.host(2), at(group));
      await using talker = await members.open(lab.host(1), at(group));
      const words = Array.from({ length: 50 }, (_, i) => `word ${i}`);
      for (const word of words) talker.send(word);
      await until(() => hearer.heard.length === words.length);
      expect([hearer.heard, stranger.heard]).toEqual([words, []]);
      expect(await wire.rows('frame.number')).toEqual([]);
    });

    test('two members on one host both hear each other and the other host', async () => {
      port += 2;
      await using one = await members.open(lab.host(1), at(group));
      await using two = await members.open(lab.host(1), at(group));
      await using far = await members.open(lab.host(2), at(group));
      one.send('from one');
      await until(() => far.heard.length === 1);
      two.send('from two');
      await until(() => far.heard.length === 2);
      far.send('from far');
      await until(() => one.heard.length === 3 && two.heard.length === 3);
      const all = ['from one', 'from two', 'from far'];
      expect([one.heard, two.heard, far.heard]).toEqual([all, all, all]);
    });

    test('[LOO-02] with loopback off the same host hears nothing and the other host does', async () => {
      port += 2;
      await using talker = await members.open(lab.host(1), { ...at(group), loopback: false });
      await using near = await members.open(lab.host(1), at(group));
      await using far = await members.open(lab.host(2), at(group));
      talker.send('away');
      await until(() => far.heard.length === 1);
      near.send('looped'); // proof that `near` hears at all
      await until(() => near.heard.length === 1);
      expect([far.heard[0], near.heard, talker.heard]).toEqual(['away', ['looped'], ['looped']]);
    });

    test('only the source asked for is heard', async () => {
      port += 2;
      const wanted = group.includes(':') ? lab.host(1).ipv6 : lab.host(1).ipv4;
      await using hearer = await members.open(lab.host(2), { ...at(group), sources: [wanted[0] ?? ''] });
      await using right = await members.open(lab.host(1), at(group));
      await using wrong = await members.open(lab.host(3), at(group));
      wrong.send('not asked for');
      await until(() => right.heard.length === 1);
      right.send('asked for');
      await until(() => hearer.heard.length === 1);
      expect([hearer.heard, right.heard]).toEqual([['asked for'], ['not asked for', 'asked for']]);
    });
  });

  test('IPv4 join and leave are IGMPv3 reports to 224.0.0.22', async () => {
    await using capture = await lab.host(1).capture('igmp and src host 10.77.0.1');
    const member = await members.open(lab.host(1), at('239.255.20.1'));
    await member.close(); // the switch has seen the join by now
    await delay(200); // the first report of a change goes out at once
    const reports = (await capture.rows('igmp.type', 'ip.dst', 'igmp.maddr', 'igmp.record_type')).filter(
      (row) => row[2] === '239.255.20.1',
    );
    expect(reports[0]).toEqual(['0x22', '224.0.0.22', '239.255.20.1', '4']); // CHANGE_TO_EXCLUDE_MODE, no sources
    expect(reports.at(-1)).toEqual(['0x22', '224.0.0.22', '239.255.20.1', '3']); // CHANGE_TO_INCLUDE_MODE, no sources
  });

  test('IPv6 join and leave are MLDv2 reports', async () => {
    await using capture = await lab.host(1).capture('ip6[6] == 0'); // behind a hop-by-hop option
    const member = await members.open(lab.host(1), at('ff15::2001'));
    await member.close();
    await delay(200);
    const fields = [
      'icmpv6.type',
      'ipv6.dst',
      'icmpv6.mldr.mar.multicast_address',
      'icmpv6.mldr.mar.record_type',
    ];
    const reports = (await capture.rows(...fields)).filter((row) => row[2] === 'ff15::2001');
    expect(reports[0]).toEqual(['143', 'ff02::16', 'ff15::2001', '4']);
    expect(reports.at(-1)).toEqual(['143', 'ff02::16', 'ff15::2001', '3']);
  });

  test('a source-specific join names its source in the report, and is heard', async () => {
    port += 2;
    await using capture = await lab.host(2).capture('igmp and src host 10.77.0.2');
    const ssm = { ...at('232.77.0.1'), sources: ['10.77.0.1'] };
    await using hearer = await members.open(lab.host(2), ssm);
    await using talker = await members.open(lab.host(1), { ...at('232.77.0.1'), join: false });
    talker.send('to those who asked');
    await until(() => hearer.heard.length === 1);
    expect(hearer.heard).toEqual(['to those who asked']);
    const reports = await capture.rows('igmp.maddr', 'igmp.record_type', 'igmp.saddr');
    expect(reports.filter((row) => row[0] === '232.77.0.1')[0]).toEqual(['232.77.0.1', '5', '10.77.0.1']); // ALLOW
  });
});

describe('two interfaces and no default route', () => {
  let lab: Lab;
  const members = new Members();
  beforeAll(async () => {
    lab = await openLab({ hosts: 2, networks: 2, multicastRoute: false });
  });
  afterAll(async () => {
    await members[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  test('without a route it is loopback, and the sentence says which others there are', async () => {
    await using member = await members.open(lab.host(1), at('239.255.30.1'));
    expect(member.opened.sentence).toBe(
      'lo (127.0.0.1), because there is no route to 239.255.30.1; ' +
        'only this host will be heard; name an interface to use another: eth0, eth1',
    );
    expect(member.opened.joined).toEqual(['lo']);
  });

  test('a route decides, and a name or an address decides over the route', async () => {
    const h1 = lab.host(1);
    await h1.run('ip', ['route', 'add', '239.255.31.0/24', 'dev', 'eth1']);
    const group = at('239.255.31.1');
    await using routed = await members.open(h1, group);
    await using named = await members.open(h1, { ...group, interface: 'eth0' });
    await using addressed = await members.open(h1, { ...group, interface: '10.77.0.1' });
    expect([routed, named, addressed].map((member) => member.opened.sentence)).toEqual([
      'eth1 (10.78.0.1), because the route to 239.255.31.1 leaves there',
      'eth0 (10.77.0.1), because you named it',
      'eth0 (10.77.0.1), because you gave its address',
    ]);
  });

  test.each([
    { group: '239.255.32.1', eth0: '10.77.0.1', eth1: '10.78.0.1' },
    { group: 'ff15::3201', eth0: 'fd77::1', eth1: 'fd78::1' },
  ])('$group: what is sent leaves by the chosen interface alone', async ({ group, eth0, eth1 }) => {
    port += 2;
    const [h1, h2] = [lab.host(1), lab.host(2)];
    await using left = await members.open(h2, { ...at(group), interface: 'eth0' });
    await using right = await members.open(h2, { ...at(group), interface: 'eth1' });
    await using all = await members.open(h2, { ...at(group), interface: 'all' });
    await using talkerLeft = await members.open(h1, { ...at(group), interface: eth0 });
    await using talkerRight = await members.open(h1, { ...at(group), interface: eth1 });
    talkerLeft.send('left');
    await until(() => all.heard.length === 1);
    talkerRight.send('right');
    await until(() => [all, right, talkerRight].every(({ heard }) => heard.at(-1) === 'right'));
    expect([left.heard, right.heard, all.heard]).toEqual([['left'], ['right'], ['left', 'right']]);
    expect(all.opened.joined).toEqual(expect.arrayContaining(['lo', 'eth0', 'eth1']));
    expect([talkerLeft.heard, talkerRight.heard]).toEqual([['left'], ['right']]);
  });

  test('an interface that is down, or unknown, is refused with those there are', async () => {
    const h2 = lab.host(2);
    await h2
      .run('ip', ['link', 'add', 'idle0', 'type', 'dummy'])
      .catch(() => h2.run('ip', ['tuntap', 'add', 'idle0', 'mode', 'tap']));
    await expect(members.open(h2, { ...at('239.255.33.1'), interface: 'idle0' })).rejects.toThrow(
      /idle0 is down or has no address\. Available: lo \(127\.0\.0\.1, ::1\); eth0 \(10\.77\.0\.2/,
    );
    await expect(members.open(h2, { ...at('239.255.33.1'), interface: 'eth7' })).rejects.toThrow(
      /There is no interface "eth7"/,
    );
  });

  test('a unicast peer with a link-local address is reached by its zone', async () => {
    port += 2;
    const [h1, h2] = [lab.host(1), lab.host(2)];
    const shown = await h2.run('ip', ['-6', '-o', 'addr', 'show', 'dev', 'eth1', 'scope', 'link']);
    const peer = /inet6 (fe80:[^/]+)/.exec(shown)?.[1] ?? '';
    await using hearer = await members.open(h2, { ...at('fe80::1%eth1'), interface: peer });
    await using talker = await members.open(h1, at(`${peer}%eth1`));
    talker.send('across the link');
    await until(() => hearer.heard.length > 0);
    expect(hearer.heard).toEqual(['across the link']);
    expect([talker.opened.joined, talker.problems]).toEqual([[], []]);
  });

  test('an IPv6 group on loopback has no route: that is told once', async () => {
    await using member = await members.open(lab.host(2), { ...at('ff15::3401'), interface: 'lo' });
    member.send('lost');
    member.send('lost too');
    await until(() => member.problems.length > 0);
    await delay(50); // a second telling would follow on its heels
    expect(member.problems).toEqual(['ENETUNREACH']);
  });
});
