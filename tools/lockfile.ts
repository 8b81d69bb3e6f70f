/**
 * Completes `package-lock.json`: every platform package that a dependency names among its optional dependencies gets an
 * entry. npm writes none for a package that the registry it used did not carry, and then `npm ci` refuses the whole
 * lock, also on machines that would never install that package.
 *
 * `node tools/lockfile.ts` writes what is missing, `--check` only says whether something is.
 */
import { readFileSync, writeFileSync } from 'node:fs';

export interface LockEntry {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  license?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  engines?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
export interface Lockfile {
  packages: Record<string, LockEntry>;
}

/** `[location, entry]` of each optional dependency that some package names and the lock does not hold. */
export function missingOptionalEntries(lock: Lockfile): [string, LockEntry][] {
  return Object.entries(lock.packages).flatMap(([location, { optionalDependencies = {}, ...parent }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !findInstalled(lock, location, name))
      .map(([name, version]): [string, LockEntry] => [
        `node_modules/${name}`,
        {
          version,
          ...platformOf(name),
          ...(parent.dev && { dev: true }),
          ...(parent.license !== undefined && { license: parent.license }),
          optional: true,
          ...(parent.engines && { engines: parent.engines }),
        },
      ]),
  );
}

/** Looks a package up as Node does: beside the dependent, then in each folder above it. */
function findInstalled(lock: Lockfile, location: string, name: string): boolean {
  for (
    let folder = location;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
  ) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '' || !folder.includes('node_modules/')) {
      return lock.packages[`node_modules/${name}`] !== undefined;
    }
  }
}

/** What `…/cli-linux-x64-musl` or `…/binding-win32-arm64-msvc` says about the machine it is for. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const found =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(.*))?$/.exec(
      name,
    );
  if (!found?.[1] || !found[2]) {
    throw new Error(
      `${name} is missing from package-lock.json and its name does not say which platform it is for`,
    );
  }
  const abi = found[3] ?? '';
  const libc =
    found[1] !== 'linux'
      ? undefined
      : abi.startsWith('musl')
        ? 'musl'
        : abi.startsWith('gnu')
          ? 'glibc'
          : undefined;
  return { cpu: [found[2]], os: [found[1]], ...(libc && { libc: [libc] }) };
}

if (import.meta.main) {
  const path = new URL('../package-lock.json', import.meta.url);
  const lock: Lockfile = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingOptionalEntries(lock);
  if (process.argv.includes('--check')) {
    for (const [location] of missing) console.error(`package-lock.json lacks ${location}`);
    if (missing.length > 0) console.error('Run: node tools/lockfile.ts');
    process.exitCode = missing.length > 0 ? 1 : 0;
  } else if (missing.length > 0) {
    const packages = Object.fromEntries(
      [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
    console.log(`Added ${missing.length} platform packages to package-lock.json`);
  }
}
