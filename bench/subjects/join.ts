/**
 * `join.ts GROUP PORT TIMES`: joins and leaves in a running process. Prints, for each time, the milliseconds until the
 * socket was joined, until its first packet, and until a whole call was connected (RTP and RTCP).
 */
import process from 'node:process';
import { createCall, MulticastRtpProvider } from '../../conference/index.ts';
import { openMulticastSocket } from '../../src/net/index.ts';

const [group = '', port = '', times = '20'] = process.argv.slice(2);
const provider = new MulticastRtpProvider();
const description = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=bench',
  `c=IN IP4 ${group}/1`,
  't=0 0',
  `m=audio ${port} RTP/AVP 0`,
  '',
].join('\r\n');
const results: { joined: number; first: number; connected: number }[] = [];
for (let index = -3; index < Number(times); index++) {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20)); // anywhere between two packets
  const start = performance.now();
  const socket = await openMulticastSocket({ group, port: Number(port), interface: '127.0.0.1' });
  const joined = performance.now() - start;
  const first = await new Promise<number>((resolve) => {
    const stop = socket.onDatagram(() => {
      resolve(performance.now() - start);
      stop();
    });
  });
  await socket.close();
  const calling = performance.now();
  const call = createCall(description, {
    provider,
    interface: '127.0.0.1',
    participant: {},
    qos: 'best-effort',
  });
  await call.connect();
  const connected = performance.now() - calling;
  call.session.leave().catch(() => {}); // its BYE takes its time: not waited for
  if (index >= 0) results.push({ joined, first, connected });
}
console.log(JSON.stringify(results));
process.exit(0);
