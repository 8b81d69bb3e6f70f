import { EncodeError } from '../errors.ts';
import { MADCAP_OPTION, type MadcapMessageType } from './constants.ts';
import type { MadcapMessage } from './message.ts';
import { type MadcapOptionName, type MadcapOptions, OPTION_CODECS, OPTION_NAMES } from './options.ts';

/** Messages as the table of options tells them apart: an ACK by what it answers. */
export const MADCAP_MESSAGE_KINDS = [
  'getinfo',
  'ack to getinfo',
  'discover',
  'offer',
  'request',
  'ack to request',
  'renew',
  'ack to renew',
  'release',
  'ack to release',
  'nak',
] as const;
export type MadcapMessageKind = (typeof MADCAP_MESSAGE_KINDS)[number];

/**
 * Which option belongs where (RFC 2730 §3, table 5; the last row RFC 2907 §5), a letter for each of
 * {@link MADCAP_MESSAGE_KINDS}: M must, O may, - must not. A REQUEST must name its server when it is multicast.
 */
const PLACEMENT: Readonly<Record<MadcapOptionName, string>> = {
  leaseTime: '--OMOMOM---',
  serverIdentifier: '-M-MOM-M-MM',
  leaseIdentifier: 'MMMMMMMMMMM',
  scope: '--MMMM-M---',
  optionRequestList: 'M----------',
  startTime: '--OOOOOO---',
  addressCount: '--O-O------',
  language: 'O----------',
  scopeList: '-O---------',
  addressRanges: '--OOOM-M---',
  currentTime: '-OOOOOOO---',
  featureList: 'OOOOOOOOOOO',
  retryTime: '-----O-O---',
  minimumLeaseTime: '--O-O-O----',
  maximumStartTime: '--O-O-O----',
  error: '----------M',
  nesting: '-O---------',
};

export type OptionRule = 'must' | 'may' | 'must not';
const RULE: Readonly<Record<string, OptionRule>> = { M: 'must', O: 'may', '-': 'must not' };

export function optionRule(name: MadcapOptionName, kind: MadcapMessageKind): OptionRule {
  return RULE[PLACEMENT[name][MADCAP_MESSAGE_KINDS.indexOf(kind)] ?? '-'] ?? 'must not';
}

/** What kind of message it is; an ACK needs to be told what it answers. */
export function messageKind(
  type: MadcapMessageType,
  answerTo: 'getinfo' | 'request' | 'renew' | 'release',
): MadcapMessageKind {
  return type === 'ack' ? `ack to ${answerTo}` : type;
}

/** Something that speaks against a message. */
export interface PlacementProblem {
  readonly name: MadcapOptionName;
  readonly code: number;
  /** A must is missing or a value makes no sense; else an option is where it may not be, which a receiver overlooks. */
  readonly isFatal: boolean;
  readonly problem: string;
}

/**
 * What is wrong with the options of a message, by the table and by what they need of each other.
 *
 * @param multicast whether the message goes, or came, to a group
 */
export function placementProblems(
  kind: MadcapMessageKind,
  options: MadcapOptions,
  multicast = false,
): PlacementProblem[] {
  const problems: PlacementProblem[] = [];
  const add = (name: MadcapOptionName, problem: string, isFatal = true): void => {
    problems.push({ name, code: MADCAP_OPTION[name], isFatal, problem });
  };
  for (const { name } of OPTION_CODECS) {
    const rule = optionRule(name, kind);
    if (options[name] === undefined) {
      if (rule === 'must') add(name, 'is missing');
    } else if (rule === 'must not') add(name, `does not belong into ${kind}`, false);
  }
  if (kind === 'request' && multicast && options.serverIdentifier === undefined) {
    add('serverIdentifier', 'is missing in a multicast request');
  }
  valueProblems(options, add);
  return problems;
}

/** RFC 2730 §3.6, §3.8, §3.10, §3.12, §3.14, §3.16: what the values need of each other. */
function valueProblems(
  { addressCount, currentTime, startTime, retryTime, maximumStartTime, leaseTime, ...rest }: MadcapOptions,
  add: (name: MadcapOptionName, problem: string) => void,
): void {
  if (currentTime === undefined && [startTime, retryTime, maximumStartTime].some((it) => it !== undefined)) {
    add('currentTime', 'is missing beside another time');
  }
  if (
    addressCount !== undefined &&
    (addressCount.minimum < 1 || addressCount.minimum > addressCount.desired)
  ) {
    add('addressCount', `wants ${addressCount.minimum} to ${addressCount.desired} addresses`);
  }
  if (startTime !== undefined && maximumStartTime !== undefined && maximumStartTime < startTime) {
    add('maximumStartTime', 'is before the start time');
  }
  if (leaseTime !== undefined && rest.minimumLeaseTime !== undefined && rest.minimumLeaseTime > leaseTime) {
    add('minimumLeaseTime', 'is longer than the lease time');
  }
  const { scopeList, nesting } = rest;
  if (nesting !== undefined && scopeList === undefined) add('nesting', 'came without a scope list');
  if (nesting !== undefined && scopeList !== undefined && nesting.length !== scopeList.length) {
    add('nesting', `is of ${nesting.length} scopes, the list of ${scopeList.length}`);
  }
  if (scopeList !== undefined && new Set(scopeList.map(({ first }) => first)).size !== scopeList.length) {
    add('scopeList', 'has a scope twice');
  }
}

/**
 * Holds a message of our own against the table before it is written.
 *
 * @throws {EncodeError} when an option is missing or does not belong there
 */
export function requirePlacement(
  { type, options }: MadcapMessage,
  answerTo: 'getinfo' | 'request' | 'renew' | 'release' = 'request',
  multicast = false,
): void {
  const [first] = placementProblems(messageKind(type, answerTo), options, multicast);
  if (first !== undefined) throw new EncodeError('MADCAP', first.name, first.problem);
}

/** The options without those that do not belong into such a message: as if they had not come. */
export function wellPlaced(kind: MadcapMessageKind, options: MadcapOptions): MadcapOptions {
  return Object.fromEntries(
    OPTION_NAMES.filter((name) => options[name] !== undefined && optionRule(name, kind) !== 'must not').map(
      (name) => [name, options[name]],
    ),
  );
}

/** What a GETINFO may ask for (RFC 2730 §3.6). */
export const REQUESTABLE_OPTIONS: readonly number[] = [MADCAP_OPTION.scopeList, MADCAP_OPTION.nesting];
