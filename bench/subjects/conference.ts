/**
 * `conference.ts GROUP PORT GROUPS RTPMAP PTIME SECONDS [batches]`: takes part in GROUPS conferences, one to a group, with the
 * program's own provider: received, buffered, decoded, mixed, thrown away. Prints what came and what was missing.
 */
import process from 'node:process';
import { createCall, MulticastRtpProvider, openSink } from '../../conference/index.ts';
import { groupAt } from '../load.ts';

const [group = '', port = '', groups = '1', rtpmap = '', ptime = '20', secondsText = '5', receive] =
  process.argv.slice(2);
const provider = new MulticastRtpProvider({ receive: receive === 'batches' ? 'batches' : 'events' });
const calls = [];
for (let index = 0; index < Number(groups); index++) {
  const description = [
    'v=0',
    `o=- ${index + 1} 1 IN IP4 127.0.0.1`,
    's=bench',
    `c=IN IP4 ${groupAt(group, index)}/1`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${rtpmap.startsWith('PCMU') ? 0 : 97}`,
    `a=rtpmap:${rtpmap.startsWith('PCMU') ? 0 : 97} ${rtpmap}`,
    `a=ptime:${ptime}`,
    '',
  ].join('\r\n');
  const call = createCall(description, {
    provider,
    interface: '127.0.0.1',
    direction: 'recvonly',
    participant: { name: 'bench' },
    qos: 'best-effort',
  });
  for (const stream of call.streams) {
    if (stream.format !== undefined) stream.attach(await openSink('null', { format: stream.format }));
  }
  await call.connect();
  calls.push(call);
}
console.log('ready');
await new Promise((resolve) => setTimeout(resolve, Number(secondsText) * 1000));
const stats = calls
  .flatMap((call) => call.participants)
  .flatMap((participant) => participant.substreams)
  .map((substream) => substream.stats);
const sum = (pick: (each: (typeof stats)[number]) => number): number =>
  stats.reduce((total, each) => total + pick(each), 0);
console.log(
  JSON.stringify({
    packets: sum((each) => each.packetsReceived),
    lost: sum((each) => each.packetsLost),
    late: sum((each) => each.late),
    sources: stats.length,
  }),
);
process.exit(0);
