import { ds389Watch } from '../directory/watch-backends.ts';
import { watchContract } from '../directory/watch-contract.ts';

watchContract('389 Directory Server, by persistent search', ds389Watch);
