import { afterAll, describe, expect, test } from 'vitest';
import { ForeignProgram } from '../support/foreign-program.ts';
import {
  event,
  expectSpeech,
  expectTones,
  HERE,
  joinedOnLoopback,
  leave,
  recorded,
  sentAll,
  MEDIA,
  type Published,
  User,
} from './cli-media.ts';

const user = new User();
const SEND = [...HERE, '--receive', 'null', '--send'];
afterAll(() => user[Symbol.dispose]());

/** Lets ffmpeg send a file to the group, with RTCP that says who it is and that it goes. */
function ffmpegSends(
  { group, port, payloadType }: Published,
  file: string,
  codec: string,
  ...options: readonly string[]
): ForeignProgram {
  const url = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1`;
  const rtp = ['-payload_type', `${payloadType}`, '-cname', 'ff@example.org', '-rtpflags', '+send_bye'];
  const input = ['-nostdin', '-v', 'error', '-re', '-i', file];
  return new ForeignProgram('ffmpeg', [...input, '-c:a', codec, ...options, ...rtp, '-f', 'rtp', url]);
}

/**
 * Lets ffmpeg record what the conference sends, from its description, until everybody has said goodbye. It reads
 * RTCP first: what it has not read by then is lost.
 */
async function ffmpegRecords(
  { group, sdpFile }: Published,
  path: string,
  ...options: readonly string[]
): Promise<ForeignProgram> {
  const input = ['-protocol_whitelist', 'file,udp,rtp', '-localaddr', '127.0.0.1', '-i', sdpFile];
  const ffmpeg = new ForeignProgram('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...input, ...options, path]);
  await joinedOnLoopback(group);
  return ffmpeg;
}

describe.each(MEDIA)('$spec with ffmpeg', (medium) => {
  const { spec, rate, tones, ffmpeg: codec } = medium;
  const plain = spec.replaceAll('/', '-');

  test('what ffmpeg sends is recorded as it was, and who sent it is told', async () => {
    const conference = await user.publish(`from ffmpeg ${spec}`, spec);
    const path = user.file(`from-ffmpeg-${plain}.wav`);
    await using ear = await user.join(conference, ...HERE, '--receive', `wav:${path}`);
    const frame = rate === 8000 ? 1 : 2 * tones.length;
    const size = Math.min(12 + (rate / 50) * frame, 1292);
    await using ffmpeg = ffmpegSends(conference, user.toneFile(medium), codec, '-pkt_size', `${size}`);
    const { participant } = await event(ear, 'participant-left');
    await Promise.all([ffmpeg.ended(5000), recorded(path)]);
    expect(participant).toMatchObject({ cname: 'ff@example.org', address: '127.0.0.1' });
    const lines = await leave(ear);
    const last = lines.findLast(({ type }) => type === 'substream-removed')?.participant;
    expect(last?.cname).toBe('ff@example.org');
    expectTones(path, medium, 3);
  });

  test('ffmpeg plays what we send, from what show --sdp printed, and ends with our goodbye', async () => {
    const conference = await user.publish(`to ffmpeg ${spec}`, spec);
    const path = user.file(`to-ffmpeg-${plain}.wav`);
    await using ffmpeg = await ffmpegRecords(conference, path);
    await using mouth = await user.join(conference, ...SEND, `wav:${user.toneFile(medium)}`);
    await sentAll(mouth);
    await leave(mouth);
    await ffmpeg.ended(5000);
    expect(ffmpeg.output).toBe('');
    expectTones(path, medium, 3);
  });
});

describe('speech with ffmpeg', () => {
  const speech = user.speechFile();

  test('from ffmpeg, in packets as large as it likes', async () => {
    const conference = await user.publish('ffmpeg speaks', 'PCMU');
    const path = user.file('ffmpeg-speaks.wav');
    await using ear = await user.join(conference, ...HERE, '--receive', `wav:${path}`);
    await using ffmpeg = ffmpegSends(conference, speech, 'pcm_mulaw', '-ar', '8000');
    await event(ear, 'participant-left');
    await Promise.all([ffmpeg.ended(5000), recorded(path)]);
    await leave(ear);
    expectSpeech(path, speech);
  });

  test('to ffmpeg', async () => {
    const conference = await user.publish('ffmpeg listens', 'L16/48000/2');
    const path = user.file('ffmpeg-listens.wav');
    // the pause between the sentences is not sent: it is in the timestamps
    await using ffmpeg = await ffmpegRecords(conference, path, '-af', 'aresample=async=1');
    await using mouth = await user.join(conference, ...SEND, `wav:${speech}`);
    await sentAll(mouth);
    await leave(mouth);
    await ffmpeg.ended(5000);
    expectSpeech(path, speech);
  });
});
