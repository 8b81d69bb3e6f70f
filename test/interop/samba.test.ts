import { directoryContract } from '../directory/contract.ts';
import { sambaBackends } from '../directory/server-backends.ts';
import { sambaWatch } from '../directory/watch-backends.ts';
import { watchContract } from '../directory/watch-contract.ts';

// One domain for all: the last one ends it.
const [plain, withOurSchema] = sambaBackends();
directoryContract('Active Directory by Samba', plain, { ownExpiry: true });
watchContract('Active Directory by Samba, with our schema, by polling', () => sambaWatch(withOurSchema));
directoryContract('Active Directory by Samba, with our schema', withOurSchema, { ownExpiry: true });
