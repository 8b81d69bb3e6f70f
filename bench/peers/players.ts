import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnOn } from '../harness.ts';
import { AES67, groupAt, PCMU, SUBJECT_CORE } from '../load.ts';

export type StreamKind = typeof PCMU | typeof AES67;

const OPTIONS: SpawnOptions = { stdio: 'ignore' };

/** A description file for one stream, as ffmpeg wants it. */
export function writeDescription(folder: string, group: string, port: number, kind: StreamKind): string {
  const path = join(folder, `${group}.sdp`);
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=bench',
    `c=IN IP4 ${group}/1`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${kind.payloadType}`,
    `a=rtpmap:${kind.payloadType} ${kind.rtpmap}`,
    '',
  ];
  writeFileSync(path, lines.join('\r\n'));
  return path;
}

/** One ffmpeg that receives all streams and, with several, mixes them. */
export function ffmpegMix(
  folder: string,
  group: string,
  port: number,
  streams: number,
  kind: StreamKind,
): ChildProcess {
  const inputs = Array.from({ length: streams }, (_, index) => [
    '-thread_queue_size',
    '512',
    '-protocol_whitelist', // of each input
    'file,udp,rtp',
    '-i',
    writeDescription(folder, groupAt(group, index), port, kind),
  ]).flat();
  const mix = streams > 1 ? ['-filter_complex', `amix=inputs=${streams}:normalize=0`] : [];
  const args = ['-nostdin', '-v', 'error', ...inputs, ...mix, '-f', 'null', '-'];
  return spawnOn(SUBJECT_CORE, 'ffmpeg', args, OPTIONS);
}

/** One GStreamer pipeline with a jitter buffer for each stream, all added by audiomixer. */
export function gstreamerMix(group: string, port: number, streams: number, kind: StreamKind): ChildProcess {
  const [encoding = '', rate = '', channels = '1'] = kind.rtpmap.split('/');
  const caps = `application/x-rtp,media=audio,clock-rate=${rate},encoding-name=${encoding},channels=${channels},payload=${kind.payloadType}`;
  const depay = encoding === 'PCMU' ? 'rtppcmudepay ! mulawdec' : 'rtpL24depay';
  const branches = Array.from(
    { length: streams },
    (_, index) =>
      `udpsrc address=${groupAt(group, index)} port=${port} buffer-size=2000000 caps=${caps}` +
      ` ! rtpjitterbuffer latency=60 ! ${depay} ! audioconvert ! queue ! m.`,
  );
  const pipeline = `audiomixer name=m ! fakesink sync=true ${branches.join(' ')}`;
  return spawnOn(SUBJECT_CORE, 'gst-launch-1.0', ['-q', ...pipeline.split(' ')], OPTIONS);
}
