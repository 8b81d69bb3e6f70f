/** One result. `fail`: something does not work; `warn`: it may not, or not well. */
export interface Check {
  /** Stable, for programs. */
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** Why it matters. */
  readonly why?: string;
  /** What to do about it. */
  readonly tryThis?: string;
  /** Which directory it is about. */
  readonly directory?: string;
}

export type Judged = Omit<Check, 'id' | 'title' | 'directory'>;

export const ok = (detail: string): Judged => ({ status: 'ok', detail });
export const warn = (detail: string, tryThis: string, why?: string): Judged => ({
  status: 'warn',
  detail,
  ...(why === undefined ? {} : { why }),
  tryThis,
});
export const fail = (detail: string, tryThis: string, why?: string): Judged => ({
  status: 'fail',
  detail,
  ...(why === undefined ? {} : { why }),
  tryThis,
});
