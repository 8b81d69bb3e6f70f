import { describeSocket } from './socket-contract.ts';

describeSocket({ sockets: 1 });
