import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Home } from '../net/cli-program.ts';
import { drawGroup } from '../net/loopback.ts';
import { ForeignProgram } from '../support/foreign-program.ts';
import { blocksOf, execute } from './operations-guide.ts';

const home = new Home();
afterAll(() => home[Symbol.dispose]());

interface Place {
  readonly group: string;
  readonly port: number;
}

const ffmpeg = ({ group, port }: Place, codec: string, ...more: readonly string[]): string[] => {
  const input = '-nostdin -v error -re -f lavfi -i sine=frequency=440:sample_rate=48000'.split(' ');
  const output = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1&pkt_size=172`;
  return ['ffmpeg', ...input, '-acodec', codec, ...more, '-f', 'rtp', output];
};
const gstreamer = ({ group, port }: Place, caps: string, pay: string, sink = ''): string[] => {
  const source = 'audiotestsrc is-live=true ! audioconvert ! audioresample';
  const udp = `udpsink host=${group} port=${port} multicast-iface=lo ${sink}`.trim();
  return `gst-launch-1.0 -q ${source} ! audio/x-raw,${caps} ! ${pay} ! ${udp}`.split(' ');
};
const ULAW = ['-ar', '8000', '-ac', '1'];

/** Senders of other people, each with one thing wrong, and what is found of it. */
const FAULTS: readonly {
  readonly name: string;
  readonly media: string;
  readonly ttl?: number;
  readonly senders: (place: Place) => readonly (readonly string[])[];
  readonly want: readonly string[];
}[] = [
  {
    name: 'well',
    media: 'RTP/AVP 0\r\na=ptime:20',
    senders: (at) => [
      gstreamer(
        at,
        'rate=8000,channels=1',
        'mulawenc ! rtppcmupay max-ptime=20000000 min-ptime=20000000',
        'qos-dscp=46',
      ),
    ],
    want: [],
  },
  {
    name: 'wrong payload type, unmarked',
    media: 'RTP/AVP 97\r\na=rtpmap:97 L16/48000/2',
    senders: (at) => [ffmpeg(at, 'pcm_s16be', '-ac', '2', '-payload_type', '98')],
    want: ['dscp', 'payloadType'],
  },
  {
    name: 'wrong packet time, unmarked',
    media: 'RTP/AVP 0\r\na=ptime:10',
    senders: (at) => [ffmpeg(at, 'pcm_mulaw', ...ULAW, '-af', 'aresample=8000,asetnsamples=160')],
    want: ['dscp', 'packetTime'],
  },
  {
    name: 'wrong clock rate',
    media: 'RTP/AVP 96\r\na=rtpmap:96 L16/48000',
    senders: (at) => [gstreamer(at, 'rate=44100,channels=1', 'rtpL16pay pt=96', 'qos-dscp=46')],
    want: ['clockRate'],
  },
  {
    name: 'mono as stereo',
    media: 'RTP/AVP 96\r\na=rtpmap:96 L16/48000/2',
    senders: (at) => [gstreamer(at, 'rate=48000,channels=1', 'rtpL16pay pt=96', 'qos-dscp=46')],
    want: ['packetSize'],
  },
  {
    name: 'TTL too low',
    media: 'RTP/AVP 0',
    ttl: 15,
    senders: (at) => [gstreamer(at, 'rate=8000,channels=1', 'mulawenc ! rtppcmupay', 'qos-dscp=46 ttl-mc=1')],
    want: ['ttlLow'],
  },
  {
    name: 'two with one SSRC, unmarked',
    media: 'RTP/AVP 0',
    senders: (at) => [
      ffmpeg(at, 'pcm_mulaw', ...ULAW, '-ssrc', '4242'),
      ffmpeg(at, 'pcm_mulaw', ...ULAW, '-ssrc', '4242'),
    ],
    want: ['dscp', 'ssrcCollision'],
  },
  {
    name: 'two where one is meant, unmarked',
    media: 'RTP/AVP 0\r\na=recvonly',
    senders: (at) => [ffmpeg(at, 'pcm_mulaw', ...ULAW), ffmpeg(at, 'pcm_mulaw', ...ULAW)],
    want: ['dscp', 'tooManySenders'],
  },
];

interface Report {
  readonly ok: boolean;
  readonly conferences: readonly {
    readonly conference: string;
    readonly media: readonly {
      readonly senders: readonly { readonly levelsDbfs: readonly number[] | null }[];
    }[];
    readonly findings: readonly { readonly code: string; readonly message: string }[];
  }[];
}

/** What a busy test machine adds by itself. */
const OF_THE_MACHINE = new Set([
  'jitter',
  'stalls',
  'loss',
  'localDrops',
  'reordered',
  'rtcpMissing',
  'clockDrift',
]);

describe.concurrent('rendezvous monitor', () => {
  test('finds what is wrong with what ffmpeg and GStreamer send, and nothing else', async () => {
    await using senders = new AsyncDisposableStack();
    const files = FAULTS.map(({ name, media, ttl = 1, senders: commands }, index) => {
      const place = drawGroup();
      const file = join(home.path, `fault-${index}.sdp`);
      const head = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${name}\r\nc=IN IP4 ${place.group}/${ttl}\r\nt=0 0`;
      writeFileSync(file, `${head}\r\nm=audio ${place.port} ${media}\r\n`);
      for (const [command = '', ...args] of commands(place)) senders.use(new ForeignProgram(command, args));
      return file;
    });
    const watched = await home.run([
      'monitor',
      ...files,
      '--interface',
      'lo',
      '--dscp',
      'EF',
      '--once',
      '11s',
      '--json',
    ]);
    const report: Report = JSON.parse(watched.out);
    expect([watched.code, report.ok]).toEqual([1, false]);
    const found = report.conferences.map(({ conference, findings }) => [
      conference,
      [...new Set(findings.map(({ code }) => code))].filter((code) => !OF_THE_MACHINE.has(code)).toSorted(),
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(FAULTS.map(({ name, want }) => [name, want])),
    );
    const messages = report.conferences
      .flatMap(({ findings }) => findings.map(({ message }) => message))
      .join('\n');
    expect(messages).toMatch(/timestamps of .* run at 44100 Hz, and L16\/48000 has 48000/);
    expect(messages).toMatch(/L16\/48000\/2 takes \d+: it looks like 1 channel/);
    expect(messages).toMatch(/last 20 ms, and a=ptime says 10/);
    expect(messages).toMatch(/uses the SSRC of .*SSRC 00001092/);
    const well = report.conferences.find(({ conference }) => conference === 'well');
    expect(well?.media[0]?.senders[0]?.levelsDbfs?.[0]).toBeCloseTo(-4.95, 0); // a sine of 0.8
  });

  test('every command and unit of the guide is one', async () => {
    const sample = new URL('../corpus/quirks/pipewire-aes67.sdp', import.meta.url);
    writeFileSync(join(home.path, 'stage.sdp'), readFileSync(sample));
    const { group, port } = drawGroup();
    await home.run([
      'create',
      'Lecture',
      '--permanent',
      '--quiet',
      '--group',
      `${group}:${port}`,
      '--scope',
      'local',
    ]);
    const commands = blocksOf('Watching a network all day').flatMap((block) => block.trim().split('\n'));
    expect(commands).toHaveLength(3);
    const here = { eth1: 'lo', '20s': '2s', '15s': '2s', '30s': '2s' };
    await Promise.all(commands.map((command) => execute(home, `cd "${home.path}"; ${command}`, here)));
    const [unit = ''] = blocksOf('Watching a network all day', 'ini');
    const file = join(home.path, 'rendezvous-monitor.service');
    writeFileSync(file, unit.replace('/usr/local/bin/rendezvous', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect(verified).toMatchObject({ status: 0, stderr: '' });
  });
});
