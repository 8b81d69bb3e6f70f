import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConference, encryptConference, openDirectory } from '../../directory/index.ts';
import { ForeignProgram } from '../support/foreign-program.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { longestSilence, measureTone, trimSilence } from '../support/tone-meter.ts';
import {
  event,
  expectTones,
  HERE,
  joinedOnLoopback,
  leave,
  MEDIA,
  readChannels,
  recorded,
  sentAll,
  User,
} from './cli-media.ts';

const user = new User();
afterAll(() => user[Symbol.dispose]());
const [pcmu] = MEDIA;

/** An encrypted conference, and its key as others want it. */
async function publish(title: string, suite: string) {
  const conference = await user.publish(
    title,
    'PCMU',
    '--encrypted',
    suite,
    '--acl',
    'everyone:read,owner:all',
  );
  expect(readFileSync(conference.sdpFile, 'utf8')).not.toContain('crypto');
  const keyed = user.file(`${conference.name.replaceAll(/[ /]/g, '-')}-keyed.sdp`);
  const { out, bytes } = await user.run('show', conference.name, '--key');
  writeFileSync(keyed, bytes);
  const key = / inline:(\S+)/.exec(out)?.[1] ?? '';
  return { ...conference, keyed, key, hex: Buffer.from(key, 'base64').toString('hex') };
}

describe('ffmpeg, AES_CM_128_HMAC_SHA1_80', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';

  test('what it sends encrypted is heard, and who it is is told', async () => {
    const conference = await publish('from ffmpeg', suite);
    const path = user.file('from-ffmpeg.wav');
    await using ear = await user.join(conference, ...HERE, '--receive', `wav:${path}`);
    const url = `srtp://${conference.group}:${conference.port}?localaddr=127.0.0.1&ttl=1&pkt_size=200`;
    const srtp = ['-srtp_out_suite', suite, '-srtp_out_params', conference.key];
    const rtp = [
      '-payload_type',
      '0',
      '-cname',
      'ff@example.org',
      '-rtpflags',
      '+send_bye',
      '-f',
      'rtp',
      url,
    ];
    const input = ['-nostdin', '-v', 'error', '-re', '-i', user.toneFile(pcmu)];
    await using ffmpeg = new ForeignProgram('ffmpeg', [...input, '-c:a', 'pcm_mulaw', ...srtp, ...rtp]);
    await event(ear, 'participant-left');
    await Promise.all([ffmpeg.ended(10_000), recorded(path)]);
    const joined = (await leave(ear)).find(({ type }) => type === 'joined');
    expect(JSON.stringify(joined)).toContain(`"encryption":{"suite":"${suite}"`);
    expectTones(path, pcmu, 3);
  });

  test('it plays what we send, from what show --key printed', async () => {
    const conference = await publish('to ffmpeg', suite);
    const path = user.file('to-ffmpeg.wav');
    const input = [
      '-protocol_whitelist',
      'file,udp,rtp,srtp',
      '-localaddr',
      '127.0.0.1',
      '-i',
      conference.keyed,
    ];
    await using ffmpeg = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...input, path]);
    await joinedOnLoopback(conference.group);
    const send = [...HERE, '--receive', 'null', '--send', `wav:${user.toneFile(pcmu)}`];
    await using mouth = await user.join(conference, ...send);
    await sentAll(mouth);
    await leave(mouth);
    await ffmpeg.ended(15_000);
    expectTones(path, pcmu, 3);
  });
});

/** The tone from beginning to end; how long it takes to start and to notice the end is up to the program. */
function expectTone(path: string, level: number): void {
  const { channels, sampleRate } = readChannels(path);
  const tone = trimSilence(channels[0] ?? new Float32Array(0));
  expect(tone.length / sampleRate).toBeGreaterThan(2.8);
  expect(longestSilence(tone, sampleRate)).toBeLessThan(0.03);
  const { frequency, levelDbfs } = measureTone(tone, sampleRate);
  expect(frequency).toBeCloseTo(pcmu.tones[0], 0);
  expect(Math.abs(levelDbfs - level)).toBeLessThan(0.5);
}

