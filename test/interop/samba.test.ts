import { directoryContract } from '../directory/contract.ts';
import { sambaBackends } from '../directory/server-backends.ts';

const [plain, withOurSchema] = sambaBackends();
directoryContract('Active Directory by Samba', plain, { ownExpiry: true });
directoryContract('Active Directory by Samba, with our schema', withOurSchema, { ownExpiry: true });
