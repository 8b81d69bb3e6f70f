import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pcmu } from '../../conference/codec/pcmu.ts';
import type { TracedPacket } from '../../test/support/packet-trace.ts';

const RATE = 8000;
const PACKET = 160;
/** Until a program listens, and until it has played what it has. */
const START_MS = 1200;
const REST_MS = 800;

export type PlayoutPeer = 'GStreamer' | 'ffmpeg';

/** RTP packets of 20 ms of PCMU. */
export function codedPackets(said: Float32Array): Uint8Array[] {
  const codec = pcmu.create({ clockRate: RATE, channels: 1, parameters: new Map() });
  if (typeof codec === 'string') throw new Error(codec);
  const encoder = codec.createEncoder();
  const out: Uint8Array[] = [];
  for (let number = 0; (number + 1) * PACKET <= said.length; number++) {
    const payload = encoder.encode(said.subarray(number * PACKET, (number + 1) * PACKET));
    const bytes = new Uint8Array(12 + payload.length);
    const view = new DataView(bytes.buffer);
    bytes[0] = 0x80;
    view.setUint16(2, number & 0xffff);
    view.setUint32(4, number * PACKET);
    view.setUint32(8, 0x1234_5678);
    bytes.set(payload, 12);
    out.push(bytes);
  }
  return out;
}

/**
 * Sends packets over loopback at the moments of a trace to another program, and gives what that one made of it.
 *
 * @param latencyMs of GStreamer's jitter buffer; ffmpeg has none to set, it fills gaps by timestamps
 */
export async function playElsewhere(
  peer: PlayoutPeer,
  said: Float32Array,
  trace: readonly TracedPacket[],
  latencyMs: number,
): Promise<Float32Array> {
  const folder = mkdtempSync(join(tmpdir(), 'playout-'));
  const socket = createSocket('udp4');
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const port = await evenPort();
    const output = join(folder, 'heard.raw');
    const [command, ...args] =
      peer === 'GStreamer' ? gstreamer(port, latencyMs, output) : ffmpeg(folder, port, output);
    const child = spawn(command ?? '', args, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await sleep(START_MS);
    const packets = codedPackets(said);
    const start = performance.now();
    for (const { number, arrival } of trace) {
      const wait = start + arrival - performance.now();
      if (wait > 1) await sleep(wait);
      const packet = packets[number];
      if (packet !== undefined) socket.send(packet, port, '127.0.0.1');
    }
    await sleep(REST_MS + latencyMs);
    child.kill('SIGINT');
    await Promise.race([exited, sleep(3000)]);
    child.kill('SIGKILL');
    return readSamples(output);
  } finally {
    socket.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packets that are lost are made up by SpanDSP's concealment, which is the best there is to have there. */
function gstreamer(port: number, latencyMs: number, output: string): string[] {
  const caps = 'application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0';
  const pipeline = `udpsrc address=127.0.0.1 port=${port} caps=${caps} ! rtpjitterbuffer latency=${latencyMs} do-lost=true ! rtppcmudepay ! mulawdec ! spanplc ! filesink location=${output}`;
  return ['gst-launch-1.0', '-q', '-e', ...pipeline.split(' ')];
}

function ffmpeg(folder: string, port: number, output: string): string[] {
  const path = join(folder, 'x.sdp');
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=x',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    '',
  ];
  writeFileSync(path, lines.join('\r\n'));
  const input = ['-nostdin', '-v', 'error', '-protocol_whitelist', 'file,udp,rtp', '-i', path];
  return [
    'ffmpeg',
    ...input,
    '-af',
    'aresample=async=1:min_hard_comp=0.01:first_pts=0',
    '-flush_packets',
    '1',
    '-f',
    's16le',
    output,
  ];
}

async function evenPort(): Promise<number> {
  for (;;) {
    const probe = createSocket('udp4');
    probe.bind(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    await new Promise<void>((resolve) => {
      probe.close(resolve);
    });
    if (port % 2 === 0) return port;
  }
}

function readSamples(path: string): Float32Array {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length & ~1);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 32_768);
}

/** By how many milliseconds what was heard is behind what was said, as it fits best some seconds into it. */
export function lagOf(said: Float32Array, heard: Float32Array): number {
  let best = { lag: 0, product: 0 };
  for (const from of [3, 4, 5]) {
    const window = heard.subarray(from * RATE, from * RATE + RATE / 2);
    for (let lag = -RATE; lag <= RATE; lag += 2) {
      const begin = from * RATE - lag;
      if (begin < 0) continue;
      let [product, energy] = [0, 1e-9];
      for (let i = 0; i < window.length; i += 2) {
        const s = said[begin + i] ?? 0;
        product += s * (window[i] ?? 0);
        energy += s * s;
      }
      if (product / Math.sqrt(energy) > best.product) best = { lag, product: product / Math.sqrt(energy) };
    }
  }
  return (best.lag * 1000) / RATE;
}
