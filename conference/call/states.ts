/** Where a call is in its life (CAL-05). Multicast uses idle, inProgress, connected, hold and disconnected. */
export type CallState = 'idle' | 'inProgress' | 'connected' | 'disconnected' | 'offering' | 'hold' | 'queued';

/** Moves a call may make; `disconnected` is final and nothing returns to `idle`. */
export const CALL_MOVES: Readonly<Record<CallState, readonly CallState[]>> = {
  idle: ['inProgress', 'connected', 'disconnected', 'offering', 'hold'],
  inProgress: ['connected', 'disconnected', 'hold'],
  connected: ['hold', 'disconnected'],
  disconnected: [],
  offering: ['connected', 'disconnected', 'hold'],
  hold: ['connected', 'disconnected'],
  queued: ['connected', 'disconnected', 'hold'],
};

export function mayMove(from: CallState, to: CallState): boolean {
  return CALL_MOVES[from].includes(to);
}
