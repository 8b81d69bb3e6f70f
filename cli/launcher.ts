import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The file that starts this program: beside this one in a checkout, two further up when compiled. */
export function launcherPath(): string {
  const here = new URL('rendezvous.js', import.meta.url);
  return fileURLToPath(existsSync(here) ? here : new URL('../../cli/rendezvous.js', import.meta.url));
}
