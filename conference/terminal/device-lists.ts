/** A microphone or a loudspeaker, or what a sound system takes for one. */
export interface SoundDevice {
  readonly system: 'pipewire' | 'pulseaudio' | 'alsa';
  readonly direction: 'capture' | 'render';
  /** What to write behind `mic:` or `speaker:`. */
  readonly name: string;
  /** For people. */
  readonly description: string;
  /** Used when none is named. */
  readonly isDefault: boolean;
  /** Not a microphone: what a loudspeaker plays. */
  readonly monitor: boolean;
}

/** `pactl --format=json info`, `list sources` and `list sinks`; what cannot be read is left out. */
export function parsePactl(info: string, sources: string, sinks: string): SoundDevice[] {
  const defaults = record(json(info));
  const read = (text: string, direction: SoundDevice['direction'], normal: unknown): SoundDevice[] =>
    list(json(text)).flatMap((it) => {
      const { name, description, properties } = record(it);
      if (typeof name !== 'string') return [];
      const monitor = record(properties)['device.class'] === 'monitor';
      const text = typeof description === 'string' ? description : name;
      return [
        { system: 'pulseaudio', direction, name, description: text, isDefault: name === normal, monitor },
      ];
    });
  return [
    ...read(sources, 'capture', defaults['default_source_name']),
    ...read(sinks, 'render', defaults['default_sink_name']),
  ];
}

const PIPEWIRE_CLASSES: ReadonlyMap<unknown, SoundDevice['direction']> = new Map([
  ['Audio/Source', 'capture'],
  ['Audio/Source/Virtual', 'capture'],
  ['Audio/Sink', 'render'],
]);

/** `pw-dump`: nodes that are devices, and the metadata that says which are the defaults. */
export function parsePwDump(text: string): SoundDevice[] {
  const objects = list(json(text)).map(record);
  const defaults = new Map<unknown, unknown>();
  for (const { metadata } of objects) {
    for (const entry of list(metadata)) {
      const { key, value } = record(entry);
      if (key === 'default.audio.source' || key === 'default.audio.sink')
        defaults.set(key, record(value)['name']);
    }
  }
  return objects.flatMap(({ info }) => {
    const props = record(record(info)['props']);
    const direction = PIPEWIRE_CLASSES.get(props['media.class']);
    const { 'node.name': name, 'node.description': description } = props;
    if (direction === undefined || typeof name !== 'string') return [];
    const normal = defaults.get(direction === 'capture' ? 'default.audio.source' : 'default.audio.sink');
    const text = typeof description === 'string' ? description : name;
    const isDefault = name === normal;
    return [{ system: 'pipewire', direction, name, description: text, isDefault, monitor: false }];
  });
}

/** `arecord -L`, `aplay -L`: a name at the beginning of a line, its description indented below. */
export function parseAlsa(text: string, direction: SoundDevice['direction']): SoundDevice[] {
  const devices: SoundDevice[] = [];
  for (const line of text.split('\n')) {
    const last = devices.at(-1);
    if (line.trim() === '') continue;
    if (!/^\s/.test(line)) {
      const name = line.trim();
      devices.push({
        system: 'alsa',
        direction,
        name,
        description: '',
        isDefault: name === 'default',
        monitor: false,
      });
    } else if (last !== undefined) {
      const description = last.description === '' ? line.trim() : `${last.description}, ${line.trim()}`;
      devices[devices.length - 1] = { ...last, description };
    }
  }
  return devices.filter(({ name }) => name !== 'null');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
