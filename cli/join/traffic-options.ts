import type { JoinRequest } from '../../conference/index.ts';
import { dscpByName } from '../../src/net/index.ts';
import type { JoinOptions } from '../commands/join.ts';
import { UsageError } from '../errors.ts';

/** How what is sent is marked. @throws {UsageError} when a value cannot be used */
export function readTrafficSettings(
  given: Pick<JoinOptions, 'qos' | 'dscp' | 'socketPriority' | 'socketMark'>,
): Pick<JoinRequest, 'dscp' | 'labels'> {
  const { dscp, socketPriority, socketMark } = given;
  if (dscp !== undefined && given.qos === 'best-effort') {
    throw new UsageError('--qos best-effort marks nothing: leave it out, or leave out --dscp');
  }
  const labels = {
    ...(socketPriority === undefined
      ? {}
      : { priority: integer('socket-priority', socketPriority, 0x7fffffff) }),
    ...(socketMark === undefined ? {} : { mark: integer('socket-mark', socketMark, 0xffffffff) }),
  };
  return {
    ...(dscp === undefined ? {} : { dscp: dscpByName(dscp) ?? codePoint(dscp) }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

function codePoint(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 63) return value;
  throw new UsageError(
    `--dscp cannot be "${text}": use a name (EF, AF41, CS5, LE, DF) or a number from 0 to 63`,
  );
}

/** Decimal, or hexadecimal with 0x as nft and ip rule show marks. */
function integer(name: string, text: string, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new UsageError(`--${name} cannot be "${text}": use a number from 0 to ${most}`);
}
