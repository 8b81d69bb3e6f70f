/** Who asks. */
export interface Identity {
  /** Normalised by the server; empty for anonymous. */
  readonly dn: string;
  /** Whether this is the administrator of the configuration. */
  readonly isAdmin: boolean;
  /** Where the request came from: `in-process`, or the peer's address and port. */
  readonly peer: string;
}

/** What a request does to an entry. */
export type AccessAction = 'read' | 'compare' | 'add' | 'modify' | 'delete' | 'refresh';

/**
 * Who may do what. Asked before every operation on one entry; a refusal becomes insufficientAccessRights, a refused
 * read leaves the entry out.
 */
export interface AccessPolicy {
  /** @returns true, or the reason why not, for the client's eyes */
  allows(who: Identity, action: AccessAction, dn: string): true | string;
}

export interface AccessOptions {
  /** Whether clients that did not bind may add, change, refresh and delete entries. Default true. */
  readonly anonymousWrite?: boolean;
}

/** Everyone reads; the administrator writes, and anonymous clients do where that is allowed. */
export function defaultAccess({ anonymousWrite = true }: AccessOptions = {}): AccessPolicy {
  return {
    allows(who, action) {
      if (action === 'read' || action === 'compare' || who.isAdmin || anonymousWrite) return true;
      return 'this service takes changes only from its administrator: bind first';
    },
  };
}
