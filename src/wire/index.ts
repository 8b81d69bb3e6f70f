export { WireReader } from './reader.ts';
export { WireWriter } from './writer.ts';
