/** Where a conference comes from when it is not out of its publisher's own entry: somebody made it of what was heard. */
export interface ConferenceOrigin {
  /** It was announced by SAP (RFC 2974). */
  readonly kind: 'sap';
  /** Address of the host that announces it. */
  readonly source: string;
  /** SAP group that the announcement was heard on. */
  readonly group: string;
  /** Message identifier hash of the announcement, 0 to 65 535. */
  readonly hash: number;
  /** Name of the gateway that put it into a directory, and takes it away again; null when it was heard here. */
  readonly gateway: string | null;
  /** What names the session whatever its version: the `o=` line without it. */
  readonly session: string;
}

/** `sap://192.0.2.7/?group=239.255.255.255&hash=1a2b&gateway=…&session=…`: one value that every directory can keep. */
export function formatOrigin({ kind, source, group, hash, gateway, session }: ConferenceOrigin): string {
  const host = source.includes(':') ? `[${source}]` : source;
  const hex = hash.toString(16).padStart(4, '0');
  const query = new URLSearchParams({
    group,
    hash: hex,
    ...(gateway === null ? {} : { gateway }),
    session,
  }).toString();
  return `${kind}://${host}/?${query}`;
}

/** Undefined for text that {@link formatOrigin} did not write. */
export function parseOrigin(text: string): ConferenceOrigin | undefined {
  const [, source, query] = /^sap:\/\/\[?([\da-f.:]+)\]?\/\?(.*)$/i.exec(text) ?? [];
  if (source === undefined) return undefined;
  const values = new URLSearchParams(query);
  const [group, hash, session] = ['group', 'hash', 'session'].map((name) => values.get(name));
  const gateway = values.get('gateway');
  if (!group || !session || !/^[\da-f]{4}$/i.test(hash ?? '')) return undefined;
  return { kind: 'sap', source, group, hash: Number.parseInt(hash ?? '', 16), gateway, session };
}
