import { execFile } from 'node:child_process';
import { getuid, platform } from 'node:process';
import { promisify } from 'node:util';
import { type FirewallRules, parseNftRuleset } from './nft-rules.ts';

const PATIENCE_MS = 3000;
const MOST_BYTES = 32 << 20;

/** The rules of this host's firewall; undefined where they cannot be read: not root, not Linux, no `nft`. Changes nothing. */
export async function readFirewall(): Promise<FirewallRules | undefined> {
  if (platform !== 'linux' || getuid?.() !== 0) return undefined;
  try {
    const { stdout } = await promisify(execFile)('nft', ['-j', 'list', 'ruleset'], {
      timeout: PATIENCE_MS,
      maxBuffer: MOST_BYTES,
    });
    return parseNftRuleset(stdout);
  } catch {
    return undefined;
  }
}
