import { directoryContract } from '../directory/contract.ts';
import { sambaBackend } from '../directory/server-backends.ts';

directoryContract('Active Directory by Samba', () => sambaBackend(false));
directoryContract('Active Directory by Samba, with our schema', () => sambaBackend(true));
