import { once } from 'node:events';
import { argv, execPath, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type MulticastSocketOptions, openMulticastSocket } from '../../src/net/index.ts';
import type { LabHost } from '../kit/netns.ts';

/** What the member says about its socket once it is open. */
export interface MemberOpened {
  readonly sentence: string;
  readonly joined: readonly string[];
  readonly localAddress: string;
  readonly effectiveDscp: number;
  readonly warnings: readonly string[];
}

/** A multicast socket in a process of its own on a host of the lab. */
export interface Member extends AsyncDisposable {
  readonly opened: MemberOpened;
  /** Texts heard so far. */
  readonly heard: readonly string[];
  /** Codes of send failures told so far. */
  readonly problems: readonly string[];
  send(text: string): void;
  setDscp(dscp: number): void;
  /** Leaves the group and ends the process. */
  close(): Promise<void>;
}

type Report = { opened: MemberOpened } | { heard: string } | { problem: string } | { failed: string };
type Order = { send: string } | { dscp: number };

/** Opens a socket on that host. @throws with the socket's own message when it cannot be opened */
export async function openMember(host: LabHost, options: MulticastSocketOptions): Promise<Member> {
  const child = host.spawn(execPath, [fileURLToPath(import.meta.url), JSON.stringify(options)]);
  const exited = once(child, 'exit');
  const heard: string[] = [];
  const problems: string[] = [];
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  const opened = await new Promise<MemberOpened>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the member on ${host.name} ended: ${complaint}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report: Report = JSON.parse(line);
      if ('opened' in report) resolve(report.opened);
      else if ('heard' in report) heard.push(report.heard);
      else if ('problem' in report) problems.push(report.problem);
      else reject(new Error(report.failed));
    });
  });
  for (const name of opened.joined) if (name !== 'lo') await host.forwarded(options.group, name);
  const order = (what: Order): void => {
    child.stdin.write(`${JSON.stringify(what)}\n`);
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  return {
    opened,
    heard,
    problems,
    send: (text) => order({ send: text }),
    setDscp: (dscp) => order({ dscp }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The member's own process: reports on standard output, takes orders on standard input, leaves when that ends. */
async function main(options: MulticastSocketOptions): Promise<void> {
  const report = (what: Report): void => {
    stdout.write(`${JSON.stringify(what)}\n`);
  };
  try {
    await using socket = await openMulticastSocket(options);
    socket.onDatagram(({ bytes }) => report({ heard: new TextDecoder().decode(bytes) }));
    socket.onSendProblem(({ code }) => report({ problem: code }));
    const { interface: chosen, joined, localAddress, qos, warnings } = socket;
    const effectiveDscp = qos.effective;
    report({ opened: { sentence: chosen.sentence, joined, localAddress, effectiveDscp, warnings } });
    for await (const line of createInterface({ input: stdin })) {
      const order: Order = JSON.parse(line);
      if ('send' in order) socket.send(new TextEncoder().encode(order.send));
      else socket.setDscp(order.dscp);
    }
  } catch (error) {
    report({ failed: error instanceof Error ? error.message : String(error) });
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(argv[2] ?? '{}'));
