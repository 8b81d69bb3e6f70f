import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Applies LDIF with changetypes by OpenLDAP's ldapmodify. @throws {Error} with what it says */
export async function runLdif(url: string, dn: string, password: string, ldif: string): Promise<void> {
  const running = promisify(execFile)('ldapmodify', ['-x', '-H', url, '-D', dn, '-w', password], {
    timeout: 40_000,
  });
  running.child.stdin?.end(ldif);
  try {
    await running;
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`ldapmodify ${url}: ${words}`, { cause: error });
  }
}
