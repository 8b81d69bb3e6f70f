import { directoryContract } from '../directory/contract.ts';
import { slapdBackend, slapdPairBackend } from '../directory/server-backends.ts';

directoryContract('OpenLDAP with dynamic entries', () => slapdBackend(true));
directoryContract('OpenLDAP without dynamic entries', () => slapdBackend(false), { ownExpiry: true });
directoryContract('two OpenLDAP servers that replicate each other', slapdPairBackend, { ownExpiry: true });
