import type { Call, Desk, DeskChannel } from '../../conference/index.ts';
import { padTo, printable, truncate } from '../output/printable.ts';
import { CallView } from './call-view.ts';
import type { KeyAction } from './keys.ts';
import type { Participation } from './participation.ts';
import type { Chrome, LiveView } from './presenter.ts';
import { setHeld, setMuted } from './remote-control.ts';
import { levelBar, type Paint, signed } from './view.ts';

/** Several conferences on the terminal: a line for each, and below one of them in full. */
export class DeskView implements LiveView {
  readonly #desk: Desk;
  readonly #parts: readonly Participation[];
  readonly #views: readonly CallView[];
  #shown = 0;

  constructor(desk: Desk, parts: readonly Participation[]) {
    this.#desk = desk;
    this.#parts = parts;
    this.#views = parts.map((part) => new CallView(part, channelOf(desk, part)?.sound));
  }

  get pushToTalk(): boolean {
    return this.#calls.some(({ talk }) => talk.pushToTalk);
  }

  lines(chrome: Chrome, columns: number, rows: number, paint: Paint): readonly string[] {
    const list = this.#parts.map((part, i) => this.#line(part, i, Math.max(10, columns), paint));
    const room = Math.max(2, rows - list.length - 1);
    const shown = this.#views[this.#shown];
    const help = chrome.help ? [paint('dim', truncate(HELP, columns))] : [];
    const detail = shown?.lines(chrome, columns, room - help.length, paint) ?? [];
    return ['', ...list, ...help, ...detail];
  }

  #line(part: Participation, i: number, width: number, paint: Paint): string {
    const channel = channelOf(this.#desk, part);
    const nameWidth = Math.min(24, Math.max(...this.#parts.map(({ name }) => name.length), 6), width - 4);
    const mark = i === this.#shown ? '▸' : ' ';
    const name = padTo(truncate(printable(part.name), nameWidth), nameWidth);
    if (channel === undefined) return paint('dim', truncate(`${mark} ${name}  over`, width));
    const talkers = part.call.participants.filter(({ talking, local }) => talking && !local);
    const { activeTalker } = part.call.session;
    const first = activeTalker === undefined || activeTalker.local ? talkers[0] : activeTalker;
    const more = talkers.length > 1 ? ` and ${talkers.length - 1} more` : '';
    const who =
      first === undefined ? '' : `${printable(first.displayName)}${more}${more === '' ? ' talks' : ' talk'}`;
    const facts = [
      this.#desk.talkTarget === channel ? 'you talk here' : '',
      channel.importance === 'normal' ? '' : channel.importance,
      channel.muted ? 'muted' : '',
      channel.duckedDb === 0
        ? ''
        : channel.duckedDb >= 60
          ? 'silenced'
          : `ducked ${signed(-channel.duckedDb)} dB`,
      channel.sound.gainDb === 0 ? '' : `${signed(channel.sound.gainDb)} dB`,
      who,
    ].filter((it) => it !== '');
    const bar = levelBar({ levelDbfs: channel.levelDbfs, muted: channel.muted });
    const text = truncate(`${mark} ${name}  ${bar}  ${facts.join(' · ')}`, width);
    const urgent = channel.talking && channel.importance !== 'normal';
    return urgent ? paint('red', text) : i === this.#shown ? paint('bold', text) : text;
  }

  press(action: KeyAction): void {
    const view = this.#views[this.#shown];
    const part = this.#parts[this.#shown];
    const channel = part === undefined ? undefined : channelOf(this.#desk, part);
    switch (action.action) {
      case 'conference': {
        const count = this.#parts.length;
        this.#shown = (this.#shown + action.step + count) % count;
        break;
      }
      case 'talkHere':
        this.#talkTo(channel === this.#desk.talkTarget ? undefined : channel);
        break;
      case 'muteSelf':
        this.#toggleMuted();
        break;
      case 'hold':
        setHeld(
          this.#calls,
          this.#calls.some(({ state }) => state === 'connected'),
        );
        break;
      case 'leave':
        for (const it of this.#parts) it.press(action);
        break;
      case 'talk':
      case 'talkDown':
      case 'talkUp':
        if (this.pushToTalk) this.#talkPart?.press(action);
        else if (action.action !== 'talkUp') this.#toggleMuted();
        break;
      case 'muteSelected':
        if (view?.hasSelection === true || channel === undefined) view?.press(action);
        else channel.muted = !channel.muted;
        break;
      case 'balance':
      case 'help':
      case 'interrupt':
      case 'keyReleases':
      case 'matrix':
      case 'muteParticipant':
      case 'redraw':
      case 'select':
      case 'suspend':
      case 'volume':
        view?.press(action);
    }
  }

  get #calls(): readonly Call[] {
    return this.#parts.map(({ call }) => call);
  }
  get #talkPart(): Participation | undefined {
    const target = this.#desk.talkTarget?.call;
    return this.#parts.find(({ call }) => call === target);
  }
  #toggleMuted(): void {
    setMuted(
      this.#calls,
      this.#calls.some(({ local }) => !local.muted),
    );
  }

  #talkTo(channel: DeskChannel | undefined): void {
    const open = channel?.call.streams.some(({ direction }) => direction === 'capture') ?? true;
    if (open) this.#desk.talkTo(channel);
  }
}

const HELP = 'Tab  next conference · t  talk to it, or to none · x  mute it · m h q  for all';

function channelOf(desk: Desk, { call }: Participation): DeskChannel | undefined {
  return desk.channels.find((it) => it.call === call);
}
