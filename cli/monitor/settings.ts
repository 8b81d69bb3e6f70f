import type { Severity } from '../../conference/monitor/index.ts';
import { dscpByName } from '../../src/net/index.ts';
import type { MonitorOptions } from '../commands/monitor.ts';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { parseMetricsPlace } from '../run/serve.ts';

export interface MonitorSettings {
  /** Milliseconds; undefined goes on until it is interrupted. */
  readonly onceMs: number | undefined;
  readonly failOn: Severity;
  readonly everyMs: number;
  readonly dscp: number | undefined;
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
}

const DEFAULT_METRICS = '127.0.0.1:9390';

/** @throws {UsageError} when options do not go together, or cannot be understood */
export function readMonitorSettings(names: readonly string[], options: MonitorOptions): MonitorSettings {
  const { all = false, once, failOn, every, dscp, metrics, json = false, matrix = false } = options;
  if (all && names.length > 0) throw new UsageError('Give names or --all, not both');
  if (!all && names.length === 0) {
    throw new UsageError('Watch what? Give names of conferences, files with descriptions, or --all');
  }
  if (failOn !== undefined && once === undefined) throw new UsageError('--fail-on goes with --once');
  if (matrix && once === undefined && !json) {
    throw new UsageError('--matrix goes with --once or --json; on a terminal press m');
  }
  return {
    onceMs: once === undefined ? undefined : parseDuration(once, 's'),
    failOn: failOn === 'info' || failOn === 'error' ? failOn : 'warning',
    everyMs: Math.max(1000, parseDuration(every ?? '10s', 's')),
    dscp: dscp === undefined ? undefined : parseDscp(dscp),
    metrics:
      metrics === undefined ? undefined : parseMetricsPlace(metrics === true ? DEFAULT_METRICS : metrics),
  };
}

/** A number, or a name. @throws {UsageError} */
export function parseDscp(text: string): number {
  const value = /^\d+$/.test(text) && Number(text) <= 63 ? Number(text) : dscpByName(text);
  if (value !== undefined) return value;
  throw new UsageError(`"${text}" is no DSCP: write 0 to 63, or EF, AF41, CS5, BE`);
}
