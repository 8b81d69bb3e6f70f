import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface ImportOptions {
  readonly atomic?: boolean;
  readonly replace?: boolean;
  readonly ignoreUnknown?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly legacy: boolean;
}

export function importCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('import')
      .description('Read LDIF into the directory of this computer')
      .argument('<file>', 'which file; - is standard input')
      .option('--atomic', 'import everything or, when anything is wrong, nothing')
      .option('--replace', 'replace entries that exist')
      .option('--ignore-unknown', 'leave out attributes and classes that the schema does not have')
      .option('--from <dn>', 'where the entries are in the file, such as dc=example,dc=com')
      .addOption(new Option('--to <dn>', 'where they go (default: o=Intranet); with --from'))
      .option('--no-legacy', 'take names of locator services of the 1990s as they are')
      .action(async (file: string, options: ImportOptions) => {
        const { runImport } = await import('../run/import.ts');
        await runImport(ctx, file, options);
      }),
    {
      examples: [
        'rendezvous import directory.ldif',
        'slapcat | rendezvous import --from dc=example,dc=com --ignore-unknown -',
        'rendezvous import --atomic --replace changes.ldif',
      ],
      text: `Entries keep their UUID, owner, times of change and access rights, and live as long as they had left; accounts get
their passwords where the export has the hashes. Records of changes are carried out. A record that cannot be imported is
named with its line, the others are imported, and the exit code is 1. With --atomic others cannot write meanwhile.`,
    },
  );
}
