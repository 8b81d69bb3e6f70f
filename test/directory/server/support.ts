import { Duplex } from 'node:stream';
import {
  createLocatorService,
  type LocatorService,
  type LocatorServiceOptions,
  openStore,
  type Peer,
} from '../../../directory/server/index.ts';
import {
  type AddRequest,
  type Control,
  decodeMessage,
  encodeMessage,
  LdapFramer,
  type LdapMessage,
  type LdapRequest,
  type LdapResponse,
  parseFilter,
  type SearchRequest,
  type SearchResultEntry,
  textAttribute,
  utf8Text,
} from '../../../src/ldap/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A service in memory with a fake clock, and a client of it. */
export function testService(options: Partial<LocatorServiceOptions> = {}): {
  clock: FakeClock;
  service: LocatorService;
  client: TestClient;
  [Symbol.dispose](): void;
} {
  const clock = new FakeClock(1000, Date.UTC(2026, 10, 21, 9));
  const store = options.store ?? openStore({ path: ':memory:' });
  const service = createLocatorService({ clock, ...options, store });
  const client = new TestClient(service);
  return {
    clock,
    service,
    client,
    [Symbol.dispose]() {
      service.close();
      store.close();
    },
  };
}

/** One answer as tests look at it. */
export interface Answer {
  readonly code: number;
  readonly message: string;
  readonly matchedDN: string;
  readonly entries: readonly TestEntry[];
  readonly done: LdapMessage<LdapResponse>;
}
export interface TestEntry {
  readonly dn: string;
  /** Text values under the name the server gave. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** A client on the project's own codec: it sends what it is told to, right or wrong. */
export class TestClient {
  readonly stream: Duplex;
  readonly #framer = new LdapFramer();
  readonly #waiting = new Map<number, { entries: TestEntry[]; resolve(answer: Answer): void }>();
  readonly #closed: Promise<void>;
  /** Unsolicited notifications. */
  readonly notices: LdapMessage[] = [];
  #nextId = 1;

  /**
   * @param server a service of this process, or a stream to any other server
   * @param peer   whom the service takes it for; default the user of this process
   */
  constructor(server: LocatorService | Duplex, peer?: Peer) {
    this.stream = server instanceof Duplex ? server : server.connect(peer);
    this.stream.on('data', (chunk: Uint8Array) => this.#handle(chunk));
    this.#closed = new Promise((resolve) => this.stream.once('close', () => resolve()));
    this.stream.once('end', () => this.stream.end());
  }

  get closed(): Promise<void> {
    return this.#closed;
  }
  send(op: LdapRequest, controls?: readonly Control[]): number {
    const messageId = this.#nextId++;
    this.stream.write(encodeMessage({ messageId, op, ...(controls === undefined ? {} : { controls }) }));
    return messageId;
  }
  request(op: LdapRequest, controls?: readonly Control[]): Promise<Answer> {
    const messageId = this.send(op, controls);
    return new Promise((resolve) => {
      this.#waiting.set(messageId, { entries: [], resolve });
    });
  }
  add(entry: string, attributes: Readonly<Record<string, string | readonly string[]>>): Promise<Answer> {
    return this.request(addRequest(entry, attributes));
  }
  addConference(
    name: string,
    more: Readonly<Record<string, string | readonly string[]>> = {},
  ): Promise<Answer> {
    return this.add(conferenceDn(name), {
      objectClass: ['rtConference', 'dynamicObject'],
      protocolID: 'IP Conference',
      conferenceBlob: 'v=0\r\n',
      ...more,
    });
  }
  replace(object: string, attribute: string, ...values: readonly string[]): Promise<Answer> {
    return this.request({
      type: 'modifyRequest',
      object,
      changes: [{ operation: 'replace', modification: textAttribute(attribute, ...values) }],
    });
  }
  search(filter: string, more: Partial<SearchRequest> = {}, controls?: readonly Control[]): Promise<Answer> {
    return this.request(searchRequest(filter, more), controls);
  }
  /** The entry, or undefined when there is none. */
  async read(baseObject: string, ...attributes: readonly string[]): Promise<TestEntry | undefined> {
    const { entries } = await this.search('(objectClass=*)', { baseObject, scope: 'base', attributes });
    return entries[0];
  }

  #handle(chunk: Uint8Array): void {
    this.#framer.handleBytes(chunk);
    for (let frame; (frame = this.#framer.pollFrame()) !== undefined; ) {
      const message = decodeMessage(frame);
      const { messageId, op } = message;
      const waiting = this.#waiting.get(messageId);
      if (waiting === undefined) {
        this.notices.push(message);
      } else if (op.type === 'searchResultEntry') {
        waiting.entries.push(testEntry(op));
      } else if ('resultCode' in op) {
        this.#waiting.delete(messageId);
        const { resultCode: code, diagnosticMessage, matchedDN } = op;
        const done = { ...message, op };
        waiting.resolve({ code, message: diagnosticMessage, matchedDN, entries: waiting.entries, done });
      }
    }
  }
}

export const conferenceDn = (name: string): string => `uid=${name},ou=Dynamic,o=Intranet`;

export function addRequest(
  entry: string,
  attributes: Readonly<Record<string, string | readonly string[]>>,
): AddRequest {
  return {
    type: 'addRequest',
    entry,
    attributes: Object.entries(attributes).map(([type, values]) =>
      textAttribute(type, ...(typeof values === 'string' ? [values] : values)),
    ),
  };
}

export function searchRequest(filter: string, more: Partial<SearchRequest> = {}): SearchRequest {
  return {
    type: 'searchRequest',
    baseObject: 'o=Intranet',
    scope: 'sub',
    derefAliases: 'never',
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: parseFilter(filter),
    attributes: [],
    ...more,
  };
}

function testEntry({ objectName, attributes }: SearchResultEntry): TestEntry {
  return {
    dn: objectName,
    attributes: Object.fromEntries(
      attributes.map(({ type, vals }) => [type, vals.map((value) => utf8Text(value) ?? 'binary')]),
    ),
  };
}
