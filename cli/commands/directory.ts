import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { DIRECTORY_SHAPES } from '../json-shapes.ts';

export interface DirectoryListOptions {
  readonly json?: boolean;
  readonly ndjson?: boolean;
}

/** `directory` and what can be asked about directories. */
export function directoryCommand(ctx: CliContext): Command {
  const list = addHelp(
    new Command('list')
      .description('Show in which directories is looked, and whether they answer')
      .option('--json', 'print a JSON array')
      .addOption(new Option('--ndjson', 'print one JSON object per line').conflicts('json'))
      .action(async (options: DirectoryListOptions) => {
        const { runDirectoryList } = await import('../run/directory-list.ts');
        await runDirectoryList(ctx, options);
      }),
    {
      examples: ['rendezvous directory list', 'rendezvous directory list --directory dns:example.org --json'],
      json: DIRECTORY_SHAPES,
      text: `In a pipe: fields between tabs: name, state (up or down), server, kind, origin, URL, trouble. The first one is where
create publishes. The exit status is 0 when one of them answers.`,
    },
  );
  return addHelp(
    new Command('directory').alias('dir').description('See in which directories is looked').addCommand(list),
    {
      examples: ['rendezvous directory list'],
      json: DIRECTORY_SHAPES,
      text: `Without --directory these are the [[directories]] of the configuration file, what its domain publishes in the DNS, and
the one on this computer, in this order. Several URLs of one directory are servers that hold the same: when one is lost
the next takes over. A host without a port is tried at 1002, 389 and, with TLS, 636.`,
    },
  );
}
