import type { Call } from '../../conference/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { JoinEvent } from './events.ts';
import { mediumJson } from './medium-json.ts';
import { callQualityJson, matrixEvent } from './quality-events.ts';

const STATISTICS_MS: Ms = 2000;
const MATRIX_MS: Ms = 10_000;

/** What a join tells of figures by and by, and at its end. */
export class StatisticsTeller {
  readonly #call: Call;
  readonly #tell: (event: JoinEvent) => void;
  #nextStatistics: Ms;
  #nextMatrix: Ms;

  constructor(call: Call, tell: (event: JoinEvent) => void, now: Ms) {
    this.#call = call;
    this.#tell = tell;
    this.#nextStatistics = now + STATISTICS_MS;
    this.#nextMatrix = now + MATRIX_MS;
  }

  handleTimeout(now: Ms): void {
    if (now < this.#nextStatistics) return;
    this.#nextStatistics = now + STATISTICS_MS;
    this.#tellStatistics(false);
    if (now < this.#nextMatrix) return;
    this.#nextMatrix = now + MATRIX_MS;
    this.#tell(matrixEvent(this.#call.reception));
  }

  /** Before leaving. */
  finish(): void {
    this.#tell(matrixEvent(this.#call.reception));
    this.#tellStatistics(true);
  }

  #tellStatistics(final: boolean): void {
    const { participants, transports, quality } = this.#call;
    this.#tell({
      type: 'statistics',
      final,
      participants: participants.map((it) => it.toJSON()),
      media: transports.map(mediumJson),
      call: callQualityJson(quality),
    });
  }
}
