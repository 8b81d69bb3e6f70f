import { embeddedWatch } from '../directory/watch-backends.ts';
import { watchContract } from '../directory/watch-contract.ts';

watchContract('embedded service, on loopback', () => embeddedWatch('tcp'));
