import { type Command, Option } from 'commander';

/** Where the groups of a conference come from. */
export interface AllocationOptions {
  readonly madcap?: string;
  readonly local?: boolean;
}

export function addAllocationOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--madcap <host[:port]>',
        'lease groups from this MADCAP server; "find" looks for one on the network',
      ).conflicts('local'),
    )
    .option('--local', 'lease groups from no server: draw them on this computer');
}

/** What `create` and `edit` say of it in their help. */
export const ALLOCATION_HELP = `Groups that are not given are leased for as long as the conference lasts: from the MADCAP server of --madcap or of the
configuration file; drawn on this computer with --local or allocation = "local", and where the directory of this computer
is used alone; else from a server that is found on the network within two seconds. Nothing is drawn because no server
answers.`;
