import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParticipantJson } from '../../conference/index.ts';
import { PROGRAM, Running } from '../net/cli-program.ts';
import { type Lab, openLab } from '../kit/netns.ts';
import {
  event,
  expectSpeech,
  expectTones,
  leave,
  MEDIA,
  type Medium,
  type Published,
  recorded,
  sentAll,
  STEADY,
  User,
} from './cli-media.ts';

/**
 * We are on the first host, GStreamer is on the second: what it starts from a description (`sdpdemux`) takes the
 * interface of the route and cannot be told another, and it does not take in its own RTCP without harm, as it would
 * with us on one host. So nobody here names an interface.
 */
const user = new User();
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ hosts: 2 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  user[Symbol.dispose]();
});

async function join({ name, group }: Published, ...args: readonly string[]): Promise<Running> {
  const line = [PROGRAM, 'join', name, '--data-dir', user.dataDir, '--json', ...STEADY, ...args];
  const running = new Running(lab.host(1).spawn(process.execPath, line));
  await event(running, 'joined');
  await lab.host(1).forwarded(group);
  return running;
}
const gstreamer = (pipeline: string, ...options: readonly string[]): Running =>
  new Running(lab.host(2).spawn('gst-launch-1.0', [...options, ...pipeline.split(' ')]));

/** Sends a file with RTCP that says who it is; at its end it says goodbye. */
function gstreamerSends({ group, port, payloadType }: Published, file: string, medium: Medium): Running {
  const { rate, tones, pay } = medium;
  const samples = `filesrc location=${file} ! wavparse ! audioconvert ! audioresample ! audio/x-raw,rate=${rate},channels=${tones.length}`;
  const rtp = `${pay} pt=${payloadType} max-ptime=20000000 ! bin.send_rtp_sink_0`;
  const to = (name: string, toPort: number, more: string): string =>
    `bin.${name} ! udpsink host=${group} port=${toPort} ttl-mc=1 ${more}`;
  const sdes = 'application/x-rtp-source-sdes,cname=(string)"gst@example.org",name=(string)"Gee"';
  const out = [
    to('send_rtp_src_0', port, 'sync=true'),
    to('send_rtcp_src_0', port + 1, 'sync=false async=false'),
  ];
  return gstreamer(`rtpbin name=bin sdes=${sdes} ${samples} ! ${rtp} ${out.join(' ')}`);
}

/** Longer than any file that is sent here, and than GStreamer takes to start. */
const SENT_SECONDS = 15;

/**
 * Records what GStreamer sends in a conference of its own. Now and then gst-launch 1.22 misses the end of its file:
 * it has sent all of it but neither says goodbye nor ends, ever. Then there is nothing to see, and it has to send anew.
 *
 * @returns who it was, as we were told when it left
 */
async function recordGstreamer(
  name: string,
  medium: Medium,
  file: string,
  path: string,
): Promise<ParticipantJson | undefined> {
  for (let tries = 1; ; tries++) {
    const conference = await user.publish(name, medium.spec);
    await using ear = await join(conference, '--receive', `wav:${path}`);
    await using gst = gstreamerSends(conference, file, medium);
    const ended = await Promise.race([gst.end, delay(SENT_SECONDS * 1000, undefined, { ref: false })]);
    if (ended === undefined && tries < 3) continue;
    const { participant } = await event(ear, 'participant-left');
    expect(await gst.end).toMatchObject({ code: 0 });
    await recorded(path);
    await leave(ear);
    return participant;
  }
}

/** Records what the conference sends, from its description, until we say goodbye; it prints what it knows of us. */
async function gstreamerRecords({ group, sdpFile }: Published, path: string): Promise<Running> {
  const playing = 'decodebin ! audioconvert ! audio/x-raw,format=S16LE ! audiorate ! wavenc';
  const running = gstreamer(
    `filesrc location=${sdpFile} ! sdpdemux ! ${playing} ! filesink location=${path}`,
    '-v',
  );
  await lab.host(2).forwarded(group);
  return running;
}

describe.each(MEDIA)('$spec with GStreamer', (medium) => {
  const { spec } = medium;
  const plain = spec.replaceAll('/', '-');

  test('what GStreamer sends is recorded as it was, and who sent it is told', async () => {
    const path = user.file(`from-gst-${plain}.wav`);
    const who = await recordGstreamer(`from GStreamer ${spec}`, medium, user.toneFile(medium), path);
    expect(who).toMatchObject({ cname: 'gst@example.org', name: 'Gee', address: '10.77.0.2' });
    expectTones(path, medium, 3);
  }, 120_000);

  test('GStreamer plays what we send, from what show --sdp printed, and ends with our goodbye', async () => {
    const conference = await user.publish(`to GStreamer ${spec}`, spec);
    const path = user.file(`to-gst-${plain}.wav`);
    await using gst = await gstreamerRecords(conference, path);
    await using mouth = await join(conference, '--receive', 'null', '--send', `wav:${user.toneFile(medium)}`);
    const ours = /"ssrc":(\d+)/.exec(mouth.out)?.[1];
    await sentAll(mouth);
    await leave(mouth);
    const { code, out } = await gst.end; // by itself, with the goodbye
    expect(code).toBe(0);
    // and it has taken our sender reports as such
    const about = out
      .replaceAll('\\', '')
      .split('application/x-rtp-source-stats')
      .filter((it) => it.includes(`ssrc=(uint)${ours},`));
    expect(about.some((it) => it.includes('have-sr=(boolean)true'))).toBe(true);
    expectTones(path, medium, 3);
  });
});

test('GStreamer plays a source-specific conference from its description', async () => {
  const [medium] = MEDIA;
  const conference = await user.publish('only source', medium.spec, '--source', '10.77.0.1');
  const path = user.file('source-to-gst.wav');
  await using gst = await gstreamerRecords(conference, path);
  await using mouth = await join(conference, '--receive', 'null', '--send', `wav:${user.toneFile(medium)}`);
  await sentAll(mouth);
  await leave(mouth);
  expect((await gst.end).code).toBe(0);
  expectTones(path, medium, 3);
});

describe('speech with GStreamer', () => {
  const speech = user.speechFile();
  const [, , , l16] = MEDIA;

  test('from GStreamer', async () => {
    const path = user.file('gst-speaks.wav');
    await recordGstreamer('GStreamer speaks', l16, speech, path);
    expectSpeech(path, speech);
  }, 120_000);

  test('to GStreamer', async () => {
    const conference = await user.publish('GStreamer listens', 'PCMA');
    const path = user.file('gst-listens.wav');
    await using gst = await gstreamerRecords(conference, path);
    await using mouth = await join(conference, '--receive', 'null', '--send', `wav:${speech}`);
    await sentAll(mouth);
    await leave(mouth);
    await gst.end;
    expectSpeech(path, speech);
  });
});
