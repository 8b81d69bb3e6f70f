/** The embedded service on a free port, its store in the folder given; prints the port. Ends with its stdin. */
import { join } from 'node:path';
import process from 'node:process';
import { createLocatorService, hashPassword, listen, openStore } from '../../directory/server/index.ts';
import { ADMIN } from '../peers/slapd.ts';

const [, , folder = '.', durability, maxConnections = '1000'] = process.argv;
const store = openStore({
  path: join(folder, 'directory.db'),
  durability: durability === 'power' ? 'power' : 'process',
});
const passwordHash = await hashPassword(ADMIN.password);
const service = createLocatorService({
  store,
  admin: { dn: ADMIN.name, passwordHash },
  // all of a benchmark come from one address
  limits: { maxConnections: Number(maxConnections), maxConnectionsPerAddress: Number(maxConnections) },
});
const { port } = await listen(service, { port: 0 });
console.log(port);
process.stdin.once('end', () => process.exit(0)).resume();
