import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audioSdp, type Discovered, SapHost, stop } from '../interop/sap-lab.ts';
import { blocksOf } from '../interop/operations-guide.ts';
import type { Running } from '../net/cli-program.ts';

let here: SapHost;
/** Listens all the time, and tells what happens. */
let witness: Running;
beforeAll(async () => {
  here = await SapHost.open();
  witness = here.rendezvous(['discover', '--watch', '--json']);
  await witness.printed(/"event":"listening"/);
});
afterAll(() => here?.[Symbol.asyncDispose]());

/** What the witness tells, or will tell, of a session. */
async function told(event: string, name: string): Promise<Discovered & { readonly reason?: string }> {
  const [line] = await witness.printed(new RegExp(`^.*"event":"${event}".*"name":"${name}".*$`, 'm'));
  return JSON.parse(line);
}
let names = 0;
/** A name of its own: the witness remembers those of a test that was tried before. */
const fresh = (name: string): string => `${name} ${++names}`;
const file = (name: string, text: string): string => {
  const path = here.file(name);
  writeFileSync(path, text);
  return path;
};

describe.concurrent('announce', () => {
  test('a file: byte for byte, as it changes, until Ctrl-C', async () => {
    const [hall, greatHall] = [fresh('Hall'), fresh('Great hall')];
    const text = audioSdp(hall, '239.255.40.1').replaceAll('\r\n', '\n');
    const path = file('hall.sdp', text);
    const announcing = here.rendezvous(['announce', path, '--json']);
    const appeared = await told('appeared', hall);
    expect(appeared).toMatchObject({ sdp: text, sender: '10.77.0.1', isRecalled: false, count: 1 });
    writeFileSync(path, 'no description');
    await announcing.printed(/./); // it goes on
    writeFileSync(path, text.replace(' 1 IN', ' 2 IN').replace(hall, greatHall));
    announcing.child.kill('SIGHUP');
    const changed = await told('changed', greatHall);
    expect(changed.hash).not.toBe(appeared.hash);
    const ended = await stop(announcing);
    expect(ended.code).toBe(0);
    expect(await told('withdrawn', greatHall)).toMatchObject({ reason: 'deleted' });
    const events = ended.out
      .trim()
      .split('\n')
      .map((line): { type: string; hash?: number } => JSON.parse(line));
    expect(events.map(({ type }) => type).filter((type) => type !== 'announced')).toEqual([
      'announcing',
      'announcing',
      'withdrawn',
    ]);
    expect(ended.err).toMatch(/Announcing Great hall \d+ \(hash [\da-f]{4}\) to 239\.255\.255\.255 on eth0/);
  });

  test('a conference: as it is changed in its directory, until it is removed there', async () => {
    const [home, council] = [here.home(), fresh('Council')];
    await here.runBeside(['create', council, '--scope', 'site'], home);
    const announcing = here.rendezvous(['announce', council], home);
    const before = await told('appeared', council);
    await here.runBeside(['edit', council, '--description', 'on the roof'], home);
    expect((await told('changed', council)).sdp).toContain('i=on the roof');
    await here.runBeside(['delete', council], home);
    const { code, err } = await announcing.end;
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(`"${council}" is not in the directory any more`),
    ]);
    expect((await told('withdrawn', council)).sdp).not.toBe(before.sdp);
  });

  test('for a while, in groups of its own, as often as told', async () => {
    const short = fresh('Short');
    const path = file('short.sdp', audioSdp(short, '239.255.40.3'));
    const options = [
      '--for',
      '3s',
      '--interval',
      '300ms',
      '--group',
      '224.0.0.56',
      '--group',
      '224.2.127.254',
    ];
    const { code, out } = await here.rendezvous(['announce', path, ...options]).end;
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const sent = lines.filter(([, type]) => type === 'announced').map(([, , , , group]) => group);
    for (const group of ['224.0.0.56', '224.2.127.254']) {
      expect(sent.filter((it) => it === group).length).toBeGreaterThan(1);
    }
    expect(lines.at(-1)?.slice(1)).toEqual(['withdrawn', short]);
    await told('withdrawn', short);
  });

  test('what cannot be announced is refused in words', async () => {
    const over = audioSdp('Over', '239.255.40.4').replace('t=0 0', 't=3000000000 3000003600');
    const cases = [
      ['over.sdp', over, /the session is over, it ended 1995/],
      ['alone.sdp', audioSdp('Alone', '192.0.2.1'), /none of its media has a multicast group; .*--group/],
      ['origin.sdp', audioSdp('X', '239.255.40.5').replace(/^o=.*$/m, 'o=x'), /has no o= line with its six/],
      ['text.sdp', 'Dear all', /text\.sdp: /],
    ] as const;
    const ended = await Promise.all(
      cases.map(([name, text]) => here.rendezvous(['announce', file(name, text)]).end),
    );
    for (const [i, { code, err }] of ended.entries()) {
      expect(code).toBe(1);
      expect(err).toMatch(cases[i]?.[2] ?? /^$/);
    }
  });

  test('what somebody else announces is not announced again', async () => {
    const home = here.home();
    const theirs = fresh('Theirs');
    const path = file('theirs.sdp', audioSdp(theirs, '239.255.40.6'));
    await using announcing = here.rendezvous(['announce', path, '--interval', '1s']);
    await announcing.printed(/announced/);
    await here.run(['show', theirs, '--sap-wait', '10'], home);
    const { code, err } = await here.rendezvous(['announce', theirs], home).end;
    expect([code, err]).toEqual([1, expect.stringMatching(/announced already, by 10\.77\.0\.1/)]);
    await stop(announcing);
  });
});

