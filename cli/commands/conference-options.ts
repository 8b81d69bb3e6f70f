import { type Command, Option } from 'commander';

/** What `create` and `edit` share. */
export interface ConferenceOptions {
  readonly media?: readonly string[];
  readonly group?: readonly string[];
  readonly scope?: 'local' | 'site' | 'region' | 'world';
  readonly start?: string;
  readonly stop?: string;
  readonly duration?: string;
  readonly permanent?: boolean;
  readonly repeat?: string;
  readonly until?: string;
  readonly zone?: string;
  readonly originator?: string;
  readonly description?: string;
  readonly url?: string;
  readonly email?: readonly string[];
  readonly phone?: readonly string[];
  readonly ttl?: string;
  readonly acl?: string;
  readonly sddl?: string;
  /** A suite, true for the usual one, false to say nothing. */
  readonly encrypted?: boolean | string;
  readonly sdp?: string;
  readonly json?: boolean;
}

/** Gathers a repeated option in an array. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** What `--sap-wait` does in commands that read. */
export const SAP_WAIT_HELP =
  'how long to wait for announced sessions (SAP), 0 for those known from before (default: 2.5s where they are looked for)';

export const SCOPES = ['local', 'site', 'region', 'world'];

/** What `--acl` takes. */
export const ACCESS_HELP = `--acl takes who:rights, separated by commas. Who is everyone, authenticated, anonymous, owner, administrators,
an account by its name, DN or SID. Rights are read (see it), join (have the key of an encrypted one), write, refresh, delete, permissions, ownership and all,
joined by +; a ! before them denies them. Without --acl everyone reads and the owner does all.`;

export function addConferenceOptions(command: Command): Command {
  return command
    .option(
      '--media <spec>',
      'a medium, like audio:opus, audio:G722 or "audio:L24/48000/2;ptime=1"; repeat for more',
      collect,
    )
    .option(
      '--group <addr[:port]>',
      'multicast group of a medium, in the order of the media; repeatable',
      collect,
    )
    .addOption(new Option('--scope <scope>', 'how far it reaches (TTL 1, 15, 63, 127)').choices(SCOPES))
    .option('--start <time>', 'when it begins: now, +30m, 14:00, "tomorrow 14:00", 2026-11-21T14:00')
    .addOption(
      new Option(
        '--stop <time>',
        'when it ends; +30m counts from the start, or from now once it has begun; "never" for no end',
      ).conflicts(['duration', 'permanent']),
    )
    .addOption(new Option('--duration <time>', 'how long it lasts, like 45m').conflicts('permanent'))
    .addOption(new Option('--permanent', 'always open').conflicts('start'))
    .addOption(
      new Option(
        '--repeat <rule>',
        'how often: daily, weekly, weekdays, mon,wed, "every 2 weeks", 12h; never',
      ).conflicts('permanent'),
    )
    .option('--until <time>', 'when the series ends, that day included; "never" (default) for no end')
    .option(
      '--zone <zone>',
      'time zone of the times, in which a series keeps its time of day, like Europe/Berlin',
    )
    .option('--originator <name>', 'user name of whoever holds it, one word')
    .option('--description <text>', 'what it is about')
    .option('--url <url>', 'where there is more to read')
    .option('--email <address>', 'whom to write to, "Ann <ann@example.org>"; repeatable', collect)
    .option('--phone <number>', 'whom to call; repeatable', collect)
    .option('--ttl <seconds>', 'how long the directory keeps the entry, at least 300')
    .option('--acl <list>', 'who may do what, like everyone:read,owner:all')
    .addOption(new Option('--sddl <text>', 'the same as a security descriptor in SDDL').conflicts('acl'))
    .option(
      '--encrypted [suite]',
      'encrypt the media, with a key that those who may join find in the directory (default suite: AES_CM_128_HMAC_SHA1_80)',
    )
    .option('--no-encrypted', 'do not say that the media are encrypted, where only the entry does')
    .option('--sdp <file>', 'take the session description from a file, or from standard input with -')
    .option('--json', 'print the conference as JSON');
}
