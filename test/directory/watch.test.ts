import { embeddedWatch } from './watch-backends.ts';
import { watchContract } from './watch-contract.ts';

watchContract('embedded service, in process', () => embeddedWatch('in-process'));
