import { directoryContract } from '../directory/contract.ts';
import { ds389Backend } from '../directory/server-backends.ts';

directoryContract('389 Directory Server', ds389Backend, { ownExpiry: true });
