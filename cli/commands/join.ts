import { Command, Option } from 'commander';
import type { ExtendedReportWish } from '../../conference/index.ts';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';
import { collect, SAP_WAIT_HELP } from './conference-options.ts';

export interface JoinOptions {
  readonly send?: string;
  readonly receive?: readonly string[];
  readonly listen?: boolean;
  readonly ptt?: boolean;
  readonly polite?: boolean;
  readonly pttTimeout?: string;
  readonly commands?: boolean;
  readonly vad?: string;
  readonly gain?: string;
  readonly agc?: string | boolean;
  readonly digits?: string;
  readonly codec?: string;
  readonly duration?: string;
  readonly interface?: readonly string[];
  readonly sendInterface?: string;
  readonly source?: readonly string[];
  readonly qos?: 'needed' | 'if-available' | 'best-effort';
  readonly dscp?: string;
  readonly socketPriority?: string;
  readonly socketMark?: string;
  readonly loopback?: 'none' | 'full' | 'selective';
  readonly playout?: string;
  readonly minPlayout?: string;
  readonly maxPlayout?: string;
  readonly linkOffset?: string;
  readonly clock?: string;
  readonly extendedReports?: ExtendedReportWish;
  readonly metrics?: string | true;
  readonly wait?: boolean;
  readonly media?: string;
  readonly record?: string;
  readonly recordFormat?: readonly string[];
  readonly recordBits?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly loc?: string;
  readonly tool?: string;
  readonly note?: string;
  readonly priority?: readonly string[];
  readonly duck?: string;
  readonly talk?: string;
  readonly json?: boolean;
  readonly sapWait?: string;
}

export const QOS_LEVELS = ['needed', 'if-available', 'best-effort'] as const;
export const LOOPBACK_MODES = ['none', 'full', 'selective'] as const;

export const EXTENDED_REPORTS = ['asked', 'always', 'never'] as const satisfies readonly ExtendedReportWish[];

