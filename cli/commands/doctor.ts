import { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { DOCTOR_SHAPES } from '../doctor/shapes.ts';

export interface DoctorOptions {
  readonly group?: string;
  readonly interface?: string;
  readonly listen?: boolean;
  readonly probe?: string;
  readonly port?: string;
  readonly ttl?: string;
  readonly dscp?: string;
  readonly count?: string;
  readonly duration?: string;
  readonly json?: boolean;
}

export function doctorCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('doctor')
      .description('Check whether multicast, marking, sound and the directory work here')
      .argument('[what]', 'listen to a conference, file or GROUP:PORT instead, and tell who sends there')
      .option('--group <addr[:port]>', 'check with this group instead of a random one')
      .option('--interface <if>', 'check this network interface')
      .addOption(
        new Option('--probe <host>', 'send to that host and back, where doctor --listen runs').conflicts(
          'listen',
        ),
      )
      .option('--listen', 'answer the probes of other hosts')
      .option('--port <port>', 'UDP port on which --listen is asked (default: 57171)')
      .option('--ttl <n>', 'with --probe: TTL of the packets (default: 15)')
      .option('--dscp <n>', 'with --probe: DSCP of the packets (default: 46)')
      .option('--count <n>', 'with --probe: packets each way (default: 50)')
      .option('--duration <time>', 'how long to listen (default: 5s; with --listen until interrupted)')
      .option('--json', 'print the checks as JSON')
      .action(async (what: string | undefined, options: DoctorOptions) => {
        const { runDoctor } = await import('../run/doctor.ts');
        await runDoctor(ctx, what, options);
      }),
    {
      examples: [
        'rendezvous doctor',
        'rendezvous doctor --directory ldaps://directory.example.org',
        'rendezvous doctor --group 239.255.10.1:5004 --interface eth1',
        'rendezvous doctor 239.255.10.1:5004 --duration 30s',
        'rendezvous doctor --listen',
        'rendezvous doctor --probe studio.example.org --ttl 31',
      ],
      json: DOCTOR_SHAPES,
      text: `It joins a group, sends a few packets of a byte each to it, and writes and removes a test entry in each directory that
is looked in. What is wrong with a directory is told in the order in which one gets there: name, connection, TLS, bind,
schema, rights, expiry, clock, limits; mend the first one first.
The exit status is 1 when a check fails.

Given a conference or a group, it listens there and tells who sends, with loss, TTL and DSCP; whether several senders are in
each other's way; and, with a long \`--duration\`, whether a switch has forgotten who has joined.

With \`--probe\` it does none of this. It sends numbered packets to a group that only the two hosts know, has the other one
send back, and tells for each direction what arrived, with which TTL and DSCP, and why it may be that nothing did. The
listener answers one prober at a time, sends no more than 200 small packets with a TTL of 15 at the most, and only to a host
that has proved its address.`,
    },
  );
}
