/**
 * `hear.ts GROUP PORT RTPMAP PTIME SECONDS [playoutMs=…|linkOffsetMs=…]`: prints the monotonic time at which each click is played:
 * when its block is handed to the sink, and its place therein.
 */
import process from 'node:process';
import { type AudioSink, createCall, MulticastRtpProvider } from '../../conference/index.ts';
import { ClickFinder, clickDescription, monotonicMs } from '../clicks.ts';

const [group = '', port = '', rtpmap = '', ptime = '', seconds = '5', delay = ''] = process.argv.slice(2);
const [name = '', value = ''] = delay.split('=');
const call = createCall(clickDescription(group, Number(port), rtpmap, Number(ptime)), {
  provider: new MulticastRtpProvider(),
  interface: '127.0.0.1',
  direction: 'recvonly',
  participant: { name: 'bench' },
  qos: 'best-effort',
  ...(name === '' ? {} : { [name]: Number(value) }),
});

function loudspeaker(format: AudioSink['format']): AudioSink {
  const finder = new ClickFinder(format.sampleRate);
  return {
    name: 'ear',
    kind: 'custom',
    direction: 'render',
    format,
    droppedFrames: 0,
    onFailure: () => () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
    write(samples) {
      const now = monotonicMs();
      for (let at = 0; at < samples.length; at += format.channels) {
        if (finder.hear(samples[at] ?? 0)) {
          console.log((now + (at / format.channels / format.sampleRate) * 1000).toFixed(3));
        }
      }
    },
  };
}

for (const stream of call.streams) if (stream.format !== undefined) stream.attach(loudspeaker(stream.format));
await call.connect();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
process.exit(0);
