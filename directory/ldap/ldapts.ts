import { Attribute, Change, Client, Control, Filter as LibraryFilter, ResultCodeError } from 'ldapts';
import type { BerReader as LibraryReader, BerWriter as LibraryWriter } from 'ldapts';
import {
  assertionControl,
  BerWriter,
  type Control as OurControl,
  decodePagedResults,
  EXTENDED,
  encodeRefreshRequest,
  type Filter,
  PAGED_RESULTS,
  pagedResultsControl,
  writeFilter,
} from '../../src/ldap/index.ts';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DirectoryError, type DirectoryErrorDetails } from '../errors.ts';
import { readDescriptorControls, writeDescriptorControls } from './descriptor-control.ts';
import { type LdapAttributes, LdapEntry } from './entry.ts';
import { type LdapStream, PAGE_ANSWER, REFERRAL_MARK } from './stream.ts';
import type { LdapClient, PageRequest, SearchPage } from './connection.ts';

/**
 * The client library over a stream that is already open. This file is the only one that knows the library; it is
 * loaded when a connection is made, since loading takes as long as a lookup.
 *
 * @param timeoutMs the library's own limit for one request, only a safety net behind ours: it cannot drop a request,
 *   just the connection
 */
export function createLdapClient(stream: LdapStream, timeoutMs: number): LdapClient {
  let used = false;
  const client = new Client({
    url: 'ldap://localhost', // names nothing: the stream is open already
    timeout: timeoutMs,
    strictDN: false,
    createConnection: () => {
      if (used) throw new DirectoryError('A lost connection is not opened again by the library');
      used = true;
      return asSocket(stream);
    },
  });
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  return {
    bind: (dn, password) => client.bind(dn, password),
    add: (dn, attributes) =>
      client.add(dn, toAttributes(attributes), asControls(writeDescriptorControls(attributes))),
    async replace(dn, attributes, assertion) {
      const changes = toAttributes(attributes).map(
        (modification) => new Change({ operation: 'replace', modification }),
      );
      const controls = [...assertionControls(assertion), ...writeDescriptorControls(attributes)];
      await client.modify(dn, changes, asControls(controls));
    },
    delete: (dn, assertion) => client.del(dn, asControls(assertionControls(assertion))),
    rename: (dn, newRdn) => client.modifyDN(dn, newRdn),
    async refresh(dn, ttlSeconds) {
      const value = Buffer.from(encodeRefreshRequest({ entryName: dn, requestTtl: ttlSeconds }));
      const answer = await client.exop(EXTENDED.refresh, value);
      return answer.value !== undefined && /^\d+$/.test(answer.value) ? Number(answer.value) : undefined;
    },
    async searchPage(request: PageRequest): Promise<SearchPage> {
      const page =
        request.pageSize === undefined ? undefined : new PageControl(request.pageSize, request.cookie);
      const found = await client.search(
        request.base,
        {
          scope: request.scope,
          filter: new EncodedFilter(request.filter),
          attributes: [...request.attributes],
          explicitBufferAttributes: [...request.binaryAttributes],
          sizeLimit: request.sizeLimit ?? 0,
          timeLimit: seconds, // the library would say 10
        },
        [...(page === undefined ? [] : [page]), ...asControls(readDescriptorControls(request.attributes))],
      );
      const entries = found.searchEntries.map(({ dn, ...attributes }) => {
        return new LdapEntry(
          dn,
          Object.entries(attributes).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
        );
      });
      const cookie = page?.answer;
      return { entries, ...(cookie === undefined || cookie.length === 0 ? {} : { cookie }) };
    },
    unbind: () => client.unbind(),
    explain: (error) => (error instanceof ResultCodeError ? resultOf(error) : undefined),
  };
}

/** The library takes any duplex stream for a socket; only its type insists on more. */
function asSocket(stream: LdapStream): Socket {
  if (!passesForSocket(stream)) throw new DirectoryError('The stream is not open');
  return stream;
}
const passesForSocket = (stream: Duplex & { readonly readyState: string }): stream is Socket =>
  stream.readyState === 'open';

function toAttributes(attributes: LdapAttributes): Attribute[] {
  return Object.entries(attributes).map(([type, values]) => {
    return new Attribute({
      type,
      values: values.map((value) => (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value))),
    });
  });
}

function resultOf(error: ResultCodeError): { code: number; details: DirectoryErrorDetails } {
  const words = error.message.replace(/ ?Code: 0x[0-9a-f]+$/, ''); // the library's own addition
  const [diagnostic = '', uris] = words.split(REFERRAL_MARK);
  return {
    code: error.code,
    details: {
      diagnostic: DEFAULT_WORDS.test(diagnostic) ? '' : diagnostic,
      ...(uris === undefined ? {} : { referrals: uris.split(' ').filter((uri) => uri !== '') }),
      cause: error,
    },
  };
}

/** What the library says when the server says nothing. */
const DEFAULT_WORDS = /^$|^Unknown error\.?$/;

/** A filter in our own encoding: the library's parser and writer get UTF-8, `(&)` and blanks wrong. */
class EncodedFilter extends LibraryFilter {
  override readonly type = 0xa0; // the library wants one of its own; the tag below is written
  readonly #tag: number;
  readonly #contents: Buffer;

  constructor(filter: Filter) {
    super();
    const writer = new BerWriter();
    writeFilter(writer, filter);
    const bytes = Buffer.from(writer.finish());
    const lengthByte = bytes[1] ?? 0;
    this.#tag = bytes[0] ?? 0;
    this.#contents = bytes.subarray(lengthByte < 0x80 ? 2 : 2 + (lengthByte & 0x7f));
  }

  override write(writer: LibraryWriter): void {
    writer.writeBuffer(this.#contents, this.#tag);
  }
  override toString(): string {
    return `0x${this.#tag.toString(16)} ${this.#contents.toString('hex')}`;
  }
}

const assertionControls = (filter: Filter | undefined): OurControl[] =>
  filter === undefined ? [] : [assertionControl(filter)];

const asControls = (controls: readonly OurControl[]): Control[] =>
  controls.map((control) => new EncodedControl(control));

/** A control in our own encoding. */
class EncodedControl extends Control {
  readonly #value: Buffer;

  constructor({ controlType, criticality, controlValue }: OurControl) {
    super(controlType, { critical: criticality });
    this.#value = Buffer.from(controlValue ?? []);
  }

  protected override writeControl(writer: LibraryWriter): void {
    writer.writeBuffer(this.#value, 0x04);
  }
}

/** Paged results (RFC 2696) one page at a time; the library's own loop stops at an empty page. */
class PageControl extends Control {
  readonly #value: Buffer;
  answer: Uint8Array | undefined;

  constructor(size: number, cookie: Uint8Array | undefined) {
    super(PAGED_RESULTS, { responseType: PAGE_ANSWER });
    const { controlValue } = pagedResultsControl({ size, cookie: cookie ?? new Uint8Array(0) });
    this.#value = Buffer.from(controlValue ?? []);
  }

  protected override writeControl(writer: LibraryWriter): void {
    writer.writeBuffer(this.#value, 0x04);
  }

  protected override parseControl(reader: LibraryReader): void {
    const controlValue = Uint8Array.from(reader.buffer);
    this.answer = decodePagedResults({ controlType: PAGED_RESULTS, criticality: false, controlValue }).cookie;
  }
}