describe.concurrent('create --announce', () => {
  test('publishes and announces until Ctrl-C, and with --keep-alive takes back both', async () => {
    const [home, radio] = [here.home(), fresh('Radio')];
    const creating = here.rendezvous(['create', radio, '--permanent', '--announce', '--keep-alive'], home);
    const { media } = await told('appeared', radio);
    const listed = await here.runBeside(['list', '--json'], home);
    expect(JSON.parse(listed.out)).toMatchObject([{ name: radio, media, origin: null }]);
    const { code, err } = await stop(creating);
    expect(code).toBe(0);
    expect(err).toContain('A running "rendezvous serve --sap" announces the conferences of its directory');
    expect(await told('withdrawn', radio)).toMatchObject({ reason: 'deleted' });
    expect((await here.runBeside(['list', '--json'], home)).out.trim()).toBe('[]');
  });
});

describe.concurrent('commands that read', () => {
  test('know what was announced: by name, origin and hash, next to the directory, and not twice', async () => {
    const home = here.home();
    const stage = fresh('Stage');
    const path = file('stage.sdp', audioSdp(stage, '239.255.41.1', { user: 'ann' }));
    const twin = file('twin.sdp', audioSdp(stage, '239.255.41.2', { user: 'bob' }));
    await using first = here.rendezvous(['announce', path, '--interval', '1s']);
    await using second = here.rendezvous(['announce', twin, '--interval', '1s']);
    await Promise.all([first, second].map((it) => it.printed(/announced/)));
    const found = await here.run(['discover', '--wait', '2500ms', '--json'], home);
    const sessions: Discovered[] = JSON.parse(found.out);
    expect(sessions.at(-1)).toMatchObject({
      kind: 'listening',
      interfaces: ['eth0'],
      encrypted: 0,
      undecodable: 0,
    });
    const stages = sessions.filter(({ name }) => name === stage);
    expect(stages).toHaveLength(2);
    await Promise.all([stop(first), stop(second)]);
    // both were withdrawn while nobody listened in that home: they are known until they expire
    const ambiguous = await here.rendezvous(['show', stage], home).end;
    expect(ambiguous.code).toBe(2);
    expect(ambiguous.err).toMatch(/2 announced sessions are "Stage \d+"\. Say which one/);
    for (const { call, sdp } of stages) {
      expect(ambiguous.err).toContain(call);
      expect((await here.runBeside(['show', call, '--sdp'], home)).out).toBe(sdp);
    }
    const byOrigin = await here.runBeside(['show', `bob@10.77.0.1`], home);
    expect(byOrigin.out).toContain('239.255.41.2:5004');
    expect(byOrigin.out).toContain('origin\tSAP 10.77.0.1');
    // the directory and the announcement of one session are one
    await here.runBeside(['create', stage, '--sdp', path, '--permanent'], home);
    const both = ['list', '--directory', 'embedded', '--directory', 'sap:', '--sap-wait', '0'];
    const lines = (await here.run(both, home)).out
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const ours = lines.filter(([name]) => name === stage);
    expect(ours.map(([, group, ...rest]) => `${group} ${rest.at(-1)}`).sort()).toEqual([
      '239.255.41.1:5004 embedded',
      '239.255.41.2:5004 sap:',
    ]);
    const changed = await here.rendezvous(['delete', stage, '--directory', 'sap:'], home).end;
    expect([changed.code, changed.err]).toEqual([4, expect.stringContaining('are there to be read')]);
  });

  test('wait for a name only when told to, and not where another directory was named', async () => {
    const home = here.home();
    const quick = await here.rendezvous(['show', 'Nobody'], home).end;
    expect([quick.code, quick.err]).toEqual([3, expect.not.stringContaining('Listening')]);
    const patient = await here.rendezvous(['show', 'Nobody', '--sap-wait', '300ms'], home).end;
    expect(patient.code).toBe(3);
    expect(patient.err).toMatch(/Listening to announcements for "Nobody".*nobody announced it within/s);
    const named = ['show', 'Nobody', '--sap-wait', '300ms', '--directory', 'embedded'];
    expect((await here.rendezvous(named, home).end).err).not.toContain('Listening');
  });

  test('trouble is told: no such interface, and a cache that is damaged', async () => {
    const home = here.home();
    const elsewhere = await here.rendezvous(['discover', '--interface', 'eth7'], home).end;
    expect([elsewhere.code, elsewhere.err]).toEqual([
      5,
      expect.stringContaining('There is no interface "eth7"'),
    ]);
    await here.runBeside(['create', 'Own'], home);
    writeFileSync(join(home, 'data', 'rendezvous', 'announcements.json'), '{');
    const listed = await here.run(['list', '--directory', 'embedded', '--directory', 'sap:?wait=0'], home);
    expect(listed.out).toContain('Own');
    expect(listed.err).toMatch(/warning: .*announcements\.json is damaged and begun anew/);
  });
});

test.concurrent('the commands of the guide on announcements do what it says', async () => {
  const home = here.home();
  const path = file('studio.sdp', audioSdp('Studio', '239.255.42.1'));
  await using other = here.rendezvous(['announce', path, '--interval', '1s']); // for those that listen
  await other.printed(/announced/);
  const commands = blocksOf('Announcements').flatMap((block) => block.trim().split('\n'));
  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands) {
    const words = command
      .replaceAll(/ +#.*$/g, '')
      .replaceAll('eth1', 'eth0')
      .replaceAll('studio.sdp', here.file('studio.sdp'))
      .match(/"[^"]*"|\S+/g);
    const args = (words ?? []).slice(1).map((word) => word.replaceAll('"', ''));
    const running = here.rendezvous(args, home);
    const goesOn = /announce|--watch/.test(command);
    if (goesOn) await running.printed(/\t/);
    const { code, err } = goesOn ? await stop(running) : await running.end;
    expect([command, code, err]).toEqual([command, 0, expect.any(String)]);
  }
});
