import { embeddedBackend } from '../directory/backends.ts';
import { directoryContract } from '../directory/contract.ts';

directoryContract('embedded service over TCP', () => embeddedBackend('tcp'));
