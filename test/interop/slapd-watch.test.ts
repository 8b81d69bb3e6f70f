import { slapdWatch } from '../directory/watch-backends.ts';
import { watchContract } from '../directory/watch-contract.ts';

watchContract('slapd with syncprov', () => slapdWatch(true));
watchContract('slapd without, by polling', () => slapdWatch(false));
