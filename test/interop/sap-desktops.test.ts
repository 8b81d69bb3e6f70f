import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { getuid } from 'node:process';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Running } from '../net/cli-program.ts';
import { measureTone, trimSilence } from '../support/tone-meter.ts';
import { readWav } from '../support/wav-file.ts';
import { audioSdp, SapHost, stop } from './sap-lab.ts';

let here: SapHost;
beforeAll(async () => {
  here = await SapHost.open();
});
afterAll(() => here?.[Symbol.asyncDispose]());

/** The program as somebody else than root, whom some programs do not want. */
function asPlainUser(command: string, args: readonly string[]): [string, string[]] {
  if (getuid?.() !== 0) return ['unshare', ['--user', '--map-user=1000', command, ...args]];
  return ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', command, ...args]];
}

/** For what comes about by itself, as long as a test may wait for it. */
const SOON = { timeout: 25_000, interval: 100 };

describe.concurrent('VLC', () => {
  test('lists what we announce, and forgets it once we have stopped', async ({ expect }) => {
    const [sdp, home] = [here.file('vlc.sdp'), here.home()];
    for (const path of [here.folder, home, `${home}/run`]) chmodSync(path, 0o777);
    writeFileSync(sdp, audioSdp('To VLC', '239.255.33.11'));
    // it ignores deletions, and goes by silence: --sap-timeout
    const quiet = ['--no-audio', '--no-video', '--services-discovery', 'sap', '--sap-timeout', '3'];
    await using vlc = here.start(...asPlainUser('vlc', ['-I', 'oldrc', '--rc-fake-tty', ...quiet]), home);
    await vlc.printed(/Remote control interface initialized/);
    await using announcing = here.rendezvous(['announce', sdp, '--interval', '1s']);
    const lists = async (): Promise<boolean> => {
      const before = vlc.out.length;
      vlc.type('playlist\n');
      await vlc.printed(/End of playlist/, (text) => text.slice(before));
      return vlc.out.slice(before).includes('To VLC');
    };
    await expect.poll(lists, SOON).toBe(true);
    await stop(announcing);
    await expect.poll(lists, SOON).toBe(false);
    vlc.type('quit\n');
    await vlc.end;
  });
});

describe.concurrent('PulseAudio', () => {
  /** A sound server of its own, with a null sink that plays a tone where it is to be sent. */
  const server = (home: string, modules: readonly string[]): Running => {
    const load = ['module-native-protocol-unix', 'module-null-sink sink_name=null', ...modules];
    const flags = [
      '-n',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--use-pid-file=no',
      '--log-target=stderr',
      '-v',
    ];
    return here.start('pulseaudio', [...flags, ...load.flatMap((module) => ['-L', module])], home);
  };

  test('module-rtp-send is discovered and heard', async ({ expect }) => {
    const [home, wav] = [here.home(), here.file('from-pulse.wav')];
    await using pulse = server(here.home(), [
      'module-sine-source source_name=tone frequency=880 rate=44100',
      'module-rtp-send source=tone inhibit_auto_suspend=always format=s16be channels=1 rate=44100 loop=yes',
    ]);
    const found = await here.discovered('PulseAudio RTP Stream on .*', home);
    expect(found).toMatchObject({ sender: '10.77.0.1', heard: [{ group: '224.0.0.56', interface: 'eth0' }] });
    await here.run(
      ['join', found.call, '--listen', '--receive', `wav:${wav}`, '--loopback', 'full', '--duration', '2s'],
      home,
    );
    const { samples0, format } = readWav(wav);
    // we follow its clock as it follows ours, below
    expect(Math.abs(measureTone(trimSilence(samples0), format.sampleRate).frequency - 880)).toBeLessThan(5);
    await stop(pulse);
  });

  test('module-rtp-recv plays what we announce', async ({ expect }) => {
    const [sdp, pcm, home] = [here.file('pulse.sdp'), here.file('to-pulse.pcm'), here.home()];
    const lines = ['a=rtpmap:10 L16/44100/2'];
    // it reads only descriptions whose lines end in LF alone, and we announce what we are given
    const text = audioSdp('To Pulse', '239.255.33.13', { format: 'RTP/AVP 10', lines });
    writeFileSync(sdp, text.replaceAll('\r\n', '\n'));
    // a group for these two alone: beside announcements of others, whose lines end in CRLF, it has been seen to hear nothing
    const group = '224.2.127.254';
    await using pulse = server(home, [`module-rtp-recv sap_address=${group} sink=null`]);
    await using talking = here.rendezvous(['join', sdp, '--send', 'tone:990', '--loopback', 'full']);
    await using announcing = here.rendezvous(['announce', sdp, '--interval', '1s', '--group', group]);
    const inputs = async (): Promise<string> =>
      (await here.start('pactl', ['list', 'sink-inputs'], home).end).out;
    await expect.poll(inputs, SOON).toContain('To Pulse');
    const format = ['--raw', '--format=s16le', '--channels=1', '--rate=16000'];
    await using recording = here.start('parecord', ['--device=null.monitor', ...format, pcm], home);
    const seconds = (): number => (existsSync(pcm) ? statSync(pcm).size / 2 / 16_000 : 0);
    await expect.poll(seconds, SOON).toBeGreaterThan(2);
    await stop(recording);
    const bytes = readFileSync(pcm);
    const samples = Float32Array.from(
      { length: Math.floor(bytes.length / 2) },
      (_, i) => bytes.readInt16LE(2 * i) / 32_768,
    );
    const tone = trimSilence(samples);
    expect(tone.length / 16_000).toBeGreaterThan(1);
    // it stretches what it plays a little, to keep up with the sender's clock
    expect(Math.abs(measureTone(tone.subarray(8000), 16_000).frequency - 990)).toBeLessThan(10);
    await Promise.all([stop(talking), stop(announcing), stop(pulse)]);
  });
});

