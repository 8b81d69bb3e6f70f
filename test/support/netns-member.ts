import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { argv, execPath, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  type MulticastSocket,
  type MulticastSocketOptions,
  openMulticastSocket,
} from '../../src/net/index.ts';
import { collect } from '../kit/namespaces.ts';
import type { LabHost } from '../kit/netns.ts';

/** What the member says about its socket once it is open. */
export interface MemberOpened {
  readonly sentence: string;
  readonly joined: readonly string[];
  readonly localAddress: string;
  readonly effectiveDscp: number;
  readonly warnings: readonly string[];
}

/** A multicast socket on a host of the lab. */
export interface Member extends AsyncDisposable {
  readonly opened: MemberOpened;
  /** Texts heard so far. */
  readonly heard: readonly string[];
  /** Codes of send failures told so far. */
  readonly problems: readonly string[];
  send(text: string): void;
  setDscp(dscp: number): void;
  /** Leaves the group. */
  close(): Promise<void>;
}

type Report = { id: number } & (
  | { opened: MemberOpened }
  | { heard: string }
  | { problem: string }
  | { failed: string }
  | { closed: true }
);
type Order = { id: number } & (
  | { open: MulticastSocketOptions }
  | { send: string }
  | { dscp: number }
  | { close: true }
);

/** One process on each host that members are wanted on: it has all their sockets, as starting one for each takes long. */
export class Members implements AsyncDisposable {
  readonly #places = new Map<LabHost, Place>();

  /** Opens a socket on that host. @throws with the socket's own message when it cannot be opened */
  async open(host: LabHost, options: MulticastSocketOptions): Promise<Member> {
    let place = this.#places.get(host);
    if (place === undefined) {
      place = new Place(host);
      this.#places.set(host, place);
    }
    const member = await place.open(options);
    for (const name of member.opened.joined) if (name !== 'lo') await host.forwarded(options.group, name);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#places.values()].map((place) => place.end()));
  }
}

/** The process on one host, seen from the test. */
class Place {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  readonly #listeners = new Map<number, (report: Report) => void>();
  #ids = 0;

  constructor(host: LabHost) {
    this.#child = host.spawn(execPath, [fileURLToPath(import.meta.url)]);
    this.#exited = this.#untilExit(host.name);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const report: Report = JSON.parse(line);
      this.#listeners.get(report.id)?.(report);
    });
  }

  async open(options: MulticastSocketOptions): Promise<Member> {
    const id = ++this.#ids;
    const [heard, problems]: [string[], string[]] = [[], []];
    const opening = Promise.withResolvers<MemberOpened>();
    const closing = Promise.withResolvers<void>();
    this.#listeners.set(id, (report) => {
      if ('opened' in report) opening.resolve(report.opened);
      else if ('heard' in report) heard.push(report.heard);
      else if ('problem' in report) problems.push(report.problem);
      else {
        if ('failed' in report) opening.reject(new Error(report.failed));
        closing.resolve();
      }
    });
    this.#order({ id, open: options });
    const opened = await opening.promise;
    const close = async (): Promise<void> => {
      this.#order({ id, close: true });
      await closing.promise;
    };
    return {
      opened,
      heard,
      problems,
      send: (text) => this.#order({ id, send: text }),
      setDscp: (dscp) => this.#order({ id, dscp }),
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Those who wait for an answer then are told that there will be none. */
  async #untilExit(name: string): Promise<void> {
    const complaint = collect(this.#child.stderr);
    await once(this.#child, 'exit');
    const failed = `the members on ${name} ended: ${complaint()}`;
    for (const [id, tell] of this.#listeners) tell({ id, failed });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#exited;
  }

  #order(what: Order): void {
    this.#child.stdin.write(`${JSON.stringify(what)}\n`);
  }
}

/** The process on the host: reports on standard output, takes orders on standard input, leaves when that ends. */
async function main(): Promise<void> {
  const report = (what: Report): void => {
    stdout.write(`${JSON.stringify(what)}\n`);
  };
  await using all = new AsyncDisposableStack();
  const sockets = new Map<number, MulticastSocket>();
  const obey = async (order: Order): Promise<void> => {
    const { id } = order;
    const socket = sockets.get(id);
    if ('open' in order) {
      const own = all.use(await openMulticastSocket(order.open));
      sockets.set(id, own);
      own.onDatagram(({ bytes }) => report({ id, heard: new TextDecoder().decode(bytes) }));
      own.onSendProblem(({ code }) => report({ id, problem: code }));
      const { interface: chosen, joined, localAddress, qos, warnings } = own;
      const effectiveDscp = qos.effective;
      report({ id, opened: { sentence: chosen.sentence, joined, localAddress, effectiveDscp, warnings } });
    } else if ('send' in order) socket?.send(new TextEncoder().encode(order.send));
    else if ('dscp' in order) socket?.setDscp(order.dscp);
    else {
      await socket?.close();
      report({ id, closed: true });
    }
  };
  for await (const line of createInterface({ input: stdin })) {
    const order: Order = JSON.parse(line);
    try {
      await obey(order);
    } catch (error) {
      report({ id: order.id, failed: error instanceof Error ? error.message : String(error) });
    }
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await main();
