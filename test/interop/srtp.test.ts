import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { srtpPrimitives as primitives, udpSocketsOn } from '../../src/net/index.ts';
import { parseRtcpCompound, serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { SRTP_PROFILES, type SrtpProfileName, SrtpReceiver, SrtpSender } from '../../src/srtp/index.ts';
import { drawPort } from '../net/loopback.ts';
import { rtpPacket } from '../srtp/vectors.ts';
import { ForeignProgram } from '../support/foreign-program.ts';

/** µ-law sound that no codec touches: what arrives has to be the same bytes. */
const SOUND = Uint8Array.from({ length: 32_000 }, (_, at) => (at * 31 + (at >> 8) * 17) & 0xff);
const FRAME = 160;
const SSRC = 0x1234_5678;
/** Few packets before the sequence number wraps. */
const FIRST = 65_530;
const folder = mkdtempSync(join(tmpdir(), 'srtp-'));
afterAll(() => rmSync(folder, { recursive: true }));
const input = join(folder, 'in.raw');
writeFileSync(input, SOUND);

function keyFor(profile: SrtpProfileName) {
  const { keyBytes, saltBytes } = SRTP_PROFILES[profile];
  return {
    key: Uint8Array.from({ length: keyBytes }, (_, at) => at * 5 + 3),
    salt: Uint8Array.from({ length: saltBytes }, (_, at) => 0xf0 ^ at),
  };
}
const together = (profile: SrtpProfileName): Buffer => {
  const { key, salt } = keyFor(profile);
  return Buffer.concat([key, salt]);
};

/** A socket on a port of loopback, with all that came. */
async function openPort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: Uint8Array[] = [];
  socket.on('message', (bytes) => heard.push(bytes));
  return { socket, heard, port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
}

async function waitFor(condition: () => boolean, withinMs = 15_000): Promise<void> {
  for (const end = Date.now() + withinMs; !condition() && Date.now() < end; ) await sleep(20);
}
const listensOn = (port: number): Promise<void> => waitFor(() => (udpSocketsOn(port)?.length ?? 0) > 0);

/** All sound in protected packets, to a program that listens. */
async function sendSound(socket: Socket, sender: SrtpSender, port: number): Promise<void> {
  for (let at = 0; at * FRAME < SOUND.length; at++) {
    const payload = SOUND.subarray(at * FRAME, (at + 1) * FRAME);
    socket.send(sender.protectRtp(rtpPacket((FIRST + at) & 0xffff, payload, SSRC)), port, '127.0.0.1');
    if (at % 5 === 4) await sleep(5);
  }
}
/** The payloads of packets without extension, one after the other. */
const soundOf = (receiver: SrtpReceiver, packets: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(packets.map((packet) => receiver.unprotectRtp(packet).subarray(12)));

describe.each([
  { profile: 'AES_CM_128_HMAC_SHA1_80', suite: 'AES_CM_128_HMAC_SHA1_80' },
  { profile: 'AES_CM_128_HMAC_SHA1_32', suite: 'SRTP_AES128_CM_HMAC_SHA1_32' }, // its other name has a short tag in RTCP, too
] as const)('$profile with ffmpeg', ({ profile, suite }) => {
  const params = together(profile).toString('base64');

  test('what it protects is opened, through a wrap, with its reports', async () => {
    using rtp = await openPort();
    using rtcp = await openPort();
    const raw = ['-f', 'mulaw', '-ar', '8000', '-ac', '1', '-i', input, '-c:a', 'copy'];
    const srtp = ['-srtp_out_suite', suite, '-srtp_out_params', params, '-seq', `${FIRST}`, '-f', 'rtp'];
    const url = `srtp://127.0.0.1:${rtp.port}?rtcpport=${rtcp.port}&pkt_size=200`;
    await using ffmpeg = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', ...raw, ...srtp, url]);
    await ffmpeg.ended(20_000);
    const receiver = new SrtpReceiver({ primitives, profile, keys: [keyFor(profile)] });
    const opened = () => rtp.heard.reduce((bytes, packet) => bytes + packet.length, 0);
    await waitFor(() => opened() >= SOUND.length && rtcp.heard.length > 0);
    expect(soundOf(receiver, rtp.heard)).toEqual(Buffer.from(SOUND));
    const [report] = rtcp.heard.map((packet) => parseRtcpCompound(receiver.unprotectRtcp(packet)));
    expect(report?.[0]?.type).toBe('sr');
  });

  test('it opens what is protected here, and our BYE ends it', async () => {
    using from = await openPort();
    const port = drawPort();
    const sdp = join(folder, `${profile}.sdp`);
    const out = join(folder, `${profile}.raw`);
    const media = [`m=audio ${port} RTP/SAVP 0`, `a=crypto:1 ${suite} inline:${params}`];
    writeFileSync(
      sdp,
      ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...media, ''].join('\r\n'),
    );
    const read = ['-protocol_whitelist', 'file,udp,rtp,srtp', '-i', sdp];
    const write = ['-c:a', 'copy', '-f', 'mulaw', '-y', out];
    await using ffmpeg = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', ...read, ...write]);
    await listensOn(port + 1);
    const sender = new SrtpSender({ primitives, profile, key: keyFor(profile) });
    await sendSound(from.socket, sender, port);
    const cname = { ssrc: SSRC, items: [{ type: 'cname' as const, text: 'us@example' }] };
    const bye = serializeRtcpCompound([
      { type: 'rr', ssrc: SSRC, reports: [] },
      { type: 'sdes', chunks: [cname] },
      { type: 'bye', ssrcs: [SSRC] },
    ]);
    await sleep(200); // it reads the ports in turn
    from.socket.send(sender.protectRtcp(bye), port + 1, '127.0.0.1');
    await ffmpeg.ended(20_000);
    expect(readFileSync(out)).toEqual(Buffer.from(SOUND));
  });
});

describe.each([
  { profile: 'AES_CM_128_HMAC_SHA1_32', cipher: 'aes-128-icm', auth: 'hmac-sha1-32' },
  { profile: 'AES_256_CM_HMAC_SHA1_80', cipher: 'aes-256-icm', auth: 'hmac-sha1-80' },
  { profile: 'AEAD_AES_128_GCM', cipher: 'aes-128-gcm', auth: 'null' },
  { profile: 'AEAD_AES_256_GCM', cipher: 'aes-256-gcm', auth: 'null' },
] as const)('$profile with GStreamer', ({ profile, cipher, auth }) => {
  const key = together(profile).toString('hex');
  const rtcpAuth = auth === 'null' ? 'null' : 'hmac-sha1-80';

  test('what it protects is opened, through a wrap', async () => {
    using rtp = await openPort();
    const source = `filesrc location=${input} blocksize=${FRAME} ! audio/x-mulaw,rate=8000,channels=1`;
    const pay = `rtppcmupay pt=0 ssrc=${SSRC} seqnum-offset=${FIRST} max-ptime=20000000`;
    const srtp = `srtpenc key=${key} rtp-cipher=${cipher} rtp-auth=${auth} rtcp-cipher=${cipher} rtcp-auth=${rtcpAuth}`;
    const pipeline = `${source} ! ${pay} ! ${srtp} ! udpsink host=127.0.0.1 port=${rtp.port} sync=false`;
    await using gst = new ForeignProgram('gst-launch-1.0', ['-q', ...pipeline.split(' ')]);
    await gst.ended(20_000);
    await waitFor(() => rtp.heard.length >= SOUND.length / FRAME);
    const receiver = new SrtpReceiver({ primitives, profile, keys: [keyFor(profile)] });
    expect(soundOf(receiver, rtp.heard)).toEqual(Buffer.from(SOUND));
  });

  test('it opens what is protected here, told the roll-over counter', async () => {
    using from = await openPort();
    const port = drawPort();
    const out = join(folder, `gst-${profile}.raw`);
    const caps = [
      'application/x-srtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0',
      `ssrc=(uint)${SSRC},roc=(uint)7,srtp-key=(buffer)${key}`,
      `srtp-cipher=${cipher},srtp-auth=${auth},srtcp-cipher=${cipher},srtcp-auth=${rtcpAuth}`,
    ].join(',');
    const sink = `rtppcmudepay ! filesink buffer-mode=2 sync=false location=${out}`;
    const pipeline = `udpsrc address=127.0.0.1 port=${port} caps=${caps} ! srtpdec ! ${sink}`;
    await using gst = new ForeignProgram('gst-launch-1.0', pipeline.split(' '));
    await gst.says(/PLAYING/);
    const sender = new SrtpSender({ primitives, profile, key: keyFor(profile) });
    sender.setRoc(SSRC, 7);
    await sendSound(from.socket, sender, port);
    await waitFor(() => readFileSync(out).length >= SOUND.length);
    expect(readFileSync(out)).toEqual(Buffer.from(SOUND));
  });
});
