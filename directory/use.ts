import type { UserDialect } from './dialect/dialect.ts';
import { conferenceEntries, type Connected, Entries, userEntries } from './entries.ts';

/** A server whose dialect is known, and where its entries of either kind are read and written. */
export interface Use extends Connected {
  readonly entries: Entries;
  readonly users: { readonly dialect: UserDialect; readonly entries: Entries } | undefined;
}

export function useOf(connected: Connected, now: () => Date): Use {
  const { dialect } = connected;
  const { users } = dialect;
  return {
    ...connected,
    entries: new Entries(connected, conferenceEntries(dialect), now),
    users:
      users === undefined
        ? undefined
        : { dialect: users, entries: new Entries(connected, userEntries(users), now) },
  };
}
