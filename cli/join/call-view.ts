import type { Participant, ReceptionMatrix, SoundControls } from '../../conference/index.ts';
import type { KeyAction } from './keys.ts';
import type { Participation } from './participation.ts';
import type { Chrome, LiveView } from './presenter.ts';
import { type Paint, viewLines } from './view.ts';
import { othersOf, viewOf } from './view-state.ts';

const VOLUME_STEP_DB = 3;
const BALANCE_STEP = 0.25;
/** The matrix is reckoned anew after so many drawings. */
const MATRIX_EVERY = 10;

/** One conference on the terminal, and what is selected in it. */
export class CallView implements LiveView {
  readonly #part: Participation;
  /** In place of its own, where it is heard at a desk. */
  readonly #mix: SoundControls | undefined;
  #selected: Participant | undefined;
  #showsMatrix = false;
  #matrix: readonly ReceptionMatrix[] | undefined;
  #drawn = 0;

  constructor(part: Participation, mix?: SoundControls) {
    this.#part = part;
    this.#mix = mix;
  }

  get pushToTalk(): boolean {
    return this.#part.call.talk.pushToTalk;
  }
  get hasSelection(): boolean {
    return this.#selected !== undefined;
  }
  get #sound(): SoundControls | undefined {
    return this.#selected?.sound ?? this.#all;
  }
  get #all(): SoundControls | undefined {
    return this.#mix ?? this.#part.call.streams.find(({ sound }) => sound !== undefined)?.sound;
  }

  lines({ trouble, help, keys }: Chrome, columns: number, rows: number, paint: Paint): readonly string[] {
    const { call, extras, name } = this.#part;
    if (this.#selected?.gone === true) this.#selected = undefined;
    if (this.#showsMatrix && this.#drawn++ % MATRIX_EVERY === 0) this.#matrix = call.reception;
    const state = viewOf(
      call,
      { ...extras, trouble: trouble.get(name) ?? trouble.get('') ?? [], help, keys },
      {
        selected: this.#selected,
        matrix: this.#showsMatrix ? this.#matrix : undefined,
        mixDb: this.#all?.gainDb ?? 0,
      },
    );
    return viewLines(state, columns, rows, paint);
  }

  press(action: KeyAction): void {
    switch (action.action) {
      case 'select': {
        const others = othersOf(this.#part.call);
        const at = this.#selected === undefined ? -1 : others.indexOf(this.#selected);
        this.#selected = others[Math.max(-1, Math.min(others.length - 1, at + action.step))];
        break;
      }
      case 'volume':
        change(this.#sound, 'gainDb', action.step * VOLUME_STEP_DB, -60, 18);
        break;
      case 'balance':
        change(this.#sound, 'pan', action.step * BALANCE_STEP, -1, 1);
        break;
      case 'muteSelected':
        if (this.#selected !== undefined) this.#selected.muted = !this.#selected.muted;
        break;
      case 'matrix':
        this.#showsMatrix = !this.#showsMatrix;
        this.#drawn = 0;
        break;
      case 'conference':
      case 'help':
      case 'hold':
      case 'interrupt':
      case 'leave':
      case 'muteParticipant':
      case 'muteSelf':
      case 'redraw':
      case 'suspend':
      case 'keyReleases':
      case 'talk':
      case 'talkDown':
      case 'talkUp':
      case 'talkHere':
        this.#part.press(action);
    }
  }
}

function change(
  sound: SoundControls | undefined,
  what: 'gainDb' | 'pan',
  by: number,
  low: number,
  high: number,
): void {
  if (sound !== undefined) sound[what] = Math.max(low, Math.min(high, sound[what] + by));
}
