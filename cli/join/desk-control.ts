import type { Call, Desk } from '../../conference/index.ts';
import { messageOf } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import type { Controlled } from './remote-control.ts';

/** A desk as other programs may act upon it. */
export class DeskControl implements Controlled {
  readonly #desk: Desk;
  readonly calls: readonly Call[];

  constructor(desk: Desk) {
    this.#desk = desk;
    this.calls = desk.channels.map(({ call }) => call);
  }

  get target(): Call | undefined {
    return this.#desk.talkTarget?.call;
  }
  talkTo(name: string): string | undefined {
    const { channels } = this.#desk;
    const channel = channels.find((it) => it.name === name);
    if (channel === undefined) {
      return `talk: "${name}" is not joined; joined are ${channels.map((it) => printable(it.name)).join(', ')}`;
    }
    try {
      this.#desk.talkTo(channel);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}
