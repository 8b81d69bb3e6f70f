import { slapdBackend } from '../directory/backends.ts';
import { directoryContract } from '../directory/contract.ts';

directoryContract('OpenLDAP with dynamic entries', () => slapdBackend(true));
directoryContract('OpenLDAP without dynamic entries', () => slapdBackend(false));
