import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Bench,
  type BenchContext,
  commandPath,
  endChild,
  median,
  outputOf,
  percentile,
  type Row,
} from './harness.ts';
import { NativeLoad, PCMU, randomGroup, startSubject } from './load.ts';
import { writeDescription } from './peers/players.ts';

const PORT = 5004;
const ROOT = fileURLToPath(new URL('../', import.meta.url));

export const bench: Bench = {
  title: 'From joining to the first sound',
  method:
    'One PCMU stream of 20 ms packets is on. Cold: from starting the process to the first sample on its standard output ' +
    'that is not silence; we print silence before there is sound, and that does not count. Ours is compiled, as users ' +
    'have it. Running: calls within a process. Medians.',
  async run(context) {
    using native = NativeLoad.compile();
    const folder = mkdtempSync(join(tmpdir(), 'rendezvous-join-'));
    const group = randomGroup();
    const generator = native.send(group, PORT, 1, PCMU, 600);
    generator.stdout?.resume();
    try {
      return [...(await running(group, context)), ...(await cold(folder, group, context))];
    } finally {
      await endChild(generator);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function running(group: string, { quick }: BenchContext): Promise<Row[]> {
  const text = await outputOf(startSubject('join', group, PORT, quick ? 20 : 100), 'running joins');
  const times: { joined: number; first: number; connected: number }[] = JSON.parse(text);
  const joined = median(times.map((each) => each.joined));
  const first = times.map((each) => each.first);
  return [
    {
      what: 'running process: socket made, bound, joined',
      ours: joined,
      unit: 'ms',
      target: { id: 'P7', text: 'at most 1 ms', met: joined <= 1 },
    },
    {
      what: 'running process: from the call to the first packet, 99th percentile',
      ours: percentile(first, 0.99),
      unit: 'ms',
      target: { id: 'P7', text: 'at most one packet and 2 ms', met: percentile(first, 0.99) <= 22 },
      note: `median ${median(first).toFixed(1)} ms; packets come every 20 ms`,
    },
    {
      what: 'running process: a whole call connected',
      ours: median(times.map((each) => each.connected)),
      unit: 'ms',
    },
  ];
}

async function cold(folder: string, group: string, context: BenchContext): Promise<Row[]> {
  const file = writeDescription(folder, group, PORT, PCMU);
  const program = compiledProgram(folder);
  const data = ['--data-dir', join(folder, 'data')];
  const cli = (...args: string[]): string[] => [process.execPath, program, ...data, ...args];
  const [node = '', ...create] = cli('create', 'Bench', '--sdp', file, '--permanent');
  execFileSync(node, create, { stdio: ['ignore', 'ignore', 'pipe'] });
  const receive = ['--receive', 'pcm:-', '--listen', '--interface', '127.0.0.1'];
  const ours: [string, string[]][] = [
    ['from a file', cli('join', file, ...receive)],
    ['from the directory', cli('join', 'Bench', ...receive)],
  ];
  const caps = 'application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0';
  const peers: [string, string[]][] = [
    [
      'ffmpeg',
      [
        'ffmpeg',
        '-nostdin',
        '-v',
        'quiet',
        '-protocol_whitelist',
        'file,udp,rtp',
        '-i',
        file,
        '-f',
        's16le',
        '-',
      ],
    ],
    [
      'GStreamer sdpdemux',
      gst(`filesrc location=${file} ! sdpdemux ! decodebin ! audioconvert ! audio/x-raw,format=S16LE`),
    ],
    [
      'GStreamer udpsrc',
      gst(
        `udpsrc address=${group} port=${PORT} caps=${caps} ! rtpjitterbuffer latency=60 ! rtppcmudepay ! mulawdec`,
      ),
    ],
  ];
  const times = new Map<string, number[]>();
  for (let round = 0; round < (context.quick ? 3 : 15); round++) {
    for (const [name, command] of [...ours, ...peers]) {
      if (commandPath(command[0] ?? '') === undefined && command[0] !== process.execPath) continue;
      const spent = await firstSound(command);
      if (round > 0) times.set(name, [...(times.get(name) ?? []), spent]); // the first one warms the caches
    }
  }
  return ours.flatMap(([name]) => {
    const mine = median(times.get(name) ?? []);
    return peers.flatMap(([peer]): Row[] => {
      const theirs = times.get(peer);
      if (theirs === undefined) return [];
      return [
        {
          what: `cold start ${name}, to the first sound`,
          ours: mine,
          unit: 'ms',
          peer: { name: peer, value: median(theirs) },
          target: { id: 'P8', text: 'at most 150 ms', met: mine <= 150 },
        },
      ];
    });
  });
}

/** Builds the program and lays it out as an installed package has it. */
function compiledProgram(folder: string): string {
  const built = spawnSync(process.execPath, [join(ROOT, 'tools/build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the program cannot be built: ${built.stdout}${built.stderr}`);
  mkdirSync(join(folder, 'cli'));
  copyFileSync(join(ROOT, 'cli/rendezvous.js'), join(folder, 'cli/rendezvous.js'));
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'dist'), join(folder, 'dist'));
  return join(folder, 'cli/rendezvous.js');
}

const gst = (pipeline: string): string[] => [
  'gst-launch-1.0',
  '-q',
  ...`${pipeline} ! fdsink fd=1 sync=true`.split(' '),
];

/** Milliseconds from starting the command to the first sample on stdout that is not (nearly) zero. */
function firstSound([command = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => {
      complaint += data.toString();
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    child.stdout.on('data', (data: Buffer) => {
      for (let at = 0; at + 1 < data.length; at += 2) {
        if (Math.abs(data.readInt16LE(at)) < 64) continue;
        resolve(performance.now() - start);
        child.kill('SIGKILL');
        return;
      }
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`${command} made no sound: ${complaint.slice(-300)}`)); // no effect once resolved
    });
  });
}
