/**
 * Makes sure that the programs our tests hold us against are there: OpenLDAP, ffmpeg, GStreamer, tshark and so on.
 * As root on a Debian or Ubuntu machine it installs what is missing; anywhere else it says what to install.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Debian package → a command that it brings, for machines without dpkg. */
const PACKAGES: Readonly<Record<string, string>> = {
  '389-ds-base': 'ns-slapd',
  'espeak-ng': 'espeak-ng',
  ethtool: 'ethtool',
  ffmpeg: 'ffmpeg',
  'gstreamer1.0-libav': 'gst-launch-1.0',
  'gstreamer1.0-plugins-bad': 'gst-launch-1.0',
  'gstreamer1.0-plugins-base': 'gst-launch-1.0',
  'gstreamer1.0-plugins-good': 'gst-launch-1.0',
  'gstreamer1.0-tools': 'gst-launch-1.0',
  iproute2: 'ip',
  'ldap-utils': 'ldapsearch',
  ldapvi: 'ldapvi',
  'libnet-ldap-perl': 'perl',
  'libsasl2-modules': 'ldapsearch',
  minisapserver: 'sapserver',
  nftables: 'nft',
  openssl: 'openssl',
  pipewire: 'pipewire',
  'pipewire-bin': 'pw-cli',
  procps: 'ps',
  pulseaudio: 'pulseaudio',
  'pulseaudio-utils': 'pactl',
  'python3-icalendar': 'python3',
  'python3-ldap3': 'python3',
  'python3-recurring-ical-events': 'python3',
  'python3-samba': 'python3',
  samba: 'samba',
  'samba-ad-dc': 'samba',
  'samba-ad-provision': 'samba',
  slapd: 'slapd',
  smcroute: 'smcrouted',
  sox: 'sox',
  sqlite3: 'sqlite3',
  systemd: 'systemd-analyze',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  'util-linux': 'unshare',
  'vlc-bin': 'vlc',
  'vlc-plugin-base': 'vlc',
};
/** Tools of the system administrator may be outside the PATH of a plain user. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

const names = Object.keys(PACKAGES);
const missing = hasCommand('dpkg-query')
  ? notInstalled(names)
  : names.filter((name) => !hasCommand(PACKAGES[name] ?? ''));
if (missing.length > 0) provide(missing);

function hasCommand(command: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(`${folder}/${command}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function notInstalled(packages: readonly string[]): string[] {
  const format = '${Package} ${db:Status-Status}\n';
  const listed = spawnSync('dpkg-query', ['-W', '-f', format, ...packages], { encoding: 'utf8' }).stdout;
  const installed = new Set(listed.split('\n').filter((line) => line.endsWith(' installed')));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

function provide(packages: readonly string[]): void {
  const line = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !hasCommand('apt-get')) {
    console.error(`The tests need programs that are not installed. As root:\n  ${line}`);
    process.exitCode = 1;
    return;
  }
  console.error(`Installing for the tests: ${packages.join(' ')}`);
  try {
    install(packages);
  } catch (error) {
    console.error(
      `Could not install them (${error instanceof Error ? error.message : String(error)}). Try:\n  ${line}`,
    );
    process.exitCode = 1;
  }
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): void => {
    execFileSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  // Tests start their own slapd in a folder of their own: the package shall neither configure nor start one.
  if (packages.includes('slapd') && hasCommand('debconf-set-selections')) {
    execFileSync('debconf-set-selections', { input: 'slapd slapd/no_configuration boolean true\n' });
  }
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n'); // "do not start services", read by Debian's install scripts
    chmodSync(policy, 0o755);
  }
  try {
    const args = ['install', '--yes', '--no-install-recommends', ...packages];
    try {
      apt(...args);
    } catch {
      apt('update'); // the package lists may be old or absent
      apt(...args);
    }
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
}
