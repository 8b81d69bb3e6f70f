import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureTone, trimSilence } from '../support/tone-meter.ts';
import { readWav } from '../support/wav-file.ts';
import { audioSdp, SapHost, stop } from './sap-lab.ts';

let here: SapHost;
beforeAll(async () => {
  here = await SapHost.open();
});
afterAll(() => here?.[Symbol.asyncDispose]());

/** The pitch of what was recorded, and how long it was heard for. */
function toneIn(path: string): { readonly hz: number; readonly seconds: number } {
  const { samples0, format } = readWav(path);
  const tone = trimSilence(samples0);
  const { frequency } = measureTone(tone, format.sampleRate);
  return { hz: frequency, seconds: tone.length / format.sampleRate };
}

describe('ffmpeg', () => {
  test('what its sap muxer announces is discovered, and joining it by name gives its tone', async () => {
    const [home, wav] = [here.home(), here.file('from-ffmpeg.wav')];
    const name = `From ffmpeg ${Date.now()}`;
    const input = ['-f', 'lavfi', '-i', 'sine=frequency=523:sample_rate=8000'];
    const out = ['-ac', '1', '-c:a', 'pcm_mulaw', '-metadata', `title=${name}`, '-f', 'sap'];
    const url = 'sap://239.255.33.1:5004?ttl=1&announce_addr=239.255.255.255';
    await using ffmpeg = here.start('ffmpeg', ['-v', 'error', '-re', ...input, ...out, url]);
    const found = await here.discovered(name, home);
    expect(found).toMatchObject({
      sender: '10.77.0.1',
      media: [{ kind: 'audio', address: '239.255.33.1', port: 5004 }],
    });
    // as its user would, with nothing but the name; it is known from then on
    const joining = ['join', name, '--listen', '--receive', `wav:${wav}`, '--loopback', 'full'];
    await here.run([...joining, '--duration', '2s'], home);
    const { hz, seconds } = toneIn(wav);
    expect(hz).toBeCloseTo(523, 0);
    expect(seconds).toBeGreaterThan(1);
    await stop(ffmpeg);
  });

  test('its sap demuxer finds what we announce, and plays our tone', async () => {
    const [sdp, wav] = [here.file('ours.sdp'), here.file('to-ffmpeg.wav')];
    writeFileSync(sdp, audioSdp('To ffmpeg', '239.255.33.3', { port: 5006 }));
    await using announcing = here.rendezvous(['announce', sdp, '--interval', '1s']);
    await announcing.printed(/announced/);
    const talk = ['join', sdp, '--send', 'tone:660', '--loopback', 'full', '--duration', '30s'];
    await using talking = here.rendezvous(talk);
    const input = ['-i', 'sap://239.255.255.255', '-t', '2', '-ar', '8000', wav];
    const ffmpeg = await here.start('ffmpeg', ['-v', 'error', '-y', ...input]).end;
    expect(ffmpeg.err).not.toMatch(/error|invalid/i);
    expect(ffmpeg.code).toBe(0);
    expect(toneIn(wav).hz).toBeCloseTo(660, 0);
    await Promise.all([stop(talking), stop(announcing)]);
  });
});

describe('tshark', () => {
  test('decodes our announcements, changes and deletions without complaint', async () => {
    const sdp = here.file('captured.sdp');
    const text = audioSdp('Captured first', '239.255.33.5');
    writeFileSync(sdp, text);
    await using capture = await here.host.capture('udp port 9875');
    const announcing = here.rendezvous(['announce', sdp, '--interval', '1s']);
    const before = await announcing.printed(/announcing\tCaptured first\t([\da-f]{4})/);
    writeFileSync(sdp, text.replace(' 1 IN', ' 2 IN').replace('Captured first', 'Captured again'));
    const after = await announcing.printed(/announcing\tCaptured again\t([\da-f]{4})/);
    await announcing.printed(/announced\tCaptured again/);
    await stop(announcing);
    await capture.stop();
    const fields = ['sap.flags.t', 'sap.message_identifier_hash', 'sap.originating_source', 'ip.dst'];
    const rows = await capture.rows(...fields, 'ip.ttl', 'sdp.session_name', 'sdp.owner', '_ws.malformed');
    expect(rows.length).toBeGreaterThan(4);
    for (const [, , source, group, ttl, , owner, malformed] of rows) {
      expect([source, group, ttl, malformed]).toEqual(['10.77.0.1', '239.255.255.255', '255', '']);
      expect(owner).toMatch(/^rendezvous \d+ [12] IN IP4 10\.77\.0\.1$/);
    }
    const told = (deletion: string, hash = ''): string[] =>
      rows
        .filter(([t, h]) => isSet(t) === isSet(deletion) && Number(h) === Number.parseInt(hash, 16))
        .map(([, , , , , name = '']) => name);
    expect(told('0', before[1])).toContain('Captured first');
    expect(told('0', after[1])).toContain('Captured again');
    // what has changed is replaced, and only what is there at the end is deleted
    expect(told('1', before[1])).toEqual([]);
    expect(told('1', after[1])).toHaveLength(3);
    const expert = await here.host.run('tshark', ['-r', capture.file, '-q', '-z', 'expert']);
    expect(expert).not.toMatch(/Errors|Warns/);
  });
});

const isSet = (flag: string | undefined): boolean => flag === '1' || flag === 'True';

describe('minisapserver', () => {
  test('is discovered by who sends, not by the source that it makes up', async () => {
    const config = here.file('sap.cfg');
    const program = ['name=TV1', 'user=videolan', 'machine=streamer.example.org', 'address=239.255.12.42'];
    writeFileSync(
      config,
      ['[global]', 'sap_delay=1', 'interface=eth0', '[program]', ...program, 'port=1234', ''].join('\n'),
    );
    await using server = here.start('sapserver', ['-c', config]);
    const found = await here.discovered('TV1');
    expect(found).toMatchObject({
      source: '1.2.3.4',
      sender: '10.77.0.1',
      host: 'streamer.example.org',
      heard: [{ group: '239.255.255.255', interface: 'eth0' }],
    });
    const home = here.home();
    const shown = await here.run(
      ['show', 'videolan@streamer.example.org', '--sap-wait', '10', '--json'],
      home,
    );
    expect(JSON.parse(shown.out)).toMatchObject({ name: 'TV1', origin: { source: '10.77.0.1' } });
    await stop(server);
    // it says no goodbye: what was heard stays until it expires
    const later = await here.run(['show', 'TV1'], home);
    expect(later.out).toContain('239.255.12.42');
  });
});
