import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface ExportOptions {
  readonly base?: string;
  readonly operational: boolean;
  readonly withPasswords?: boolean;
  readonly withKeys?: boolean;
  readonly force?: boolean;
}

export function exportCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('export')
      .description('Write the directory of this computer as LDIF')
      .argument('[file]', 'where to; default standard output')
      .option('--base <dn>', 'only this entry and what is below it')
      .option('--no-operational', 'leave out who made an entry and when, its UUID and the time it has left')
      .option('--with-keys', 'write the keys of encrypted conferences too')
      .option('--with-passwords', 'write hashes of the passwords of accounts too')
      .option('--force', 'replace a file that is there')
      .action(async (file: string | undefined, options: ExportOptions) => {
        const { runExport } = await import('../run/export.ts');
        await runExport(ctx, file, options);
      }),
    {
      examples: [
        'rendezvous export directory.ldif',
        'rendezvous export --no-operational --base ou=Dynamic,o=Intranet | ldapadd -x -D cn=admin,o=Intranet -W',
        'rendezvous export | ssh other rendezvous import -',
      ],
      text: `Each entry comes after the one above it, so that any server can take them in this order. Other servers refuse
operational attributes in an add: leave them out for those. Access rights are in ntSecurityDescriptor.`,
    },
  );
}
