import { readdirSync, readFileSync } from 'node:fs';

/** One thing that happens in an exchange recorded by hand. */
export type Step =
  | { readonly kind: 'connect' }
  /** The server has ended the connection. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'request' | 'response'; readonly title: string; readonly bytes: Uint8Array };

const FOLDER = new URL('../../corpus/locator/', import.meta.url);

/** Names of the exchanges. */
export const EXCHANGES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -'.txt'.length))
  .sort();

/**
 * Reads an exchange: a table of octets in hex with a comment after `|` for each element. `>` begins a request, `<` a
 * response; `VV` stands for the version in a bind.
 */
export function readExchange(name: string, version: 2 | 3): Step[] {
  const steps: Step[] = [];
  let message: { kind: 'request' | 'response'; title: string; hex: string } | undefined;
  const flush = (): void => {
    if (message === undefined) return;
    const { kind, title, hex } = message;
    steps.push({ kind, title, bytes: new Uint8Array(Buffer.from(hex, 'hex')) });
    message = undefined;
  };
  for (const line of readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8').split('\n')) {
    const word = /^(?:[<>]|connect$|closed$|wait |#|$)/.exec(line)?.[0];
    if (word === undefined) {
      const octets = line.split('|', 1)[0]!.replaceAll('VV', `0${version}`).replaceAll(' ', '');
      if (message === undefined || !/^(?:[\da-f]{2})+$/.test(octets)) throw new Error(`${name}: ${line}`);
      message.hex += octets;
      continue;
    }
    flush();
    if (word === '<' || word === '>') {
      message = { kind: word === '>' ? 'request' : 'response', title: line.slice(2), hex: '' };
    } else if (word === 'connect' || word === 'closed') steps.push({ kind: word });
    else if (word === 'wait ') steps.push({ kind: 'wait', seconds: Number(line.slice(word.length)) });
  }
  flush();
  return steps;
}

/** The same message with every length in the four-octet form that Windows writes: `84` and 32 bits. */
export function withLongLengths(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++]!;
    let length = bytes[at++]!;
    if (length > 0x80) {
      const count = length & 0x7f;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!;
    }
    const contents = bytes.subarray(at, at + length);
    at += length;
    const inner = (tag & 0x20) === 0 ? contents : withLongLengths(contents);
    out.push(tag, 0x84, 0, 0, inner.length >> 8, inner.length & 0xff, ...inner);
  }
  return Uint8Array.from(out);
}
