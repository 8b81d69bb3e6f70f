import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { DOCTOR_SHAPES } from '../doctor/shapes.ts';

export interface DoctorOptions {
  readonly group?: string;
  readonly interface?: string;
  readonly json?: boolean;
}

export function doctorCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('doctor')
      .description('Check whether multicast, marking, sound and the directory work here')
      .option('--group <addr[:port]>', 'check with this group instead of a random one')
      .option('--interface <if>', 'check this network interface')
      .option('--json', 'print the checks as JSON')
      .action(async (options: DoctorOptions) => {
        const { runDoctor } = await import('../run/doctor.ts');
        await runDoctor(ctx, options);
      }),
    {
      examples: [
        'rendezvous doctor',
        'rendezvous doctor --directory ldaps://directory.example.org',
        'rendezvous doctor --group 239.255.10.1:5004 --interface eth1',
      ],
      json: DOCTOR_SHAPES,
      text: `It joins a group, sends a few packets of a byte each to it, and writes and removes a test entry in each directory that
is looked in. What is wrong with a directory is told in the order in which one gets there: name, connection, TLS, bind,
schema, rights, expiry, clock, limits; mend the first one first.
The exit status is 1 when a check fails.`,
    },
  );
}
