import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Ran, runCli, type RunOptions } from './host.ts';

export interface CliOnData {
  /** The data directory of the test that runs. */
  readonly path: (name?: string) => string;
  /** Runs a command line on it. */
  readonly cli: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** Runs what must succeed. */
  readonly ok: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
}

/** Gives each test of the file that calls it a data directory of its own. */
export function cliOnData(defaults: RunOptions): CliOnData {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rendezvous-cli-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const cli = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
    runCli([...args, '--data-dir', dir], { ...defaults, ...options });
  return {
    path: (name = '') => join(dir, name),
    cli,
    async ok(args, options) {
      const ran = await cli(args, options);
      expect(ran.err).not.toContain('rendezvous:');
      expect(ran.code).toBe(0);
      return ran;
    },
  };
}
