import type { Issue } from '../rules/report.ts';
import type { Finding, Receiver, Severity } from './rule.ts';

const SEVERITY: Readonly<Record<Issue['severity'], Severity>> = { error: 'refuses', warning: 'warns' };

/** The standard itself. Its rules are those of `SessionDescription.validate`; see {@link rfc8866Finding}. */
export const RFC_8866: Receiver = {
  id: 'rfc8866',
  title: 'RFC 8866',
  about: 'SDP itself, and the RFCs that its attributes come from',
  rules: [],
};

/** An issue of `SessionDescription.validate` as a finding. Its rule is the clause: `rfc-8866-5.7`. */
export function rfc8866Finding({ severity, line, rule, message, advice }: Issue, text?: string): Finding {
  return {
    receiver: RFC_8866.id,
    rule: rule.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-'),
    severity: SEVERITY[severity],
    line,
    text,
    reason: message,
    advice,
    source: { basis: 'standard', reference: rule },
  };
}
