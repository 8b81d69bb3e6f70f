/**
 * `statistics.ts GROUP PORT GROUPS CLOCK_RATE SECONDS [batches]`: joins GROUPS groups and keeps the statistics of what comes
 * (source table, loss, jitter), without decoding.
 */
import process from 'node:process';
import {
  batchedReceiver,
  loadNativeSockets,
  openMulticastSocket,
  ReceiveHub,
  systemClock,
} from '../../src/net/index.ts';
import { RtpSession } from '../../src/rtp/index.ts';
import { groupAt } from '../load.ts';

const [group = '', port = '', groups = '1', rate = '48000', secondsText = '5', receive] =
  process.argv.slice(2);
const native = await loadNativeSockets();
const openReceiver =
  receive === 'batches' && native.available
    ? batchedReceiver(new ReceiveHub(native, systemClock), { lend: true })
    : undefined;
const sessions: RtpSession[] = [];
for (let index = 0; index < Number(groups); index++) {
  const socket = await openMulticastSocket({
    group: groupAt(group, index),
    port: Number(port),
    interface: '127.0.0.1',
    ...(openReceiver === undefined ? {} : { openReceiver }),
  });
  const session = new RtpSession(
    {
      random: Math.random,
      cname: 'bench@localhost',
      clockRates: new Map([[97, Number(rate)]]),
      bandwidth: 2_400_000,
    },
    performance.now(),
  );
  socket.onDatagram(({ bytes, from, at }) => session.handleRtp(bytes, from, at, 0));
  sessions.push(session);
}
console.log('ready');
await new Promise((resolve) => setTimeout(resolve, Number(secondsText) * 1000));
const sources = sessions.flatMap((session) => [...session.sources.values()]);
const packets = sources.reduce((sum, source) => sum + source.packetsReceived, 0);
const lost = sources.reduce((sum, source) => sum + source.packetsLost, 0);
console.log(JSON.stringify({ packets, lost, late: 0, sources: sources.length }));
process.exit(0);
