import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { USER_SHAPES } from '../json-shapes.ts';
import { ACCESS_HELP, collect } from './conference-options.ts';

export interface UserPublishOptions {
  readonly phone?: string;
  readonly email?: string;
  readonly givenName?: string;
  readonly surname?: string;
  readonly location?: string;
  readonly comment?: string;
  readonly tel?: readonly string[];
  readonly address?: readonly string[];
  readonly port?: string;
  readonly audio: boolean;
  readonly video?: boolean;
  readonly inCall?: boolean;
  readonly unlisted?: boolean;
  readonly ttl?: string;
  readonly acl?: string;
  readonly sddl?: string;
  readonly keepAlive?: boolean;
  readonly json?: boolean;
}

export interface UserListOptions {
  readonly phone?: string;
  readonly filter?: string;
  readonly unlisted?: boolean;
  readonly long?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
}

export interface UserShowOptions {
  readonly phone?: string;
  readonly json?: boolean;
}

const WHICH_COMPUTER = "which of the user's computers";

/** `user` and what can be done with users. */
export function userCommand(ctx: CliContext): Command {
  const command = new Command('user').description('Publish and find users: who is reached at which computer');
  for (const make of [publishCommand, listCommand, showCommand, deleteCommand]) {
    command.addCommand(make(ctx));
  }
  return addHelp(command, {
    examples: [
      'rendezvous user publish --keep-alive',
      'rendezvous user list "al*"',
      'rendezvous user show alice',
      'rendezvous user delete alice',
    ],
    text: `A user is a name at a computer; the same name at two computers is two entries. In a locator service both entries
that its clients expect are made: the person, and the application that takes the calls.`,
    json: USER_SHAPES,
  });
}

function publishCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('publish')
      .description('Publish a user, so that others can look the user up and call')
      .argument('[name]', 'default: the user of this computer')
      .option('--phone <host>', 'computer at which the user is reached; default: this one')
      .option('--email <address>', 'e-mail address')
      .option('--given-name <text>', 'first name')
      .option('--surname <text>', 'family name')
      .option('--location <text>', 'where the user is')
      .option('--comment <text>', 'anything else')
      .option('--tel <number>', 'telephone number; repeatable', collect)
      .option(
        '--address <ip>',
        "IP address of the computer; repeatable; default: this computer's own",
        collect,
      )
      .option('--port <port>', 'port at which calls are taken (default: 1720)')
      .option('--no-audio', 'takes part without sound')
      .option('--video', 'takes part with pictures')
      .option('--in-call', 'is in a call at the moment')
      .option('--unlisted', 'in no list, only found by the whole name')
      .option('--ttl <time>', 'how long the directory keeps the entry, at least 5m (default: 30m)')
      .option('--acl <list>', 'who may do what, like everyone:read,owner:all')
      .addOption(new Option('--sddl <text>', 'the same as a security descriptor in SDDL').conflicts('acl'))
      .option('--keep-alive', 'stay, keep the entry alive, and remove it on Ctrl-C')
      .option('--json', 'print the user as JSON')
      .action(async (name: string | undefined, options: UserPublishOptions) => {
        const { runUserPublish } = await import('../run/user-publish.ts');
        await runUserPublish(ctx, name, options);
      }),
    {
      examples: [
        'rendezvous user publish',
        'rendezvous user publish --keep-alive --comment "back at 3"',
        'rendezvous user publish alice --phone desk.example.org --email alice@example.org --video',
      ],
      text: `Publishing a user again at the same computer takes the place of what was published before; this is also how
to change something. The computer of a published user cannot be changed, since nobody can know whether the other one is
still running: delete the user there.

${ACCESS_HELP}`,
    },
  );
}

function listCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('list')
      .description('List users')
      .argument('[pattern]', 'only names that fit; * stands for any text')
      .option('--phone <host>', 'only users of this computer')
      .option('--filter <filter>', 'only entries that this LDAP filter (RFC 4515) fits')
      .option('--unlisted', 'also those who are to be in no list')
      .option('-l, --long', 'more columns')
      .option('--json', 'print a JSON array')
      .addOption(
        new Option('--ndjson', 'print one JSON object per line, as they are found').conflicts('json'),
      )
      .action(async (pattern: string | undefined, options: UserListOptions) => {
        const { runUserList } = await import('../run/user-list.ts');
        await runUserList(ctx, pattern, options);
      }),
    {
      examples: ['rendezvous user list', 'rendezvous user list "al*"', 'rendezvous user list --json'],
      text: `In a pipe: fields between tabs, no header: name, computer, address, e-mail, state, and with --long given name,
surname, location, comment, telephone, port, capabilities, expiry, DN; at the end the directory.`,
    },
  );
}

function showCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('show')
      .description('Show one user')
      .argument('<name>', 'which user')
      .option('--phone <host>', `${WHICH_COMPUTER}; default: the one that was heard of last`)
      .option('--json', 'print a JSON object')
      .action(async (name: string, options: UserShowOptions) => {
        const { runUserShow } = await import('../run/user-show.ts');
        await runUserShow(ctx, name, options);
      }),
    {
      examples: ['rendezvous user show alice', 'rendezvous user show alice --phone desk.example.org --json'],
      text: `In a pipe: name of the field, tab, value, one field to a line; names as in the JSON. What the user can be
called by stands behind the words phone, email, domain and ip.`,
    },
  );
}

function deleteCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('delete')
      .description('Remove a user from the directory')
      .argument('<name>', 'which user')
      .option('--phone <host>', WHICH_COMPUTER)
      .action(async (name: string, options: { readonly phone?: string }) => {
        const { runUserDelete } = await import('../run/user-delete.ts');
        await runUserDelete(ctx, name, options);
      }),
    { examples: ['rendezvous user delete alice', 'rendezvous user delete alice --phone desk.example.org'] },
  );
}
