import fc from 'fast-check';
import type { Model } from './model.ts';
import type { Operation } from './operations.ts';
import { faultOf, type Outcome, type Subject } from './subject.ts';

/** What operations are done to, beside the model. */
export interface Subjects {
  readonly all: readonly Subject[];
  /** Lets time pass for all of them. */
  wait(seconds: number): void;
  /** Whether a fault is how that server is known to be, for a reason that is written down there. */
  excuses?(subject: Subject, op: Operation, outcome: Outcome): boolean;
}

/** Whether servers may do different things when they are asked that, so that they are not asked. */
type Disputed = (model: Readonly<Model>, op: Operation) => boolean;

class Step implements fc.AsyncCommand<Model, Subjects> {
  readonly #op: Operation;
  readonly #isDisputed: Disputed;
  constructor(op: Operation, isDisputed: Disputed) {
    this.#op = op;
    this.#isDisputed = isDisputed;
  }
  check(model: Readonly<Model>): boolean {
    return !this.#isDisputed(model, this.#op);
  }
  async run(model: Model, subjects: Subjects): Promise<void> {
    const op = this.#op;
    const expected = model.perform(op);
    if (op.kind === 'wait') {
      subjects.wait(op.seconds);
      return;
    }
    for (const subject of subjects.all) {
      const outcome = await subject.perform(op);
      const fault = faultOf(expected, outcome, subject.slowSeconds);
      if (fault !== undefined && subjects.excuses?.(subject, op, outcome) === true) continue;
      if (fault !== undefined) throw new Error(`${subject.name}: ${fault}`);
    }
  }
  toString(): string {
    return JSON.stringify(this.#op, (_key, value: unknown) =>
      value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
    );
  }
}

/** Random operations of these kinds. */
export const commandsOf = (
  kinds: readonly fc.Arbitrary<Operation>[],
  maxCommands: number,
  isDisputed: Disputed = () => false,
) =>
  fc.commands(
    kinds.map((kind) => kind.map((op) => new Step(op, isDisputed))),
    { maxCommands, size: 'max' },
  );
