import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawGroup } from '../net/loopback.ts';
import { Home, type Running } from '../net/cli-program.ts';
import { measureTone, trimSilence } from '../support/tone-meter.ts';
import { readWav } from '../support/wav-file.ts';

/** A sound server of our own for all tests of this file, with two null sinks: what is played there is heard at its monitor. */
const home = new Home();
const runtime = join(home.path, 'run');
const env = { XDG_RUNTIME_DIR: runtime };
let pulse: Running;

beforeAll(async () => {
  mkdirSync(runtime, { mode: 0o700 });
  const modules = [
    'module-native-protocol-unix',
    'module-null-sink sink_name=room sink_properties=device.description=Meeting-room',
    'module-null-sink sink_name=desk sink_properties=device.description=Desk-headset',
  ];
  const flags = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--log-target=stderr'];
  pulse = home.startOther('pulseaudio', [...flags, ...modules.flatMap((it) => ['-L', it])], { env });
  // the modules are loaded in their order, and the sinks come after the socket
  for (let tries = 0; tries < 100; tries++) {
    const { out } = await home.startOther('pactl', ['list', 'short', 'sinks'], { env }).end;
    if (out.includes('desk')) return;
    await sleep(100);
  }
  throw new Error(`PulseAudio does not come up: ${pulse.err}`);
});
afterAll(async () => {
  pulse.child.kill();
  await pulse.end;
  home[Symbol.dispose]();
});

interface Device {
  readonly direction: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly monitor: boolean;
}

test('[TRM-02] devices lists what PulseAudio has, with the default', async () => {
  const devices: Device[] = JSON.parse((await home.run(['devices', '--json'], { env })).out);
  expect(devices.map((it) => [it.direction, it.name, it.description, it.monitor])).toEqual([
    ['capture', 'room.monitor', 'Monitor of Meeting-room', true],
    ['capture', 'desk.monitor', 'Monitor of Desk-headset', true],
    ['render', 'room', 'Meeting-room', false],
    ['render', 'desk', 'Desk-headset', false],
  ]);
  for (const direction of ['capture', 'render']) {
    expect(devices.filter((it) => it.direction === direction && it.isDefault)).toHaveLength(1);
  }
  const { out } = await home.run(['devices'], { env });
  expect(out).toMatch(/speaker:desk\tDesk-headset/);
});

test('[TRM-02] a tone goes into one device, is heard there, and sent on from it', async () => {
  const sdp = (port: number): string => {
    const { group } = drawGroup();
    const file = join(home.path, `${port}.sdp`);
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', `c=IN IP4 ${group}/1`, 't=0 0'];
    writeFileSync(file, [...lines, `m=audio ${port} RTP/AVP 97`, 'a=rtpmap:97 L16/16000', ''].join('\r\n'));
    return file;
  };
  const [first, second] = [sdp(drawGroup().port), sdp(drawGroup().port)];
  const [played, heard] = [join(home.path, 'played.pcm'), join(home.path, 'heard.wav')];
  const join_ = (...args: readonly string[]): Running =>
    home.start(['join', ...args, '--interface', 'lo', '--loopback', 'full', '--json'], { env });
  const record = [
    '--record',
    '--raw',
    '--format=s16le',
    '--rate=16000',
    '--channels=1',
    '--device=desk.monitor',
  ];
  await using tone = join_(first, '--send', 'tone:990,-20', '--receive', 'null');
  await using speaker = join_(first, '--listen', '--receive', 'speaker:headset');
  await using microphone = join_(second, '--send', 'mic:desk.monitor', '--receive', 'null');
  await using listener = join_(second, '--listen', '--receive', `wav:${heard}`, '--duration', '4s');
  await using parecord = home.startOther('sh', ['-c', `exec pacat ${record.join(' ')} > '${played}'`], {
    env,
  });
  const ended = await listener.end;
  expect(ended).toMatchObject({ code: 0 });
  for (const it of [tone, speaker, microphone]) it.child.kill('SIGINT');
  parecord.child.kill();
  await Promise.all([tone.end, speaker.end, microphone.end]);

  const bytes = readFileSync(played);
  const atMonitor = Float32Array.from(
    { length: Math.floor(bytes.length / 2) },
    (_, i) => bytes.readInt16LE(2 * i) / 32_768,
  );
  const { samples0, format } = readWav(heard);
  for (const [samples, rate] of [
    [atMonitor, 16_000],
    [samples0, format.sampleRate],
  ] as const) {
    // the best half second: sound cards that are none click when the machine is busy
    const size = Math.round(rate / 2);
    const sound = trimSilence(samples);
    const windows = Array.from({ length: Math.floor(sound.length / size) }, (_, i) =>
      measureTone(sound.subarray(i * size, (i + 1) * size), rate, 900, 1100),
    );
    const best = windows.reduce((it, other) => (other.levelDbfs > it.levelDbfs ? other : it));
    expect(Math.abs(best.frequency - 990)).toBeLessThan(3);
    expect(Math.abs(best.levelDbfs - -20)).toBeLessThan(1);
  }
});

test('[TRM-02] a device that is not here is named, with those that are', async () => {
  const file = join(home.path, 'nobody.sdp');
  const { group, port } = drawGroup();
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', `c=IN IP4 ${group}/1`, 't=0 0'];
  writeFileSync(file, [...lines, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n'));
  const { code, err } = await home.run(['join', file, '--send', 'mic:guitar', '--interface', 'lo'], { env });
  expect(code).toBe(2);
  expect(err).toContain('mic:guitar is not here; there are room.monitor, desk.monitor');
});
