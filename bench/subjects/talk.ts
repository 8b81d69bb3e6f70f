/** `talk.ts GROUP PORT SECONDS RTPMAP PTIME`: sends a tone to the conference, with the program's own provider and pacing. */
import process from 'node:process';
import { createCall, MulticastRtpProvider, openSource } from '../../conference/index.ts';

const [group = '', port = '', seconds = '5', rtpmap = 'PCMU/8000', ptime = '20'] = process.argv.slice(2);
const payloadType = rtpmap === 'PCMU/8000' ? 0 : 97;
const description = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=bench',
  `c=IN IP4 ${group}/1`,
  't=0 0',
  `m=audio ${port} RTP/AVP ${payloadType}`,
  `a=rtpmap:${payloadType} ${rtpmap}`,
  `a=ptime:${ptime}`,
  '',
].join('\r\n');
const call = createCall(description, {
  provider: new MulticastRtpProvider(),
  interface: '127.0.0.1',
  direction: 'sendonly',
  participant: { name: 'bench' },
  qos: 'best-effort',
});
for (const stream of call.streams) {
  if (stream.format !== undefined) stream.attach(await openSource('tone:440', { format: stream.format }));
}
await call.connect();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
process.exit(0);