export function joinCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('join')
      .description('Take part in a conference')
      .argument(
        '<names...>',
        'conferences: their names in the directory or as announced, files with their session descriptions, or - to read one; several are heard together',
      )
      .option(
        '--send <source>',
        'what to send: mic, mic:NAME (see devices), wav:FILE, loop:FILE, tone:440, noise, sweep, ident, pcm:-, exec:COMMAND, null',
      )
      .option(
        '--receive <sink>',
        'where to play: speaker, wav:FILE[,bits=24], pcm:-, exec:COMMAND, null; repeatable',
        collect,
      )
      .addOption(new Option('--listen', 'send nothing').conflicts('send'))
      .addOption(
        new Option('--ptt', 'push to talk: nothing is sent until the space bar is held').conflicts('listen'),
      )
      .option('--polite', 'with --ptt: wait until nobody else talks')
      .option(
        '--ptt-timeout <time>',
        'with --ptt: a key held for longer counts as stuck, 0 never (default: 60s)',
      )
      .option(
        '--commands',
        'obey standard input, line by line: press, release, toggle, mute, unmute, hold, resume, digits 123#, leave; with several also talk NAME',
      )
      .option(
        '--vad <how>',
        'what is sent: off (everything), silence (all but digital silence), adaptive (what stands out of the noise), or what is louder than a level such as -45 (dBFS)',
      )
      .option('--gain <db>', 'make what is sent louder or softer, -100 to 40')
      .option('--agc [dbfs]', 'bring what is sent to a steady level by itself (default level: -20)')
      .option('--codec <name>', 'the format to send, of those that the description has (default: its first)')
      .option('--digits <keys>', 'press these keys once joined: 0 to 9, *, #, A to D; a comma waits a second')
      .option('--duration <time>', 'leave after this time')
      .option('--wait', 'wait for the start time before joining')
      .option(
        '--interface <if>',
        'network interface: name, address, index or "all"; repeat to listen on several, the first sends; default: the route to the group',
        collect,
      )
      .option('--send-interface <if>', 'the one to send by, of several or of all')
      .option(
        '--source <addr,...>',
        'hear only these senders, whatever the description says; repeatable',
        collect,
      )
      .addOption(
        new Option(
          '--qos <level>',
          'DSCP marking: fail without it, try, or leave it (default: if-available)',
        ).choices(QOS_LEVELS),
      )
      .option(
        '--dscp <point>',
        "mark with this instead of EF: a name such as AF41 or CS5, or 0-63; also says when others' packets arrive otherwise",
      )
      .option(
        '--socket-priority <n>',
        'SO_PRIORITY of what is sent: queue on this host, 802.1p class on VLANs; above 6 needs CAP_NET_ADMIN',
      )
      .option(
        '--socket-mark <n>',
        'SO_MARK of what is sent, for nft and ip rule; needs CAP_NET_ADMIN or CAP_NET_RAW',
      )
      .addOption(
        new Option(
          '--loopback <mode>',
          'packets of this host: not heard, all heard, or all but our own (default: none)',
        ).choices(LOOPBACK_MODES),
      )
      .option(
        '--playout <time>',
        'play so long after arrival, always; 0 to 2000 ms (default: as the network makes it necessary)',
      )
      .option('--min-playout <time>', 'never play sooner than this (default: 20 ms)')
      .option('--max-playout <time>', 'never wait longer than this for late packets (default: 400 ms)')
      .option(
        '--link-offset <time>',
        'a delay that never changes, from the fastest of the first packets: the link offset of AES67, such as 5ms',
      )
      .option(
        '--clock <reference>',
        'the clock this host follows, as in a=ts-refclk: traceable, ntp=HOST, ptp=IEEE1588-2008:CLOCK:DOMAIN; senders with the same one are measured one way',
      )
      .option('--metrics [host:port]', 'offer figures to Prometheus (default: 127.0.0.1:9391)')
      .addOption(
        new Option(
          '--extended-reports <when>',
          'send RTCP extended reports on loss and voice quality: when the description asks, always or never (default: asked)',
        ).choices(EXTENDED_REPORTS),
      )
      .option(
        '--media <kinds>',
        'audio, video or all (default: audio; all of it when it is recorded, or when there is no audio)',
      )
      .option('--record <directory>', 'record each participant in a file of his own, and the mix')
      .option(
        '--record-format <format>',
        'wav, opus (as it was sent), pcapng or rtpdump (the packets); repeatable (default: wav)',
        collect,
      )
      .option('--record-bits <bits>', '16, 24 or 32 (floating point) (default: by the format of the stream)')
      .option('--name <text>', 'your name as the others see it')
      .option('--email <text>', 'your e-mail address')
      .option('--phone <text>', 'your telephone number')
      .option('--loc <text>', 'where you are')
      .option('--tool <text>', 'the program you use')
      .option('--note <text>', 'a note on your state, such as "on the phone"')
      .option(
        '--priority <name=level>',
        'of several: paging makes the others softer while somebody talks there, emergency silences them; repeatable',
        collect,
      )
      .option('--duck <dB>', 'how much softer paging makes the others (default: 20)')
      .option('--talk <name>', 'of several: where what you say goes first (default: the first that lets you)')
      .option('--json', 'print events as JSON, one object per line')
      .option('--sap-wait <time>', SAP_WAIT_HELP)
      .action(async (conferences: readonly string[], options: JoinOptions) => {
        const { runJoin } = await import('../run/join.ts');
        await runJoin(ctx, conferences, options);
      }),
    {
      examples: [
        'rendezvous join "Morning round"',
        'rendezvous join Lecture --listen --receive wav:lecture.wav --duration 90m',
        'rendezvous join Dispatch --ptt --polite',
        'rendezvous join studio.sdp --send wav:jingle.wav --receive null --interface eth1',
        'rendezvous join Paging --listen --interface eth0 --interface wlan0',
        'rendezvous join Lecture --listen --source 10.0.0.7',
        'rendezvous join Lecture --listen --receive null --record lecture',
        'rendezvous join Studio Paging Alarm --priority Paging=paging --priority Alarm=emergency',
        'rendezvous show Lecture --sdp | rendezvous join - --listen --json',
      ],
      text: `Without --send and --receive: the microphone and the loudspeaker, by the first of pw-cat, arecord and aplay, sox,
ffmpeg on PATH; on a computer without a sound card you listen without hearing. With --receive alone nothing is sent.
On a terminal a live view shows who is there:
  m mute yourself   1-9 mute a participant   arrows select   + - volume
  r who hears whom   h hold   q leave   ? help
Ctrl-C leaves and says goodbye to the others; a second one quits at once. In a pipe the events are printed, and with
--receive pcm:- they go to standard error. Within five seconds it says what it hears, or the likeliest reasons for
silence. When the conference's time is over it leaves; the exit status is 130 after an interruption.

A microphone is sent while somebody talks (--vad adaptive), everything else unless it is digital silence (--vad silence);
linear formats, such as those of AES67, are sent without pauses (--vad off). With --ptt nothing is sent until you hold the
space bar; where the terminal does not tell when a key is let go, a tap begins and the next one ends, too. SIGUSR1 presses and
releases, SIGUSR2 releases.

Several conferences are heard together, and what you say goes to one of them: Tab shows the next, t talks to it, x mutes
it. The key, SIGUSR1 and --digits are for the one you talk to; turning to another releases the key. While somebody talks in one
with --priority NAME=paging the others are 20 dB softer, with NAME=emergency silent; they come back 1.5 s after the last word.
With --json each event says which conference it is from.

When an interface goes and comes back (a cable, Wi-Fi, a VPN), it is joined again by itself.

Another participant on this same computer is heard only with --loopback selective on both sides.`,
    },
  );
}
