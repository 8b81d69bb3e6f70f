import type { SessionDescription } from '../session.ts';
import { lineWithoutKey } from '../without-keys.ts';
import { AES67 } from './aes67.ts';
import { DANTE } from './dante.ts';
import { describe } from './description.ts';
import { FFMPEG } from './ffmpeg.ts';
import { GSTREAMER } from './gstreamer.ts';
import { PIPEWIRE } from './pipewire.ts';
import { RAVENNA } from './ravenna.ts';
import { RFC_8866, rfc8866Finding } from './rfc8866.ts';
import { type Finding, type Receiver, SEVERITIES, type Severity } from './rule.ts';
import { ST_2110_30 } from './st2110-30.ts';
import { THIS_PROGRAM } from './this-program.ts';
import { VLC } from './vlc.ts';

/** All that are known: standards, equipment, programs. */
export const RECEIVERS: readonly Receiver[] = [
  RFC_8866,
  AES67,
  ST_2110_30,
  DANTE,
  RAVENNA,
  PIPEWIRE,
  FFMPEG,
  GSTREAMER,
  VLC,
  THIS_PROGRAM,
];

/** What one receiver makes of a description. */
export interface Verdict {
  readonly receiver: Receiver;
  /** The worst of the findings; `accepts` when there is none. */
  readonly verdict: Severity | 'accepts';
  /** The worst first, then by line. */
  readonly findings: readonly Finding[];
}

/** What is known of a description beside what stands in it. */
export interface Circumstances {
  /** SAP group that it was heard on; undefined when it was not, or nobody knows. */
  readonly heardOn?: string | undefined;
}

/**
 * What receivers would refuse or misread in a description, and why. It judges the description alone: what is sent, and
 * on which network, is not looked at.
 *
 * @param receivers whom to ask; default {@link RECEIVERS}
 */
export function lintDescription(
  session: SessionDescription,
  receivers: readonly Receiver[] = RECEIVERS,
  { heardOn }: Circumstances = {},
): Verdict[] {
  const description = describe(session, heardOn);
  const textOf = (line: number): string | undefined => {
    const found = description.lines.find(({ number }) => number === line);
    if (found === undefined) return undefined;
    return found.type === '' ? found.value : lineWithoutKey(`${found.type}=${found.value}`);
  };
  return receivers.map((receiver) => {
    const found =
      receiver === RFC_8866
        ? session.validate().map((issue) => rfc8866Finding(issue, textOf(issue.line)))
        : receiver.rules.flatMap(({ id, severity, source, check, advice }) =>
            [...check(description)].map(
              (hit): Finding => ({
                receiver: receiver.id,
                rule: id,
                severity,
                line: hit.line,
                text: textOf(hit.line),
                reason: hit.reason,
                advice: hit.advice ?? advice,
                source,
              }),
            ),
          );
    const findings = found.sort((a, b) => rank(a.severity) - rank(b.severity) || a.line - b.line);
    return { receiver, verdict: findings[0]?.severity ?? 'accepts', findings };
  });
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
