import { embeddedBackend } from './backends.ts';
import { directoryContract } from './contract.ts';

directoryContract('embedded service, in process', () => embeddedBackend('in-process'));
