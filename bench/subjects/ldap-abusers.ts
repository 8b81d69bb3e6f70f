/**
 * Clients that no server wants, all in one process: `<port> <way> <count> <deaf>`. Says `ready` when all of them are at it,
 * and ends with its stdin. Of the slow ones so many are deaf. They come from several addresses of the loopback interface, as they would from many machines.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { encodeMessage } from '../../src/ldap/index.ts';
import { search } from '../ldap-requests.ts';

const [, , port = '0', way = '', count = '1', deaf = '0'] = process.argv;
const PER_ADDRESS = 100;
const whole = encodeMessage({ messageId: 7, op: search('(objectClass=*)') });

type Client = (socket: Socket, index: number) => void;

/** Ends what was begun only after minutes: an octet now and then. */
const drip =
  (bytes: Uint8Array, everyMs: number): Client =>
  (socket) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at === bytes.length) clearInterval(timer);
      else socket.write(bytes.subarray(at, ++at));
    }, everyMs);
    socket.once('close', () => clearInterval(timer));
  };

const SLOW: readonly Client[] = [
  () => {}, // silent from the start
  (socket) => socket.write(whole.subarray(0, 9)), // half a message, then silence
  drip(whole, 500),
  (socket) => {
    // a message of 4 MiB less a little, of which 16 KiB come
    socket.write(Uint8Array.of(0x30, 0x83, 0x3f, 0xff, 0x00));
    socket.write(new Uint8Array(16_384));
  },
];

/** Asks for everything again and again, and reads nothing. */
const deafOne: Client = (socket) => {
  socket.pause();
  socket.write(Buffer.concat(Array.from({ length: 200 }, () => whole)));
};

/** Always one search under way that no index helps. */
const storm: Client = (socket) => {
  const request = encodeMessage({
    messageId: 1,
    op: { ...search('(originator=*nobody has this*)'), sizeLimit: 1 },
  });
  socket.on('data', () => socket.write(request));
  socket.write(request);
};

async function open(index: number): Promise<Socket> {
  const localAddress = `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}`;
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress });
  socket.on('error', () => {}); // to be left by the server is what they deserve
  await once(socket, 'connect');
  return socket;
}

const sockets: Socket[] = [];
while (sockets.length < Number(count)) {
  // More at a time than the kernel lets wait would try again only after seconds.
  const few = Math.min(PER_ADDRESS, Number(count) - sockets.length);
  sockets.push(...(await Promise.all(Array.from({ length: few }, (_, i) => open(sockets.length + i)))));
}
sockets.forEach((socket, index) => {
  if (way === 'storm') return storm(socket, index);
  socket.on('data', () => {});
  const client = index < Number(deaf) ? deafOne : SLOW[index % SLOW.length]!;
  client(socket, index);
});
console.log('ready');
process.stdin.once('end', () => process.exit(0)).resume();
