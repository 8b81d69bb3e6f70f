/**
 * `speak.ts GROUP PORT RTPMAP PTIME SECONDS`: says a click every 400 ms, in a sound that comes in real time as from a
 * microphone. Prints the monotonic time of each click in ms.
 */
import process from 'node:process';
import { createCall, MulticastRtpProvider, type AudioSource } from '../../conference/index.ts';
import { clickDescription, monotonicMs } from '../clicks.ts';

const [group = '', port = '', rtpmap = '', ptime = '', seconds = '5'] = process.argv.slice(2);
const call = createCall(clickDescription(group, Number(port), rtpmap, Number(ptime)), {
  provider: new MulticastRtpProvider(),
  interface: '127.0.0.1',
  direction: 'sendonly',
  participant: { name: 'bench' },
  qos: 'best-effort',
  voiceDetection: 'off',
});
const EVERY_MS = 400;
const CLICK_MS = 3;
const MAX_OLD_MS = 5;

/** What a sound card would have: at each reading the samples up to now. */
function microphone(format: AudioSource['format']): AudioSource {
  const perMs = format.sampleRate / 1000;
  let start: number | undefined;
  let position = 0;
  return {
    name: 'clicks',
    kind: 'custom',
    direction: 'capture',
    format,
    live: true,
    ended: false,
    onFailure: () => () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
    read(target) {
      const frames = target.length / format.channels;
      const now = monotonicMs();
      start ??= now - frames / perMs; // the first packet's worth has just been taken in
      // What grows old while the process stands still is thrown away, as sound cards do.
      const available = Math.floor((now - start) * perMs) - position;
      if (available - frames > MAX_OLD_MS * perMs) position += available - frames;
      // The first reading was late: what is read now was said by now.
      if (available < frames) start -= (frames - available) / perMs;
      for (let frame = 0; frame < frames; frame++) {
        const at = (position + frame) / perMs;
        const within = at % EVERY_MS;
        if (within < 1 / perMs && at > 1) console.log((start + at).toFixed(3));
        target.fill(within < CLICK_MS ? 0.5 : 0, frame * format.channels, (frame + 1) * format.channels);
      }
      position += frames;
      return frames;
    },
  };
}

for (const stream of call.streams) if (stream.format !== undefined) stream.attach(microphone(stream.format));
await call.connect();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
process.exit(0);
