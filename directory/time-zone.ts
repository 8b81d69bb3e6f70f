import { InvalidValueError } from '../src/errors.ts';

const DAY_MS = 86_400_000;

/** The clocks of one place, from the system's time zone data. */
export class TimeZone {
  /** As in the time zone database, `Europe/Berlin`. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  /** Offsets at the beginning of days in UTC. */
  readonly #days = new Map<number, number>();

  /** @param name default the zone of this process. @throws {InvalidValueError} when there is no such zone */
  constructor(name: string = Intl.DateTimeFormat().resolvedOptions().timeZone) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    } catch (cause) {
      throw new InvalidValueError(`There is no time zone "${name}": write it like Europe/Berlin or UTC`, {
        cause,
      });
    }
    this.name = this.#format.resolvedOptions().timeZone;
  }

  /** Seconds that the clocks are ahead of UTC. @param unixMs milliseconds since 1970 */
  offsetSecondsAt(unixMs: number): number {
    const day = Math.floor(unixMs / DAY_MS);
    const offset = this.#atDay(day);
    // nobody changes the clocks twice in a day
    return offset === this.#atDay(day + 1) ? offset : this.#read(unixMs);
  }

  #atDay(day: number): number {
    let offset = this.#days.get(day);
    if (offset === undefined) this.#days.set(day, (offset = this.#read(day * DAY_MS)));
    return offset;
  }

  #read(unixMs: number): number {
    const name = this.#format.formatToParts(unixMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes = '0', seconds = '0'] =
      /^GMT([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(name) ?? [];
    const size = Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -size : size;
  }
}
