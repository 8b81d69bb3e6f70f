import {
  type ConferenceFigures,
  type Finding,
  type MatrixCell,
  type MonitorEvent,
  receptionMatrix,
  type SenderFigures,
  type Watcher,
} from '../../conference/monitor/index.ts';

/** Eight hexadecimal digits. */
export const ssrcText = (ssrc: number): string => ssrc.toString(16).padStart(8, '0');

const timeText = (wall: number): string => new Date(wall).toISOString();
const orNull = <T>(value: T | undefined): T | null => value ?? null;
/** Three digits behind the point are more than is known. */
const round = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value * 1000) / 1000;

export function findingJson({
  code,
  severity,
  title,
  medium,
  ssrc,
  message,
  tryThis,
  since,
  last,
}: Finding): object {
  return {
    code,
    severity,
    title,
    medium: orNull(medium),
    ssrc: ssrc === undefined ? null : ssrcText(ssrc),
    message,
    tryThis,
    since: timeText(since),
    last: timeText(last),
  };
}

export function senderJson(sender: SenderFigures): object {
  const { ssrc, address, port, cname, name, format, levelsDbfs, dscp, ttl, since, ...rest } = sender;
  return {
    ssrc: ssrcText(ssrc),
    address: orNull(address),
    port: orNull(port),
    cname: orNull(cname),
    name: orNull(name),
    ...rest,
    format: orNull(format),
    packetsPerSecond: round(rest.packetsPerSecond),
    bitsPerSecond: Math.round(rest.bitsPerSecond),
    lossShare: round(rest.lossShare),
    jitterMs: round(rest.jitterMs),
    jitter50Ms: round(rest.jitter50Ms),
    jitter95Ms: round(rest.jitter95Ms),
    jitter99Ms: round(rest.jitter99Ms),
    worstGapMs: round(rest.worstGapMs),
    packetMs: round(rest.packetMs),
    clockRate: round(rest.clockRate),
    driftPpm: round(rest.driftPpm),
    levelsDbfs: levelsDbfs === undefined ? null : levelsDbfs.map((it) => Math.round(it * 10) / 10),
    dscp: orNull(dscp),
    ttl: orNull(ttl),
    since: timeText(since),
  };
}

/** @param watcher where the matrix is to be told, who has it */
export function conferenceJson(figures: ConferenceFigures, watcher?: Watcher, now = 0): object {
  const { key, name, state, since, severity, media, findings, sending, talking } = figures;
  const watch = watcher?.watch(key);
  return {
    conference: name,
    key,
    state,
    since: timeText(since),
    severity: orNull(severity),
    packetsPerSecond: round(figures.packetsPerSecond),
    bitsPerSecond: Math.round(figures.bitsPerSecond),
    sending,
    talking,
    lossShare: round(figures.lossShare),
    media: media.map((it, at) => {
      const medium = watch?.media[at];
      return {
        ...it,
        packetsPerSecond: round(it.packetsPerSecond),
        bitsPerSecond: Math.round(it.bitsPerSecond),
        senders: it.senders.map(senderJson),
        mediaClock: orNull(it.mediaClock),
        failure: orNull(it.failure),
        ...(medium === undefined ? {} : { matrix: receptionMatrix(medium, now).map(cellJson) }),
      };
    }),
    findings: findings.map(findingJson),
  };
}

function cellJson({
  reporter,
  reporterName,
  about,
  aboutName,
  lossShare,
  lost,
  jitterMs,
  ageMs,
}: MatrixCell): object {
  return {
    reporter: ssrcText(reporter),
    reporterName: orNull(reporterName),
    about: ssrcText(about),
    aboutName: orNull(aboutName),
    lossShare: round(lossShare),
    lost,
    jitterMs: round(jitterMs),
    ageSeconds: round(ageMs / 1000),
  };
}

/** Stable names of events. */
export const EVENT_NAMES = {
  conferenceAdded: 'conference-added',
  conferenceChanged: 'conference-changed',
  conferenceRemoved: 'conference-removed',
  stateChanged: 'state',
  findingRaised: 'finding-raised',
  findingChanged: 'finding-changed',
  findingCleared: 'finding-cleared',
  senderAppeared: 'sender-appeared',
  senderGone: 'sender-gone',
} as const satisfies Readonly<Record<MonitorEvent['type'], string>>;

export function eventJson(event: MonitorEvent, time: string): object {
  const head = { type: EVENT_NAMES[event.type], time, conference: event.conference, key: event.key };
  if ('finding' in event) return { ...head, finding: findingJson(event.finding) };
  if ('sender' in event) {
    const { medium, sender, cause, reason } = event;
    const gone = event.type === 'senderGone' ? { cause: orNull(cause), reason: orNull(reason) } : {};
    return { ...head, medium, ...gone, sender: senderJson(sender) };
  }
  return 'state' in event ? { ...head, state: event.state, before: event.before } : head;
}
