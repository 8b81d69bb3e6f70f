import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { SERVE_SHAPES } from '../json-shapes.ts';
import { collect } from './conference-options.ts';

export interface ServeOptions {
  readonly listen?: readonly string[];
  readonly anonymousWrite?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly requireTls?: boolean;
  readonly limit?: readonly string[];
  readonly legacy?: boolean;
  readonly sweep?: readonly string[];
  /** True for the default place. */
  readonly metrics?: string | true;
  readonly madcap?: boolean;
  readonly madcapInterface?: readonly string[];
  readonly madcapPort?: string;
  readonly sap?: boolean;
  readonly sapInterface?: readonly string[];
  readonly sapScope?: readonly string[];
  /** False for not to import. */
  readonly sapImport?: boolean;
  /** False for not to announce. */
  readonly sapAnnounce?: boolean;
  readonly sapName?: string;
  readonly sapDirectory?: string;
  readonly json?: boolean;
}

export function serveCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('serve')
      .description('Offer the directory of this computer to others, over LDAP')
      .option(
        '--listen <url>',
        'where to listen, ldap://, ldaps:// or ldapi://, repeatable (default: ldap://127.0.0.1:1389)',
        collect,
      )
      .option('--anonymous-write', 'let clients that did not bind change the directory')
      .option('--tls-cert <file>', 'certificate of this service, and those above it (PEM): offers TLS')
      .option('--tls-key <file>', 'its key (PEM)')
      .option('--tls-ca <file>', 'certificates (PEM) that those of clients must be signed by')
      .option('--require-tls', 'take no passwords in the clear from other computers')
      .option('--limit <name=number>', 'change a limit, repeatable; docs/operations.md lists them', collect)
      .option('--no-legacy', 'do nothing special for locator clients of the 1990s such as NetMeeting')
      .option(
        '--sweep <directory>',
        'also remove what is over from this other directory, every minute, repeatable; named as for --directory',
        collect,
      )
      .option('--metrics [host:port]', 'offer counters to Prometheus (default: 127.0.0.1:9389)')
      .option('--madcap', 'also lease group addresses to others (MADCAP)')
      .option(
        '--madcap-interface <interface>',
        'where, by name or address, repeatable (default: all but loopback); implies --madcap',
        collect,
      )
      .option('--madcap-port <port>', 'another port than 2535, for tests; implies --madcap')
      .option('--sap', 'also carry session announcements (SAP) into the directory, and conferences out of it')
      .option(
        '--sap-interface <interface>',
        'listen and announce here, by name or address, repeatable (default: all but loopback); implies --sap',
        collect,
      )
      .option(
        '--sap-scope <scope>',
        'carry only these scopes: local, site, region, world, with commas or repeatable (default: all)',
        collect,
      )
      .option('--no-sap-import', 'do not copy what is announced into the directory')
      .option('--no-sap-announce', 'do not announce conferences of the directory')
      .option('--sap-name <name>', 'name of this gateway, in its copies (default: the name of this computer)')
      .option(
        '--sap-directory <directory>',
        'carry between announcements and this other directory; named as for --directory; implies --sap',
      )
      .option('--json', 'print events as JSON, one object per line')
      .action(async (options: ServeOptions) => {
        const { runServe } = await import('../run/serve.ts');
        await runServe(ctx, options);
      }),
    {
      examples: [
        'rendezvous serve',
        'rendezvous serve --listen ldap://0.0.0.0:1389 --tls-cert cert.pem --tls-key key.pem --require-tls',
        'rendezvous serve --listen ldapi://%2Frun%2Frendezvous%2Fldapi',
        'rendezvous serve --metrics 127.0.0.1:9389',
        'rendezvous serve --madcap --madcap-interface eth0',
        'rendezvous serve --sap --sap-interface eth0 --sap-scope site,region',
        'rendezvous list --directory ldap://127.0.0.1:1389',
      ],
      text: `It serves the store of --data-dir until it is interrupted; commands that use the store directly may run beside it.
Everyone who can reach it may read the directory. Changes are for those who log in: the accounts made by \`rendezvous
account\`, client certificates that --tls-ca vouches for, users of this computer by a local socket, and the administrator
that --bind-dn and --password-file name; with --anonymous-write for everyone. NetMeeting can do no better than anonymous.
A directory to --sweep is asked with the account that the configuration file gives it. The certificate is read again when
its files change, and at SIGHUP. Port 0 takes any free port. The same counters are below cn=Monitor, for those who have
logged in. With --madcap programs of this network lease group addresses from it: of the scopes in the configuration file
(\`[[madcap.scopes]]\`), else of the local and the organization's scope. Leases are in the data directory.

With --sap announced sessions are conferences of the directory, marked with their origin, for as long as they are announced;
and conferences that everybody may read, that have multicast groups and no keys, are announced as far as their scope goes: site
to 239.255.255.255, region to 239.195.255.255, world to 224.2.127.254, IPv6 by its scope. What has TTL 1 is not announced:
announcements cross routers. Copies are never announced, so that gateways may be many. When it ends, nothing is deleted: the
conferences go on. --sap-directory is written with the account that the configuration file gives it, and read as anybody.`,
      json: SERVE_SHAPES,
    },
  );
}
