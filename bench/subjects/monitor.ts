/**
 * `monitor.ts GROUP PORT GROUPS RTPMAP PTIME SECONDS`: watches GROUPS conferences, one to a group, as `rendezvous monitor` does.
 * Prints what came and what was missing.
 */
import process from 'node:process';
import { Watcher } from '../../conference/monitor/index.ts';
import { SessionDescription } from '../../src/sdp/index.ts';
import { groupAt } from '../load.ts';

const [group = '', port = '', groups = '1', rtpmap = '', ptime = '20', secondsText = '5'] =
  process.argv.slice(2);
const payloadType = rtpmap.startsWith('PCMU') ? 0 : 97;
const watcher = new Watcher({ random: Math.random, interface: '127.0.0.1' });
for (let index = 0; index < Number(groups); index++) {
  const text = [
    'v=0',
    `o=- ${index + 1} 1 IN IP4 127.0.0.1`,
    's=bench',
    `c=IN IP4 ${groupAt(group, index)}/1`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${rtpmap}`,
    `a=ptime:${ptime}`,
    '',
  ].join('\r\n');
  const description = SessionDescription.parse(new TextEncoder().encode(text));
  watcher.set(`c${index}`, { name: `C${index}`, description });
}
console.log('ready');
await new Promise((resolve) => setTimeout(resolve, Number(secondsText) * 1000));
const senders = watcher.figures.flatMap(({ media }) => media.flatMap((it) => it.senders));
const sum = (pick: (each: (typeof senders)[number]) => number): number =>
  senders.reduce((total, each) => total + pick(each), 0);
console.log(
  JSON.stringify({
    packets: sum((each) => each.packets),
    lost: sum((each) => each.lost),
    late: sum((each) => each.reordered),
    sources: senders.length,
  }),
);
process.exit(0);
