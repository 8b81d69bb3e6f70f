import { InvalidValueError } from '../../src/errors.ts';
import { isMulticast } from '../../src/ip/index.ts';

/** What the target of announced sessions says: `sap:?interface=eth0&group=239.255.255.255&wait=5`. */
export interface AnnouncedTarget {
  /** As it was given. */
  readonly url: string;
  /** Names or addresses of interfaces to listen on; empty for all that are up. */
  readonly interfaces: readonly string[];
  /** SAP groups to listen to; empty for all that are known. */
  readonly groups: readonly string[];
  /** Milliseconds that a look waits for announcements; undefined when it does not say. */
  readonly waitMs: number | undefined;
}

/** How announced sessions are listened to, unless the target says otherwise. */
export interface AnnouncedOptions {
  /** Milliseconds from the beginning of listening that a search waits for; 0 to 3 600 000, default 2500. */
  readonly waitMs?: number;
  /** Milliseconds that a name which is not known is waited for; default as `waitMs`. */
  readonly lookMs?: number;
  /** Names or addresses of interfaces; default all that are up. */
  readonly interfaces?: readonly string[];
  /** SAP groups; default all that are known. */
  readonly groups?: readonly string[];
  /** Look only at what earlier runs heard, and listen to nothing. Default false. */
  readonly fromCacheOnly?: boolean;
  /** Is told what is wrong with the cache, which hinders nothing. */
  readonly onNotice?: (text: string) => void;
}

/** Milliseconds: nobody waits longer for one look. */
export const MAX_WAIT_MS = 3_600_000;

/** Whether a directory named so is that of announced sessions. */
export function isAnnouncedTarget(target: string): boolean {
  return /^sap:/i.test(target.trim());
}

/**
 * Reads `sap:` with its parameters: `interface` and `group`, each as often as wanted, and `wait` in seconds.
 *
 * @throws {InvalidValueError} for a parameter that is not known, a group that is none, or a time that is none
 */
export function parseAnnouncedTarget(target: string): AnnouncedTarget {
  const url = target.trim();
  const [, host = '', query = ''] = /^sap:([^?]*)\??(.*)$/is.exec(url) ?? [];
  if (host.replaceAll('/', '') !== '') {
    throw new InvalidValueError(
      `"${url}" names a host, but announcements come from everybody: write sap: or sap:?interface=${host.replaceAll('/', '')}`,
    );
  }
  const interfaces: string[] = [];
  const groups: string[] = [];
  let waitMs: number | undefined;
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'interface' && value !== '') interfaces.push(value);
    else if (key === 'group') groups.push(checkGroup(value));
    else if (key === 'wait') waitMs = readWait(value);
    else
      throw new InvalidValueError(`"${key}=${value}" means nothing in ${url}: interface, group and wait do`);
  }
  return { url, interfaces, groups, waitMs };
}

/** @throws {InvalidValueError} when it is no multicast group */
export function checkGroup(text: string): string {
  if (isMulticast(text)) return text;
  throw new InvalidValueError(
    `"${text}" is no multicast group: SAP groups are like 239.255.255.255 or ff05::2:7ffe`,
  );
}

function readWait(text: string): number {
  const ms = /^\d+(\.\d+)?s?$/.test(text) ? Number.parseFloat(text) * 1000 : Number.NaN;
  if (ms <= MAX_WAIT_MS) return ms;
  throw new InvalidValueError(`"wait=${text}" is no number of seconds from 0 to ${MAX_WAIT_MS / 1000}`);
}
