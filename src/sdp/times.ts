import { EncodeError, StateError } from '../errors.ts';
import type { Section, SdpDocument } from './document.ts';
import type { Line } from './lines.ts';
import {
  formatRepeat,
  formatZones,
  parseRepeat,
  parseZones,
  type RepeatTime,
  type ZoneAdjustment,
} from './repeat.ts';
import { Schedule, type ScheduleEntry } from './schedule.ts';
import {
  formatTime,
  formatTimeRange,
  ntpSecondsToUnixMs,
  parseTimeRange,
  type TimeRange,
  unixMsToNtpSeconds,
} from './time.ts';

/** A `t=` line and the `r=` and `z=` lines below it (RFC 8866 §5.9 - §5.11). Times are seconds since 1900. */
export class TimeDescription {
  readonly #document: SdpDocument;
  readonly #line: Line;

  constructor(document: SdpDocument, line: Line) {
    this.#document = document;
    this.#line = line;
  }

  /** Active from here on; 0 with stop 0 means always. A line that cannot be read counts as 0. */
  get start(): number {
    return parseTimeRange(this.#line.value)?.start ?? 0;
  }
  /** @throws {EncodeError} when it is not 0 and has fewer than 10 digits */
  set start(ntpSeconds: number) {
    this.#setWord(0, formatTime('start time', ntpSeconds), { start: ntpSeconds, stop: this.stop });
  }
  /** Active up to here; 0 means unbounded. */
  get stop(): number {
    return parseTimeRange(this.#line.value)?.stop ?? 0;
  }
  set stop(ntpSeconds: number) {
    this.#setWord(1, formatTime('stop time', ntpSeconds), { start: this.start, stop: ntpSeconds });
  }
  /** Sets both, so that neither has to pass the other on the way. @throws {EncodeError} stop before start */
  set(start: number, stop: number): void {
    const text = formatTimeRange({ start, stop });
    if (this.start !== start || this.stop !== stop) this.#document.change(this.#line, text);
  }
  /** {@link start} in milliseconds since 1970; undefined for 0, since ever. */
  get startUnixMs(): number | undefined {
    return this.start === 0 ? undefined : ntpSecondsToUnixMs(this.start);
  }
  /** {@link stop} in milliseconds since 1970; undefined for 0, unbounded. */
  get stopUnixMs(): number | undefined {
    return this.stop === 0 ? undefined : ntpSecondsToUnixMs(this.stop);
  }
  /** As {@link set}, in milliseconds since 1970, rounded down to seconds; undefined for 0. */
  setUnixMs(startUnixMs: number | undefined, stopUnixMs: number | undefined): void {
    const seconds = (ms: number | undefined): number => (ms === undefined ? 0 : unixMsToNtpSeconds(ms));
    this.set(seconds(startUnixMs), seconds(stopUnixMs));
  }
  /** Start and stop are both 0. */
  get permanent(): boolean {
    return this.start === 0 && this.stop === 0;
  }

  /** The readable `r=` lines; assigning makes the `r=` lines of this `t=` say exactly this. */
  get repeats(): RepeatTime[] {
    return this.#lines('r')
      .map((line) => parseRepeat(line.value))
      .filter((repeat) => repeat !== undefined);
  }
  /** @throws {StateError} when the last repeat would go while zone adjustments stay */
  set repeats(list: readonly RepeatTime[]) {
    if (list.length === 0 && this.zones.length > 0) {
      throw new StateError(
        'SDP: zone adjustments (z=) need a repeat (r=); set zones to [] first (RFC 8866 §5.11)',
      );
    }
    const wanted = list.map((repeat) => ({ value: formatRepeat(repeat), repeat }));
    this.#setBelow('r', wanted.map(keepSpelling(this.#lines('r'), parseRepeat)));
  }

  /** The adjustments of all readable `z=` lines; assigning leaves one `z=` line, or none for []. */
  get zones(): ZoneAdjustment[] {
    return this.#lines('z').flatMap((line) => parseZones(line.value) ?? []);
  }
  /** @throws {StateError} without an `r=` line: z= modifies repeats (RFC 8866 §5.11) */
  set zones(list: readonly ZoneAdjustment[]) {
    if (list.length > 0 && this.#lines('r').length === 0) {
      throw new StateError(
        'SDP: zone adjustments (z=) need a repeat (r=); set repeats first (RFC 8866 §5.11)',
      );
    }
    this.#setBelow('z', list.length === 0 ? [] : [{ value: formatZones(list) }]);
  }

  /** @internal the `t=` line and what belongs to it */
  get lines(): Line[] {
    const { lines } = this.#section;
    const from = lines.indexOf(this.#line);
    if (from < 0) throw new StateError('SDP: this time has been removed from its description');
    let to = from + 1;
    for (let i = to; i < lines.length && lines[i]?.type !== 't'; i++) {
      if (lines[i]?.type === 'r' || lines[i]?.type === 'z') to = i + 1;
    }
    return lines.slice(from, to).filter((line) => line === this.#line || 'rz'.includes(line.type || '-'));
  }

  get #section(): Section {
    return this.#document.session;
  }
  #lines(type: 'r' | 'z'): Line[] {
    return this.lines.filter((line) => line.type === type);
  }

  #setWord(index: number, word: string, wanted: TimeRange): void {
    if (this.#section.lines.indexOf(this.#line) < 0) {
      throw new StateError('SDP: this time has been removed from its description');
    }
    if (wanted.stop !== 0 && wanted.stop < wanted.start) {
      throw new EncodeError('SDP', 'stop time', `${wanted.stop} is before the start; use set(start, stop)`);
    }
    if (parseTimeRange(this.#line.value) === undefined) {
      this.#document.change(this.#line, formatTimeRange(wanted)); // mend a line nobody can read
    } else {
      this.#document.changeWord(this.#line, index, word, 'time');
    }
  }

  #setBelow(type: 'r' | 'z', values: readonly { value: string }[]): void {
    const old = this.#lines(type);
    if (old.length > 0) return this.#document.setAll(this.#section, type, values, old);
    const after = type === 'r' ? this.#line : (this.#lines('r').at(-1) ?? this.#line);
    let at = this.#section.lines.indexOf(after);
    for (const { value } of values) this.#document.insertAt(this.#section, ++at, type, value);
  }
}

/** A line that already means the same keeps its spelling (`7d` or `604800`). */
function keepSpelling(
  old: readonly Line[],
  parse: (value: string) => unknown,
): (wanted: { value: string; repeat: RepeatTime }, index: number) => { value: string } {
  return ({ value, repeat }, index) => {
    const before = old[index]?.value;
    const same = before !== undefined && JSON.stringify(parse(before)) === JSON.stringify(repeat);
    return { value: same ? before : value };
  };
}

/** The time descriptions of a session, in order. Indexes count from 0. */
export class TimeCollection implements Iterable<TimeDescription> {
  readonly #document: SdpDocument;

