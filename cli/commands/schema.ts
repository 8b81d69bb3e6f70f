import { Command, Option } from 'commander';
import type { SchemaFormat } from '../../directory/schema/index.ts';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

/** Written out: naming them shall load nothing. */
const FORMATS: readonly SchemaFormat[] = ['openldap-schema', 'openldap-ldif', '389ds', 'ad-ldif'];

export interface SchemaOptions {
  readonly format: SchemaFormat;
  readonly base?: string;
}

export function schemaCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('schema')
      .description('Print the LDAP schema for conferences and users, ready to load into a server')
      .addOption(
        new Option('--format <format>', 'for which kind of server').choices(FORMATS).makeOptionMandatory(),
      )
      .option(
        '--base <dn>',
        'with ad-ldif, DN of the root domain of the forest (default: DC=X, for ldifde -c)',
      )
      .action(async (options: SchemaOptions) => {
        const { runSchema } = await import('../run/schema.ts');
        runSchema(ctx, options);
      }),
    {
      examples: [
        'rendezvous schema --format openldap-schema > /etc/ldap/schema/rendezvous.schema',
        'rendezvous schema --format openldap-ldif | ldapadd -Y EXTERNAL -H ldapi:///',
        'rendezvous schema --format 389ds | ldapmodify -x -D "cn=Directory Manager" -W',
        'rendezvous schema --format ad-ldif > rendezvous.ldf',
      ],
      text: `Its OIDs are below a placeholder that is written once in each format: put a number of your own there before the
schema leaves your site. The comment at the top of each format says how to load it.`,
    },
  );
}
