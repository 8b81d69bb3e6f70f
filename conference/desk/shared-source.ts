import type { AudioFormat } from '../audio/index.ts';
import type { AudioSource, TerminalFailure } from '../terminal/index.ts';

/** The desk's microphone as a stream gets it: a call that ends does not close it. */
export class SharedSource implements AudioSource {
  readonly direction = 'capture';
  readonly source: AudioSource;

  constructor(source: AudioSource) {
    this.source = source;
  }

  get name(): string {
    return this.source.name;
  }
  get kind(): AudioSource['kind'] {
    return this.source.kind;
  }
  get format(): AudioFormat {
    return this.source.format;
  }
  get live(): boolean {
    return this.source.live;
  }
  get ended(): boolean {
    return this.source.ended;
  }
  read(target: Float32Array): number {
    return this.source.read(target);
  }
  onFailure(listener: (failure: TerminalFailure) => void): () => void {
    return this.source.onFailure(listener);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
