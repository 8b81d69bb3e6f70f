/** The embedded service on a free port, its store in the folder given; prints the port. Ends with its stdin. */
import { join } from 'node:path';
import process from 'node:process';
import { createLocatorService, defaultAccess, listen, openStore } from '../../directory/server/index.ts';

const store = openStore({ path: join(process.argv[2] ?? '.', 'directory.db') });
const service = createLocatorService({ store, access: defaultAccess({ anonymousWrite: true }) });
const { port } = await listen(service, { port: 0 });
console.log(port);
process.stdin.once('end', () => process.exit(0)).resume();
