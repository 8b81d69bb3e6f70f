import type { Ms } from '../../src/machine.ts';

/** `error`: somebody hears nothing or the wrong thing; `warning`: it may come to that; `info`: worth knowing. */
export type Severity = 'info' | 'warning' | 'error';

export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];

/** What all findings of one code have in common. */
export interface FindingKind {
  /** At the least; a check may say worse. */
  readonly severity: Severity;
  /** A few words for a table. */
  readonly title: string;
  /** How long it must hold before it is told. */
  readonly raiseMs: Ms;
  /** How long it must not hold before it is over. */
  readonly clearMs: Ms;
}

const kind = (severity: Severity, title: string, raiseMs: Ms, clearMs: Ms): FindingKind => ({
  severity,
  title,
  raiseMs,
  clearMs,
});

/** Every finding by its stable code. Operators write rules about these: they are added to, never renamed. */
export const FINDING_KINDS = {
  notWatched: kind('error', 'cannot be watched', 0, 0),
  nothingHeard: kind('error', 'nothing heard', 10_000, 0),
  silent: kind('error', 'sender is silent', 5000, 2000),
  senderLost: kind('warning', 'sender vanished', 0, 60_000),
  sendingAfterEnd: kind('warning', 'sends though it is over', 30_000, 10_000),
  announcementStale: kind('warning', 'still sent, entry gone', 0, 0),
  sharedGroup: kind('error', 'group is used twice', 0, 0),
  loss: kind('warning', 'packets are lost', 3000, 30_000),
  localDrops: kind('warning', 'this host drops packets', 0, 30_000),
  reordered: kind('info', 'packets out of order', 3000, 30_000),
  duplicates: kind('warning', 'packets come twice', 3000, 30_000),
  jitter: kind('warning', 'packets come unevenly', 5000, 60_000),
  stalls: kind('warning', 'stream stalls', 0, 60_000),
  sequenceJumps: kind('warning', 'sequence jumps', 0, 60_000),
  ssrcCollision: kind('error', 'two senders, one SSRC', 1000, 30_000),
  tooManySenders: kind('error', 'more senders than one', 5000, 10_000),
  foreignSource: kind('warning', 'sender not allowed', 2000, 30_000),
  foreignTraffic: kind('warning', 'other traffic on the port', 2000, 30_000),
  payloadType: kind('error', 'payload type not described', 2000, 10_000),
  packetTime: kind('warning', 'packet time differs', 3000, 10_000),
  clockRate: kind('error', 'clock rate differs', 2000, 20_000),
  packetSize: kind('error', 'packet size does not fit', 3000, 10_000),
  bandwidth: kind('warning', 'more than b= allows', 10_000, 30_000),
  clockDrift: kind('info', 'sender’s clock drifts', 10_000, 60_000),
  rtcpMissing: kind('info', 'no RTCP from sender', 5000, 0),
  rtpMissing: kind('error', 'RTCP but no RTP', 5000, 5000),
  dscp: kind('info', 'wrong DSCP', 0, 0),
  dscpChanged: kind('warning', 'DSCP has changed', 0, 600_000),
  ttlLow: kind('warning', 'TTL is too low', 0, 0),
  ttlHigh: kind('info', 'TTL is too high', 0, 0),
} satisfies Readonly<Record<string, FindingKind>>;

export type FindingCode = keyof typeof FINDING_KINDS;

export const FINDING_CODES = Object.keys(FINDING_KINDS).filter(isFindingCode);

function isFindingCode(code: string): code is FindingCode {
  return code in FINDING_KINDS;
}

/** The worst of several, or undefined of none. */
export function worstSeverity(severities: Iterable<Severity>): Severity | undefined {
  let worst = -1;
  for (const severity of severities) worst = Math.max(worst, SEVERITIES.indexOf(severity));
  return SEVERITIES[worst];
}
