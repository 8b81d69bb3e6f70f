import { SessionDescription } from './session.ts';

/** Attributes that hold keys: RFC 4568, RFC 4567. */
const KEY_ATTRIBUTES = ['crypto', 'key-mgmt'] as const;

/** The description without `a=crypto`, `a=key-mgmt` and `k=`: a copy where there are any, else itself. It may be shown and kept. */
export function withoutKeys(description: SessionDescription): SessionDescription {
  const holds = [description, ...description.media].some(
    (level) =>
      level.connection.key !== undefined || KEY_ATTRIBUTES.some((name) => level.attributes.has(name)),
  );
  if (!holds) return description;
  const copy = SessionDescription.parse(description.toBytes());
  for (const level of [copy, ...copy.media]) {
    for (const name of KEY_ATTRIBUTES) level.attributes.delete(name);
    level.connection.setKey(undefined);
  }
  return copy;
}

/** A line of a description as it may be shown: of keys only that there is one. */
export function lineWithoutKey(line: string): string {
  const [, shown] = /^(k=|a=key-mgmt:|a=crypto:(?:\d{1,9} \w{1,60} )?)/.exec(line) ?? [];
  return shown === undefined ? line : `${shown}…`;
}
