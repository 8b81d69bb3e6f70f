import { listDevices } from '../../conference/index.ts';
import type { DevicesOptions } from '../commands/devices.ts';
import type { CliContext } from '../context.ts';
import { printable } from '../output/printable.ts';

/** Lists what can be named behind `mic:` and `speaker:`. */
export async function runDevices(ctx: CliContext, { json }: DevicesOptions): Promise<void> {
  const found = await listDevices({ env: ctx.host.env });
  if (json === true) {
    return ctx.out.json(
      found.map(({ direction, name, description, system, isDefault, monitor }) => ({
        direction,
        name,
        description,
        system,
        isDefault,
        monitor,
      })),
    );
  }
  if (found.length === 0) {
    ctx.err.note(
      'No sound system here that can be asked: PipeWire (pw-dump), PulseAudio (pactl) or ALSA (arecord, aplay). ' +
        'exec:COMMAND reaches any other',
    );
    return;
  }
  ctx.out.table(
    [
      { title: '', human: ({ isDefault }) => (isDefault ? '*' : '') },
      {
        title: 'TERMINAL',
        human: ({ direction, name }) => `${direction === 'capture' ? 'mic' : 'speaker'}:${printable(name)}`,
      },
      {
        title: 'DESCRIPTION',
        human: ({ description, monitor }) => printable(description) + (monitor ? ' (monitor)' : ''),
      },
      { title: 'SYSTEM', human: ({ system }) => system },
    ],
    found,
  );
}
