import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatSapPacket } from '../../src/sap/index.ts';
import { PROFILES } from '../../src/sdp/profiles/index.ts';
import { lintDescription, RECEIVERS, type Verdict } from '../../src/sdp/receivers/index.ts';
import { type Lab, openLab } from '../kit/netns.ts';
import { profileDescription, type Quirk, quirkNames, readQuirk } from '../sdp/quirks.ts';

/**
 * The programs themselves are asked what they make of each description of the corpus and of the
 * profiles, and `lint` has to say the same. Each
 * only opens it: nothing is sent, so what shows with the first packet is not asked here.
 */
type Sample = Pick<Quirk, 'name' | 'bytes' | 'description'>;
const profiles = PROFILES.map((profile): Sample => {
  const description = profileDescription(profile);
  return { name: `profile-${profile.id}`, bytes: description.toBytes(), description };
});
const quirks: readonly Sample[] = [...profiles, ...quirkNames.map(readQuirk)];
const verdictOf = ({ description }: Sample, id: string): Verdict => {
  const [verdict] = lintDescription(
    description,
    RECEIVERS.filter((receiver) => receiver.id === id),
  );
  if (verdict === undefined) throw new Error(`no receiver ${id}`);
  return verdict;
};

let lab: Lab;
/** Readable by users that own nothing, as VLC has to be. */
const folder = mkdtempSync(join(tmpdir(), 'lint-'));
beforeAll(async () => {
  chmodSync(folder, 0o777);
  for (const { name, bytes } of quirks) writeFileSync(join(folder, `${name}.sdp`), bytes);
  lab = await openLab({ hosts: 1 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A program, and all that it said. */
class Asked {
  said = '';
  readonly #child: ReturnType<typeof spawn>;
  readonly #ended: Promise<unknown>;

  constructor(child: ReturnType<typeof spawn>) {
    this.#child = child;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
      });
    }
  }
  /** Waits until it ends by itself, or said what fits, or its time is over. */
  async says(enough: (said: string) => boolean, withinMs = 20_000): Promise<void> {
    const end = Date.now() + withinMs;
    const runs = (): boolean => this.#child.exitCode === null && this.#child.signalCode === null;
    while (runs() && !enough(this.said) && Date.now() < end) await delay(20);
  }
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Runs a program until it ends or said enough. @returns all that it said */
async function ask(child: ReturnType<typeof spawn>, enough?: RegExp): Promise<string> {
  const asked = new Asked(child);
  await asked.says((said) => enough?.test(said) === true);
  await asked.end();
  return asked.said;
}

/** Asks about all that lint has something to say of, and a fifth of the others; some at the same time. */
async function askAll(id: string, of: (quirk: Sample) => Promise<boolean>): Promise<Map<string, boolean>> {
  const answers = new Map<string, boolean>();
  const left = quirks.filter(
    (quirk, index) =>
      index % 5 === 0 || index < profiles.length || verdictOf(quirk, id).verdict !== 'accepts',
  );
  const worker = async (): Promise<void> => {
    for (let quirk = left.shift(); quirk !== undefined; quirk = left.shift()) {
      answers.set(quirk.name, await of(quirk));
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  return answers;
}

function expectSame(answers: ReadonlyMap<string, boolean>, said: (quirk: Sample) => boolean): void {
  const wrong = quirks
    .filter((quirk) => answers.has(quirk.name) && answers.get(quirk.name) !== said(quirk))
    .map(
      (quirk) => `${quirk.name}: the program ${answers.get(quirk.name) === true ? 'takes' : 'refuses'} it`,
    );
  expect(wrong).toEqual([]);
}

/** It keeps 16 announcements, so several listen, each on a port of its own. */
const AT_ONCE = 15;

/** What the installed version (0.3.65) does not live through: no payload type with a meaning, no address. These come last. */
const DEADLY = new Set([
  'dynamic-without-rtpmap',
  'static-payload-type',
  'nothing-to-join',
  'host-name',
  'connection-missing',
]);

const pipewireConfig = (port: number): string => `
context.properties = { core.daemon = true core.name = pipewire-0 support.dbus = false mem.allow-mlock = false }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native } { name = libpipewire-module-metadata }
  { name = libpipewire-module-spa-node-factory } { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter } { name = libpipewire-module-access args = { } }
  { name = libpipewire-module-rtp-source args = {
    sap.ip = "224.2.127.254" sap.port = ${port} local.ifname = eth0 stream.props = { node.autoconnect = false } } }
]`;

/** Sends packets, each to its port. */
const announceAll = `
  const packets = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'));
  const socket = require('dgram').createSocket('udp4');
  let left = packets.length;
  for (const { text, port } of packets) {
    socket.send(Buffer.from(text, 'base64'), port, '224.2.127.254', () => --left || socket.close());
  }`;

/** Sends half a second of RTP to a group. */
const sendRtp = `
  const [group, port, payloadType] = process.argv.slice(1);
  const socket = require('dgram').createSocket('udp4');
  const packet = Buffer.alloc(12 + 288);
  packet[0] = 0x80;
  packet[1] = Number(payloadType);
  packet.writeUInt32BE(77, 8);
  let sequence = 0;
  const timer = setInterval(() => {
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(sequence * 160, 4);
    socket.send(Buffer.from(packet), Number(port), group);
    if (++sequence === 25) { clearInterval(timer); setTimeout(() => socket.close(), 50); }
  }, 20);`;

/** A description as announced under its own name and origin, by which PipeWire tells sessions apart. */
function announced({ name, bytes }: Sample, index: number): Uint8Array {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/o=\S+ \d+/, `o=- ${index + 1}`)
    .replace(/s=[^\r\n]*/, `s=<${name}>`);
  return formatSapPacket({
    type: 'announce',
    hash: index + 1,
    source: '10.77.0.1',
    encrypted: false,
    compressed: false,
    payloadType: 'application/sdp',
    payload: Buffer.from(text, 'latin1'),
  });
}

describe('lint says what the program does', () => {
  test('ffmpeg', async () => {
    const options = '-hide_banner -loglevel error -protocol_whitelist file,udp,rtp,srtp -listen_timeout 1';
    const probe = '-analyzeduration 0 -probesize 32 -show_entries stream=codec_name -of csv=p=0';
    const answers = await askAll('ffmpeg', async ({ name }) => {
      const args = [...`${options} ${probe}`.split(' '), join(folder, `${name}.sdp`)];
      const said = await ask(lab.host(1).spawn('ffprobe', args));
      // a transport stream says what is in it when it comes
      if (said.includes('Connection timed out')) return true;
      return said.split('\n').some((line) => /^[a-z0-9_]+$/.test(line) && line !== 'unknown');
    });
    expectSame(answers, (quirk) => verdictOf(quirk, 'ffmpeg').verdict !== 'refuses');
  });

  test('GStreamer', async () => {
    const answers = await askAll('gstreamer', async ({ name }) => {
      const line = `-m filesrc location=${join(folder, `${name}.sdp`)} ! sdpdemux ! fakesink`;
      const said = await ask(
        lab.host(1).spawn('gst-launch-1.0', line.split(' ')),
        /ERROR|from element "udpsrc0"/,
      );
      return !said.includes('ERROR');
    });
    // no packet comes, so that a missing clock rate or depayloader does not show yet
    const later = new Set(['rtpmap-missing', 'encoding']);
    expectSame(answers, (quirk) =>
      verdictOf(quirk, 'gstreamer').findings.every(
        ({ severity, rule }) => severity !== 'refuses' || later.has(rule),
      ),
    );
  });

  test('GStreamer, once packets come', async () => {
    const names = ['profile-dante', 'phone-paging', 'am824', 'dynamic-without-rtpmap'];
    const wanted = quirks.filter(({ name }) => names.includes(name));
    expect(wanted.length).toBe(names.length);
    const said = wanted.map((quirk) => [quirk.name, verdictOf(quirk, 'gstreamer').verdict !== 'refuses']);
    const isTaken = (wantedName: string): boolean =>
      said.some(([name, taken]) => name === wantedName && taken === true);
    const answers = await Promise.all(
      wanted.map(async ({ name, description }) => {
        const [endpoint] = description.media.at(0).endpoints;
        const [payloadType = ''] = description.media.at(0).formats;
        const target = [endpoint?.address ?? '', String(endpoint?.port), payloadType];
        const line = `-m filesrc location=${join(folder, `${name}.sdp`)} ! sdpdemux ! decodebin ! fakesink`;
        const player = new Asked(lab.host(1).spawn('gst-launch-1.0', line.split(' ')));
        // it listens before the first packet, and where nothing comes of them it has had all
        await player.says((said) => said.includes('from element "udpsrc0"'));
        await lab.host(1).run(process.execPath, ['-e', sendRtp, ...target]);
        // what never comes is waited for less long than what is late
        await player.says((said) => /stream-start|ERROR/.test(said), isTaken(name) ? 10_000 : 1000);
        await player.end();
        return [name, player.said.includes('stream-start')];
      }),
    );
    expect(answers).toEqual(said);
  });

  test('VLC, without live555', async () => {
    const options =
      '-I dummy -vv --no-color --aout dummy --vout dummy --miface lo --demux sap --play-and-exit';
    const answers = await askAll('vlc', async ({ name }) => {
      const vlc = ['cvlc', ...options.split(' '), join(folder, `${name}.sdp`), 'vlc://quit'];
      // it refuses to run as root
      const nobody = ['setpriv', '--reuid=65534', '--clear-groups', 'env', `HOME=${folder}`];
      const [command = '', ...args] = process.getuid?.() === 0 ? [...nobody, ...vlc] : vlc;
      const said = await ask(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
      return said.includes(`${name}.sdp' successfully opened`);
    });
    expectSame(answers, (quirk) =>
      verdictOf(quirk, 'vlc').findings.every(
        ({ severity, rule }) => severity !== 'refuses' && rule !== 'live555',
      ),
    );
  });

  test('PipeWire', async () => {
    const ports = Array.from({ length: Math.ceil(quirks.length / AT_ONCE) }, (_, i) => 9875 + i);
    const daemons = ports.map((port) => {
      const own = mkdtempSync(join(folder, 'pipewire-'));
      writeFileSync(join(own, 'pipewire.conf'), pipewireConfig(port));
      const variables = [`XDG_RUNTIME_DIR=${own}`, 'PIPEWIRE_DEBUG=3'];
      return new Asked(
        lab.host(1).spawn('env', [...variables, 'pipewire', '-c', join(own, 'pipewire.conf')]),
      );
    });
    for (const daemon of daemons) await daemon.says((said) => said.includes('start main loop'));
    const expected = (quirk: Sample): boolean =>
      verdictOf(quirk, 'pipewire').findings.every(
        // the installed version is older than opus, and than reading a=mediaclk
        ({ severity, rule }) => (severity !== 'refuses' || rule === 'mediaclk-offset') && rule !== 'opus',
      );
    const ordered = [...quirks].sort((a, b) => Number(DEADLY.has(a.name)) - Number(DEADLY.has(b.name)));
    const packets = ordered.map((quirk, index) => {
      const text = Buffer.from(announced(quirk, index)).toString('base64');
      return { text, port: ports[Math.floor(index / AT_ONCE)] };
    });
    const file = join(folder, 'packets.json');
    writeFileSync(file, JSON.stringify(packets));
    await lab.host(1).run(process.execPath, ['-e', announceAll, file]);
    const isTaken = (said: string, name: string): boolean => {
      const [, after = ''] = said.split(`<${name}>\n`, 2);
      return after.split('new session')[0]?.includes('starting RTP listener') === true;
    };
    const answers = new Map<string, boolean>();
    for (const [index, quirk] of ordered.entries()) {
      const daemon = daemons[Math.floor(index / AT_ONCE)];
      if (expected(quirk)) await daemon?.says((said) => isTaken(said, quirk.name), 5_000);
    }
    for (const daemon of daemons) await daemon.end();
    const said = daemons.map((daemon) => daemon.said).join('');
    for (const { name } of quirks) answers.set(name, isTaken(said, name));
    expectSame(answers, expected);
  });
});
