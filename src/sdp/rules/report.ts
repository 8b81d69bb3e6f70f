/** Something that RFC 8866 or a related RFC has against a description. */
export interface Issue {
  /** `error`: a reader may refuse it or misunderstand it. `warning`: works, but should be mended. */
  readonly severity: 'error' | 'warning';
  /** 1-based; of a missing line, where it belongs. */
  readonly line: number;
  /** Such as `RFC 8866 §5.7`. */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Collects issues. */
export class Report {
  readonly #issues: Issue[] = [];

  error(line: number, rule: string, message: string, advice: string): void {
    this.#issues.push({ severity: 'error', line, rule, message, advice });
  }
  warn(line: number, rule: string, message: string, advice: string): void {
    this.#issues.push({ severity: 'warning', line, rule, message, advice });
  }
  /** All of them by line; of one line errors first. */
  sorted(): Issue[] {
    const weight = ({ severity }: Issue): number => (severity === 'error' ? 0 : 1);
    return [...this.#issues].sort((a, b) => a.line - b.line || weight(a) - weight(b));
  }
}

/** A value for a message: quoted, and cut where it gets long. */
export function show(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}
