export { lintDescription, RECEIVERS, type Verdict } from './lint.ts';
export type { Finding, Receiver, Rule, Severity, Source } from './rule.ts';
export { SEVERITIES } from './rule.ts';
export { OWN_ENCODINGS } from './this-program.ts';
