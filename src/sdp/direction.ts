/** Which way media flows for the one who reads the description (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** Whether an attribute text is a direction, the whole of it. */
export function asDirection(text: string): Direction | undefined {
  return DIRECTIONS.find((direction) => direction === text.trim());
}

/** What the kind of conference suggests to a tool (RFC 8866 §6.9). Hints only: the direction is not changed by them. */
export interface ConferenceTypeHints {
  readonly direction: Direction;
  /** Start with the own microphone muted. */
  readonly startMuted: boolean;
  /** Do not show it unless asked for. */
  readonly hidden: boolean;
}

/** Hints of `a=type:`; undefined for none or an unknown one. Case matters. */
export function conferenceTypeHints(type = ''): ConferenceTypeHints | undefined {
  switch (type) {
    case 'broadcast':
      return { direction: 'recvonly', startMuted: true, hidden: false };
    case 'H332':
      return { direction: 'recvonly', startMuted: true, hidden: false };
    case 'meeting':
      return { direction: 'sendrecv', startMuted: false, hidden: false };
    case 'moderated':
      return { direction: 'sendrecv', startMuted: true, hidden: false };
    case 'test':
      return { direction: 'sendrecv', startMuted: false, hidden: true };
    default:
      return undefined;
  }
}
