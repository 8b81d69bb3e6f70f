import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addHelp } from '../help.ts';

export interface DevicesOptions {
  readonly json?: boolean;
}

export function devicesCommand(ctx: CliContext): Command {
  return addHelp(
    new Command('devices')
      .description('List microphones and loudspeakers')
      .option('--json', 'print a JSON array')
      .action(async (options: DevicesOptions) => {
        const { runDevices } = await import('../run/devices.ts');
        await runDevices(ctx, options);
      }),
    {
      examples: [
        'rendezvous devices',
        'rendezvous join Studio --send mic:alsa_input.usb-Desk --receive speaker:Headphones',
      ],
      text: `Those of PipeWire, PulseAudio or ALSA, whichever runs (Linux); asked through pw-dump, pactl, arecord and aplay. The name,
or a part of name or description that fits only one, goes behind mic: and speaker: of join. The default is marked with an
asterisk; mic and speaker alone mean it. A monitor is no microphone: it hears what a loudspeaker plays.`,
      json: [
        {
          title: 'A device',
          fields: [
            ['direction', 'string', '`capture` for `mic:`, `render` for `speaker:`'],
            ['name', 'string', 'what to write behind it'],
            ['description', 'string', 'for people'],
            ['system', 'string', '`pipewire`, `pulseaudio` or `alsa`'],
            ['isDefault', 'boolean', 'used when none is named'],
            ['monitor', 'boolean', 'it hears what a loudspeaker plays'],
          ],
        },
      ],
    },
  );
}
