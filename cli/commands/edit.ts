import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { CONFERENCE_SHAPES } from '../json-shapes.ts';
import { addAllocationOptions, ALLOCATION_HELP, type AllocationOptions } from './allocation-options.ts';
import { ACCESS_HELP, addConferenceOptions, type ConferenceOptions } from './conference-options.ts';

export interface EditOptions extends ConferenceOptions, AllocationOptions {
  readonly rename?: string;
  readonly editor?: boolean;
  readonly rekey?: boolean | string;
}

export function editCommand(ctx: CliContext): Command {
  return addHelp(
    addAllocationOptions(
      addConferenceOptions(
        new Command('edit')
          .description('Change a published conference')
          .argument('<name>', 'which conference')
          .option('--rename <name>', 'call it this from now on')
          .option(
            '--rekey [time]',
            'give an encrypted conference another key, used after this time (default: 60s)',
          )
          .addOption(
            new Option('--editor', 'change the session description in $VISUAL or $EDITOR').conflicts('sdp'),
          ),
      ),
    ).action(async (name: string, options: EditOptions) => {
      const { runEdit } = await import('../run/edit.ts');
      await runEdit(ctx, name, options);
    }),
    {
      examples: [
        'rendezvous edit "Morning round" --stop +15m',
        'rendezvous edit Lecture --description "Chapter 4" --rename "Lecture 4"',
        'rendezvous edit Paging --sdp paging.sdp',
        'rendezvous edit Paging --editor',
        'rendezvous edit Council --acl authenticated:read,ann:read+join,owner:all --rekey',
      ],
      text: `Only what is given changes; the rest of the session description stays as it is, byte for byte, and its version is
raised. An empty value ("") removes a description, URL, e-mail address or telephone number. --media replaces all media;
each keeps the group and port of the one it takes the place of. What a gateway copied from elsewhere (its origin, in \`show\`) is changed where it comes from, not here.

With --rekey members learn the new key from the directory within half a minute, and use it from the same moment on. Nobody
loses a packet, and who may not join any more is out from then on: take him off --acl in the same command.

Other times renew the lease of its groups in the same step: when the server refuses nothing is changed, and when the
directory does, the lease is set back. Groups that it no longer has are given back.

${ALLOCATION_HELP}

${ACCESS_HELP}`,
      json: CONFERENCE_SHAPES,
    },
  );
}