describe('GStreamer, AEAD_AES_256_GCM', () => {
  const suite = 'AEAD_AES_256_GCM';
  const cipher = 'aes-256-gcm';

  test('what it sends encrypted is heard', async () => {
    const conference = await publish('from gstreamer', suite);
    const path = user.file('from-gstreamer.wav');
    await using ear = await user.join(conference, ...HERE, '--receive', `wav:${path}`);
    const srtp = `srtpenc key=${conference.hex} rtp-cipher=${cipher} rtp-auth=null rtcp-cipher=${cipher} rtcp-auth=null`;
    const source = `filesrc location=${user.toneFile(pcmu)} ! wavparse ! audioconvert ! ${pcmu.pay} pt=0 max-ptime=20000000`;
    const sink = `udpsink host=${conference.group} port=${conference.port} multicast-iface=lo bind-address=127.0.0.1 ttl-mc=1 sync=true`;
    await using gst = new ForeignProgram('gst-launch-1.0', [
      '-q',
      ...`${source} ! ${srtp} ! ${sink}`.split(' '),
    ]);
    await gst.ended(20_000);
    await recorded(path);
    await leave(ear);
    expectTone(path, -9);
  });

  test('it plays what we send, told our SSRC', async () => {
    const conference = await publish('to gstreamer', suite);
    const path = user.file('to-gstreamer.wav');
    await using mouth = await user.join(conference, ...HERE, '--receive', 'null', '--send', 'tone:440');
    const ssrc = /"ssrc":(\d+)/.exec(mouth.out)?.[1];
    const caps = [
      'application/x-srtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0',
      `ssrc=(uint)${ssrc},srtp-key=(buffer)${conference.hex},roc=(uint)0`,
      `srtp-cipher=${cipher},srtp-auth=null,srtcp-cipher=${cipher},srtcp-auth=null`,
    ].join(',');
    const from = `udpsrc address=${conference.group} port=${conference.port} multicast-iface=lo caps=${caps}`;
    const play = `srtpdec ! rtppcmudepay ! mulawdec ! wavenc ! filesink location=${path}`;
    await using gst = new ForeignProgram('gst-launch-1.0', ['-e', ...`${from} ! ${play}`.split(' ')]);
    await joinedOnLoopback(conference.group);
    await expect
      .poll(() => statSync(path, { throwIfNoEntry: false })?.size ?? 0, { timeout: 20_000 })
      .toBeGreaterThan(50_000);
    await gst.stop(); // ends the file as it should be
    await leave(mouth);
    expectTone(path, -18);
  });
});

describe('OpenLDAP', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    // as docs/security.md has it
    slapd = await startSlapd({
      tls: true,
      access: `access to attrs=rdvMediaKey
  by dn.exact="cn=admin,dc=example,dc=com" write
  by peername.ip=127.0.0.1 users read
  by * none
access to * by dn.exact="cn=admin,dc=example,dc=com" write by * read`,
    });
  });
  afterAll(() => slapd.stop());

  test('keys are written and read by those who may, and others see the entry without them', async () => {
    await using admin = await openDirectory(slapd.url);
    await admin.bind({ kind: 'simple', dn: slapd.adminDn, password: slapd.adminPassword });
    const conference = createConference({ name: `Board ${Date.now()}` });
    encryptConference(conference);
    await admin.add(conference);
    expect((await admin.get(conference.name))?.keys).toEqual(conference.keys);
    await using anybody = await openDirectory(slapd.url);
    const found = await anybody.get(conference.name);
    expect([found?.isEncrypted, found?.keys]).toEqual([true, []]);
    const args = [
      '-x',
      '-LLL',
      '-H',
      slapd.url,
      '-b',
      slapd.suffix,
      '(objectClass=rdvConference)',
      '*',
      '+',
      'rdvMediaKey',
    ];
    const shown = execFileSync('ldapsearch', args, { encoding: 'utf8' });
    expect(shown).toContain('rdvBlob');
    expect(shown).not.toMatch(/rdvMediaKey|inline/);
  });
});