describe.concurrent('PipeWire', () => {
  /** What a session manager does otherwise. */
  const PORTS = 'adapter.auto-port-config = { mode = dsp }';
  /** A sound server with nothing in it but a clock, a tone of 440 Hz and one module. */
  const server = (home: string, module: string, args: string): Running => {
    const config = `${home}/pipewire.conf`;
    writeFileSync(
      config,
      `context.properties = { core.daemon = true core.name = pipewire-0 }
context.spa-libs = {
  audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support audiotestsrc = audiotestsrc/libspa-audiotestsrc
}
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-access }
  { name = libpipewire-module-link-factory }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-spa-node-factory }
  { name = ${module} args = { local.ifname = eth0 ${args} } }
]
context.objects = [
  { factory = spa-node-factory args = { factory.name = support.node.driver node.name = clock priority.driver = 900 node.group = all } }
  { factory = adapter args = { factory.name = audiotestsrc node.name = tone node.param.Props = { live = false } node.driver = false node.group = all ${PORTS} } }
]
`,
    );
    const env = ['PIPEWIRE_DEBUG=I'];
    return here.start('env', [...env, 'pipewire', '-c', config], home);
  };

  test('module-rtp-sink is discovered by who sends, though it says 0.0.0.0, and heard', async ({
    expect,
  }) => {
    const [home, desktop, wav] = [here.home(), here.home(), here.file('from-pipewire.wav')];
    const format = 'audio.format = S16BE audio.rate = 48000 audio.channels = 2';
    const to = 'sap.ip = "224.0.0.56" destination.ip = "224.0.0.56" destination.port = 46100 net.loop = true';
    const stream = `stream.props = { node.name = out node.group = all ${PORTS} }`;
    const args = `sess.name = "From PipeWire" ${to} ${format} ${stream}`;
    await using pipewire = server(desktop, 'libpipewire-module-rtp-sink', args);
    const found = await here.discovered('From PipeWire', home);
    expect(found).toMatchObject({
      sender: '10.77.0.1',
      media: [{ kind: 'audio', address: '224.0.0.56' }],
      heard: [{ group: '224.0.0.56', interface: 'eth0' }],
    });
    for (const channel of [1, 2]) {
      const link = here.start('pw-link', [`tone:capture_${channel}`, `out:input_${channel}`], desktop);
      expect(await link.end).toMatchObject({ code: 0 });
    }
    const listen = ['--listen', '--receive', `wav:${wav}`, '--loopback', 'full', '--duration', '2s'];
    await here.run(['join', found.call, ...listen], home);
    const { samples0, format: heard } = readWav(wav);
    expect(heard).toEqual({ sampleRate: 48_000, channels: 2 });
    const tone = trimSilence(samples0);
    expect(tone.length / heard.sampleRate).toBeGreaterThan(0.5);
    expect(Math.abs(measureTone(tone, heard.sampleRate).frequency - 440)).toBeLessThan(5);
    await stop(pipewire);
  });

  test('module-rtp-source takes up what we announce', async ({ expect }) => {
    const sdp = here.file('pipewire.sdp');
    const lines = ['a=rtpmap:127 L16/48000/2', 'a=ptime:5'];
    writeFileSync(sdp, audioSdp('To PipeWire', '239.255.33.15', { format: 'RTP/AVP 127', lines }));
    await using pipewire = server(
      here.home(),
      'libpipewire-module-rtp-source',
      'sap.ip = "224.0.0.56" sess.latency.msec = 100',
    );
    await using announcing = here.rendezvous(['announce', sdp, '--group', '224.0.0.56', '--interval', '1s']);
    await expect.poll(() => pipewire.err + pipewire.out, SOON).toContain('To PipeWire');
    await Promise.all([stop(announcing), stop(pipewire)]);
  });
});