  constructor(document: SdpDocument) {
    this.#document = document;
  }

  get length(): number {
    return this.#lines().length;
  }
  [Symbol.iterator](): Iterator<TimeDescription> {
    return this.toArray()[Symbol.iterator]();
  }
  toArray(): TimeDescription[] {
    return this.#lines().map((line) => new TimeDescription(this.#document, line));
  }

  /** @throws {RangeError} outside 0..length-1 */
  at(index: number): TimeDescription {
    return new TimeDescription(this.#document, this.#line(index));
  }

  /**
   * Puts a new time before the one at `index`.
   *
   * @param range seconds since 1900; default permanent (`t=0 0`)
   * @throws {RangeError} outside 0..length
   * @throws {EncodeError} stop before start, or fewer than 10 digits
   */
  insert(index: number, range: TimeRange = { start: 0, stop: 0 }): TimeDescription {
    const value = formatTimeRange(range);
    const { session } = this.#document;
    let line: Line;
    if (index === this.length) {
      const last = index === 0 ? undefined : this.at(index - 1).lines.at(-1);
      line =
        last === undefined
          ? this.#document.add(session, 't', value)
          : this.#document.insertAt(session, session.lines.indexOf(last) + 1, 't', value);
    } else {
      line = this.#document.insertAt(session, session.lines.indexOf(this.#line(index)), 't', value);
    }
    return new TimeDescription(this.#document, line);
  }

  /** {@link insert} at the end. */
  add(range?: TimeRange): TimeDescription {
    return this.insert(this.length, range);
  }

  /** Removes a `t=` with its `r=` and `z=` lines. @throws {RangeError} outside 0..length-1 */
  remove(index: number): void {
    for (const line of this.at(index).lines) this.#document.remove(this.#document.session, line);
  }

  /** When the session takes place, by these lines as they are now. */
  schedule(): Schedule {
    return new Schedule(this.entries());
  }

  /**
   * Each `t=` with its repeats and the adjustments that count for them. RFC 8866 puts `z=` under the `r=` it changes; in an RFC 4566 description it stands once behind all `t=` lines and
   * changes every repeat (§5.11 there).
   */
  entries(): ScheduleEntry[] {
    const times = this.toArray();
    const last = times.at(-1);
    const forAll = last !== undefined && last.repeats.length === 0 ? last.zones : [];
    const entries: ScheduleEntry[] = [];
    for (const time of times) {
      const range = { start: time.start, stop: time.stop };
      const repeats = time.repeats;
      entries.push({ ...range, repeats, zones: time.zones.length > 0 ? time.zones : forAll });
    }
    return entries;
  }

  #lines(): Line[] {
    return this.#document.all(this.#document.session, 't');
  }
  #line(index: number): Line {
    const line = this.#lines()[index];
    if (line === undefined) throw new RangeError(`no time ${index}; there are ${this.length}`);
    return line;
  }
}
