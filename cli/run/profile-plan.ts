import type { Conference, Directory } from '../../directory/index.ts';
import {
  parseClockId,
  type Profile,
  PROFILES,
  type PtpReference,
  withProfile,
} from '../../src/sdp/profiles/index.ts';
import type { MediaInit } from '../../src/sdp/index.ts';
import type { CreateOptions } from '../commands/create.ts';
import type { CliContext } from '../context.ts';
import { FailedError, UsageError } from '../errors.ts';
import type { GroupSpec } from '../input/group.ts';
import type { MediaSpec } from '../input/media.ts';
import type { ConferencePlan } from './conference-plan.ts';

/** `create --profile` as values. */
export interface ProfilePlan {
  readonly profile: Profile;
  readonly clock: PtpReference | undefined;
  /** Second number of the groups, where the profile has one. */
  readonly prefix: readonly [number, number] | undefined;
}

/** Draws of a group before giving up. */
const ATTEMPTS = 16;

/** @throws {UsageError} when options of a profile are missing, wrong, or given without one */
export function readProfile(options: CreateOptions): ProfilePlan | undefined {
  const { profile: id, clockId, ptpDomain, dantePrefix, sdp } = options;
  const profile = PROFILES.find((it) => it.id === id);
  if (profile === undefined) {
    const lost = Object.entries({
      '--clock-id': clockId,
      '--ptp-domain': ptpDomain,
      '--dante-prefix': dantePrefix,
    });
    const [given] = lost.filter(([, value]) => value !== undefined);
    if (given !== undefined) throw new UsageError(`${given[0]} is for a profile: give --profile too`);
    return undefined;
  }
  if (sdp !== undefined) throw new UsageError('--sdp brings its own description: leave out --profile');
  const prefix =
    dantePrefix === undefined ? profile.prefix?.[1] : inRange('--dante-prefix', dantePrefix, 255);
  if (dantePrefix !== undefined && profile.prefix === undefined) {
    throw new UsageError(`--dante-prefix is for --profile dante, not for ${profile.id}`);
  }
  return {
    profile,
    clock: readClock(profile, clockId, ptpDomain),
    prefix: profile.prefix === undefined || prefix === undefined ? undefined : [profile.prefix[0], prefix],
  };
}

function readClock(
  { id, needsClock }: Profile,
  clockId: string | undefined,
  ptpDomain: string | undefined,
): PtpReference | undefined {
  if (!needsClock) {
    if (clockId === undefined && ptpDomain === undefined) return undefined;
    throw new UsageError(`--profile ${id} names no PTP clock: leave out --clock-id and --ptp-domain`);
  }
  if (clockId === undefined) {
    throw new UsageError(
      `--profile ${id} needs --clock-id, the PTP grandmaster that the sender follows: this program runs no PTP and cannot know it. Dante Controller shows it under Clock Status, linuxptp with "pmc -u 'GET TIME_STATUS_NP'"`,
    );
  }
  return {
    clockId: parseClockId(clockId),
    domain: ptpDomain === undefined ? 0 : inRange('--ptp-domain', ptpDomain, 127),
  };
}

function inRange(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d{1,3}$/.test(text) && number <= most) return number;
  throw new UsageError(`${option} "${text}" is not a number from 0 to ${most}`);
}

/** The plan with the medium of the profile, where no other was asked for. */
export function withProfileMedia(plan: ConferencePlan, asked: ProfilePlan | undefined): ConferencePlan {
  if (asked === undefined || plan.media !== undefined) return plan;
  return { ...plan, media: [{ kind: 'audio', formats: [asked.profile.format] }] };
}

/** Groups with the port of the profile, where no other was asked for. */
export function withProfilePorts(
  groups: readonly GroupSpec[],
  asked: ProfilePlan | undefined,
): readonly GroupSpec[] {
  return asked === undefined ? groups : groups.map((group) => ({ port: asked.profile.port, ...group }));
}

/**
 * The groups that are known: those given, and where the equipment takes only some addresses, one of these for each medium
 * behind. They are the equipment's own range, which nobody leases; the others are found as ever.
 */
export async function profileGroups(
  { host }: CliContext,
  directory: Directory,
  { media, groups }: { readonly media: readonly MediaSpec[]; readonly groups: readonly GroupSpec[] },
  asked: ProfilePlan | undefined,
): Promise<readonly GroupSpec[]> {
  if (asked?.prefix === undefined) return groups;
  const all = [...groups];
  while (all.length < media.length) {
    const address = await freeGroup(directory, asked.prefix, host.random);
    if (all.every((group) => group.address !== address)) all.push({ address });
  }
  return all;
}

/** A group that no conference in the directory uses, on whatever port. */
async function freeGroup(
  directory: Directory,
  prefix: readonly [number, number],
  random: () => number,
): Promise<string> {
  const { findGroupUsers } = await import('../../directory/index.ts');
  const number = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const address = [...prefix, number(0, 255), number(1, 254)].join('.');
    const [user] = await findGroupUsers(directory, address);
    if (user === undefined) return address;
  }
  throw new FailedError(`Found no free group after ${ATTEMPTS} draws: give one with --group`);
}

/** Media with what the profile asks for. */
export function dressed({ profile, clock }: ProfilePlan, media: readonly MediaInit[]): MediaInit[] {
  return media.map((medium) => withProfile(profile, clock, medium));
}

/** The address that this machine would send to the group from, for `o=`: equipment looks for no host names. */
export async function originAddress(group: string | undefined): Promise<string | undefined> {
  if (group === undefined) return undefined;
  const { systemNetwork } = await import('../../src/net/index.ts');
  return systemNetwork.sourceAddressFor(group);
}

/** What the description claims, and what other options made of the profile. */
export async function tellOfProfile(
  { err }: CliContext,
  { profile, clock }: ProfilePlan,
  { name, sdp }: Conference,
): Promise<void> {
  if (sdp === undefined) return;
  const { lintDescription, RECEIVERS } = await import('../../src/sdp/receivers/index.ts');
  const asked = RECEIVERS.filter(({ id }) => profile.receivers.includes(id));
  for (const { receiver, findings } of lintDescription(sdp, asked)) {
    for (const { severity, reason, advice } of findings) {
      if (severity !== 'warns') err.warn(`${receiver.title} ${severity} "${name}": ${reason}; ${advice}`);
    }
  }
  if (clock !== undefined) {
    const whose =
      clock.clockId === 'traceable'
        ? 'a clock traceable to UTC'
        : `the clock ${clock.clockId}, PTP domain ${clock.domain}`;
    err.note(
      `note: "${name}" says that its sender follows ${whose}. That is true only while the sender does: nothing here runs PTP.`,
    );
  }
  if (!profile.isOneWay) return;
  const here = lintDescription(
    sdp,
    RECEIVERS.filter(({ id }) => id === 'rendezvous'),
  );
  const own = here.some(({ verdict }) => verdict === 'refuses')
    ? '; it can be neither sent nor played from here'
    : '; "rendezvous join" hears it';
  err.note(`note: it describes what other equipment sends${own}.`);
}
