/**
 * `sap-announcers.ts GROUP SESSIONS RATE SECONDS`: announces SESSIONS sessions in turn, RATE a second (0: flat out), with
 * nothing but `node:dgram`. The name of each begins with "Bench session".
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { SAP_PORT } from '../../src/sap/index.ts';
import { announcement } from '../sap-announcement.ts';

const [group = '', sessionsText = '', rateText = '', secondsText = ''] = process.argv.slice(2);
const sessions = Number(sessionsText);
const rate = Number(rateText);
const seconds = Number(secondsText);

const packets = Array.from({ length: sessions }, (_, id) => announcement(id));
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
socket.setMulticastInterface('127.0.0.1');
socket.setMulticastTTL(0);
const start = performance.now();
let sent = 0;
for (let now = start; now - start < seconds * 1000; now = performance.now()) {
  const due = rate === 0 ? sent + 64 : Math.floor(((now - start) * rate) / 1000);
  for (; sent < due; sent++) socket.send(packets[sent % sessions] ?? '', SAP_PORT, group);
  await new Promise((resolve) => (rate === 0 ? setImmediate(resolve) : setTimeout(resolve, 1)));
}
console.log(JSON.stringify({ packets: sent, seconds: (performance.now() - start) / 1000 }));
socket.close();
