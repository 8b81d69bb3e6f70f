import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface InviteOptions {
  readonly phone?: string;
  readonly sdp?: string;
  readonly ical?: boolean;
  readonly json?: boolean;
}

export function inviteCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('invite')
      .description('Print what to send to somebody who is to take part')
      .argument('<name>', 'which conference')
      .argument('[to]', 'a user of the directory, or an e-mail address')
      .option('--phone <host>', "which of the user's computers")
      .option('--sdp <file>', 'write the session description to a file too, to send along')
      .addOption(new Option('--ical', 'print an iCalendar request instead, to attach to a mail'))
      .addOption(new Option('--json', 'print a JSON object').conflicts('ical'))
      .action(async (conference: string, user: string | undefined, options: InviteOptions) => {
        const { runInvite } = await import('../run/invite.ts');
        await runInvite(ctx, conference, user, options);
      }),
    {
      examples: [
        'rendezvous invite "Morning round" alice',
        'rendezvous invite Lecture ann@example.org --sdp Lecture.sdp',
        'rendezvous invite Lecture ann@example.org --ical > invitation.ics',
      ],
      text: `Nothing is sent: the directory has no way to ring at somebody's. The text says when it takes place, how to join,
and where the entry is; in a directory that only this computer reaches, send the session description along. For a user of
the directory it also says by what the user can be called.`,
      json: [
        {
          title: 'An invitation',
          fields: [
            ['conference', 'string', 'name of the conference'],
            ['text', 'string', 'what to send'],
            ['join', 'string', 'command line that joins'],
            [
              'link',
              'string or null',
              'LDAP URL of the entry; null when only this computer reaches the directory',
            ],
            ['sdp', 'string', 'the session description'],
            [
              'mailto',
              'string or null',
              'URL that opens a mail with the text; null without an e-mail address',
            ],
            ['user', 'object or null', 'the user, as `user show` prints it'],
            ['call', 'array of objects', 'what the user can be called by, each with `type` and `address`'],
          ],
        },
      ],
    },
  );
}
