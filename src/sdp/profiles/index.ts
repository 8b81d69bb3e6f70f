import { InvalidValueError } from '../../errors.ts';
import type { FormatInit, MediaInit } from '../create.ts';

/** A kind of description that equipment of one sort takes. */
export interface Profile {
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Whom of the receivers of `../receivers` it is made for. */
  readonly receivers: readonly string[];
  /** What is described unless told otherwise. */
  readonly format: FormatInit;
  readonly port: number;
  readonly ptimeMs: number;
  /** Whether a PTP clock has to be named. */
  readonly needsClock: boolean;
  /** The first number of a group's address, and the second where equipment takes no other unless told. */
  readonly prefix?: readonly [number, number];
  /** Whether sender and receivers are different equipment, so that whoever reads it is asked to listen only. */
  readonly isOneWay: boolean;
  readonly attributes?: (clock: PtpReference, samples: number) => readonly string[];
}

/** The clock that a sender follows. */
export interface PtpReference {
  /** Grandmaster as {@link parseClockId} gives it, or `traceable` for any that follows UTC. */
  readonly clockId: string;
  /** 0 to 127. */
  readonly domain: number;
}

const L24: FormatInit = { encoding: 'L24', clockRate: 48_000, channels: 2 };

export const PROFILES: readonly Profile[] = [
  {
    id: 'dante',
    title: 'Dante (AES67 mode)',
    receivers: ['dante', 'aes67'],
    format: L24,
    port: 5004,
    ptimeMs: 1,
    needsClock: true,
    prefix: [239, 69],
    isOneWay: true,
  },
  {
    id: 'ravenna',
    title: 'RAVENNA',
    receivers: ['ravenna', 'aes67'],
    format: L24,
    port: 5004,
    ptimeMs: 1,
    needsClock: true,
    isOneWay: true,
    // what devices write beside the attributes of RFC 7273
    attributes: ({ domain }, samples) => [
      `clock-domain:PTPv2 ${domain}`,
      'sync-time:0',
      `framecount:${samples}`,
    ],
  },
  {
    id: 'aes67',
    title: 'AES67',
    receivers: ['aes67'],
    format: L24,
    port: 5004,
    ptimeMs: 1,
    needsClock: true,
    isOneWay: true,
  },
  {
    id: 'paging',
    title: 'paging of IP phones',
    receivers: ['rendezvous', 'ffmpeg', 'gstreamer', 'vlc', 'pipewire'],
    format: { encoding: 'PCMU', clockRate: 8000 },
    port: 10_000,
    ptimeMs: 20,
    needsClock: false,
    isOneWay: false,
  },
];

/**
 * A medium with what its profile asks for: packet time, direction, and the clock by RFC 7273 (`a=ts-refclk`,
 * `a=mediaclk`). No source filter is added; one that is there stays.
 *
 * @throws {InvalidValueError} when the profile needs a clock and there is none
 */
export function withProfile(profile: Profile, clock: PtpReference | undefined, medium: MediaInit): MediaInit {
  const { ptimeMs, isOneWay, needsClock } = profile;
  if (needsClock && clock === undefined) {
    throw new InvalidValueError(`A description for ${profile.title} has to name the PTP clock of its sender`);
  }
  const clockRate = medium.clockRate ?? medium.formats?.[0]?.clockRate ?? profile.format.clockRate;
  const samples = Math.round((ptimeMs * clockRate) / 1000);
  return {
    ...medium,
    ptimeMs,
    ...(isOneWay ? { direction: 'recvonly' } : {}),
    attributes: [
      ...(medium.attributes ?? []),
      ...(clock === undefined ? [] : [`ts-refclk:${referenceText(clock)}`, 'mediaclk:direct=0']),
      ...(clock === undefined ? [] : (profile.attributes?.(clock, samples) ?? [])),
    ],
  };
}

/** `traceable` has no domain: it may be any (RFC 7273 §4.8). */
function referenceText({ clockId, domain }: PtpReference): string {
  const clock = clockId === 'traceable' ? clockId : `${clockId}:${domain}`;
  return `ptp=IEEE1588-2008:${clock}`;
}

/**
 * The identity of a PTP clock, 8 bytes in any of the usual spellings, as `00-1D-C1-FF-FE-12-00-A3`; or `traceable`.
 *
 * @throws {InvalidValueError} for anything else; a MAC address is told how it becomes one
 */
export function parseClockId(text: string): string {
  const word = text.trim();
  if (word.toLowerCase() === 'traceable') return 'traceable';
  const digits = /^[0-9a-f]+(?:[-:.][0-9a-f]+)*$/i.test(word)
    ? word.replaceAll(/[-:.]/g, '').toUpperCase()
    : '';
  const spelled = (all: string): string => (all.match(/../g) ?? []).join('-');
  if (digits.length === 16) return spelled(digits);
  const example = '00-1D-C1-FF-FE-12-00-A3';
  const advice =
    digits.length === 12
      ? `that is a MAC address; its clock is mostly ${spelled(`${digits.slice(0, 6)}FFFE${digits.slice(6)}`)}`
      : `write its 8 bytes, like ${example}, or "traceable"`;
  throw new InvalidValueError(`"${text}" is not the identity of a PTP clock: ${advice}`);
}
