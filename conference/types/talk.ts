/** How push-to-talk behaves. Times in milliseconds, 0 or more. */
export interface PushToTalk {
  /** What is sent at least, however short the press; default 250. */
  readonly minTalkMs?: number;
  /** What is still sent after the release, since people let go on the last syllable; default 150. */
  readonly tailMs?: number;
  /** A key that is stuck counts as released after this; default 60 000, 0 for never. */
  readonly timeoutMs?: number;
  /** Wait until nobody else talks; default false: others are told of, and talking goes ahead. */
  readonly polite?: boolean;
}

/** The key to talk with. Without push-to-talk it is always `open`, and pressing it does nothing. */
export interface TalkControl {
  readonly pushToTalk: boolean;
  /** `waiting`: pressed, and politely silent while somebody else talks. `tail`: released, and still sent a moment. */
  readonly state: 'open' | 'idle' | 'waiting' | 'talking' | 'tail';
  press(): void;
  release(): void;
  /** Press when it is released, release when it is pressed. */
  toggle(): void;
  /**
   * For keyboards that tell of a key again and again while it is held, and not when it is let go (terminals): call it
   * for each time. Held, it talks until it is let go; a short stroke talks until the next.
   */
  key(): void;
}
