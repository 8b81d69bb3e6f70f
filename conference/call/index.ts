export {
  Call,
  type CallConnectOptions,
  type CallEvent,
  type CallOptions,
  createCall,
  type DisconnectCode,
} from './call.ts';
export { CALL_MOVES, type CallState, mayMove } from './states.ts';
