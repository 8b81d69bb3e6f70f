/** Gives audio of packets that are decoded only when they are played. */
export interface PlayoutFeed {
  /** Whether packets wait to be decoded. */
  readonly waiting: boolean;
  /** Puts what belongs before `position` and is there into the buffer, by `PlayoutBuffer.store`, in order. */
  decodeTo(position: number): void;
  /** Forgets what waits. */
  clear(): void;
}
