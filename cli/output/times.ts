const two = (n: number): string => String(n).padStart(2, '0');

/** `14:05`, local. */
export function clockText(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `2026-11-21`, local. */
export function dateText(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Local time for people: `today 14:05`, `tomorrow 09:00`, `2026-12-01 09:00`. */
export function momentText(date: Date, now: Date): string {
  const day = (offset: number): string =>
    dateText(new Date(now.getFullYear(), now.getMonth(), now.getDate() + offset));
  const own = dateText(date);
  const word = own === day(0) ? 'today' : own === day(1) ? 'tomorrow' : own === day(-1) ? 'yesterday' : own;
  return `${word} ${clockText(date)}`;
}

/** A span for people, in its one or two largest units: `45 s`, `5 min`, `1 h 30 min`, `3 d 4 h`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return units(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return units(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function units(large: number, largeName: string, small: number, smallName: string): string {
  return small === 0 ? `${large} ${largeName}` : `${large} ${largeName} ${small} ${smallName}`;
}

export interface Span {
  /** Undefined: always open. */
  readonly start: Date | undefined;
  /** null: without end. */
  readonly stop: Date | null;
}

/** When something takes place, seen from now: `in 5 min (today 14:05)`, `now, until today 14:30`, `permanent`. */
export function spanFromNow({ start, stop }: Span, now: Date): string {
  if (stop !== null && stop <= now) return `over since ${momentText(stop, now)}`;
  if (start !== undefined && start > now) {
    return `in ${spanText(start.getTime() - now.getTime())} (${momentText(start, now)})`;
  }
  if (stop === null) return start === undefined ? 'permanent' : 'now, without end';
  return `now, until ${momentText(stop, now)}`;
}
