/**
 * `madcap-server.ts ours|echo PORT FILE`: answers on loopback until it is told to end. `ours` is the service with its leases
 * in FILE, without limits for one client; `echo` sends back what comes, with nothing but `node:dgram`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { openMadcapService } from '../../directory/madcap/index.ts';

const [mode = 'ours', portText = '', path = ''] = process.argv.slice(2);
const port = Number(portText);

if (mode === 'ours') {
  const limits = { messagesPerSecond: Infinity, addressesPerClient: 2 ** 31, leases: 10 ** 6 };
  const names = [{ language: 'en', name: 'Bench', isDefault: true }];
  await openMadcapService({
    path,
    port,
    interfaces: ['lo'],
    limits,
    scopes: [
      {
        first: '239.192.0.0',
        last: '239.195.255.255',
        ttl: 63,
        names,
        exclusions: [],
        maximumSeconds: 86_400,
      },
    ],
  });
} else {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
}
console.log('ready');
process.once('SIGTERM', () => {
  const { user, system } = process.cpuUsage();
  const rssMb = process.memoryUsage.rss() / 1e6;
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, rssMb }));
  process.exit(0);
});
