/** How a client has proved who it is: a bind's choice (RFC 4511 §4.2), or a SASL mechanism by its name. */
export type AuthMethod = 'anonymous' | 'simple' | 'EXTERNAL' | 'PLAIN' | 'SCRAM-SHA-256';

/** Who asks. */
export interface Identity {
  /** Normalised by the server; empty for anonymous. */
  readonly dn: string;
  /** Whether this is the administrator of the configuration. */
  readonly isAdmin: boolean;
  /** How it proved to be `dn`. */
  readonly method: AuthMethod;
  /** Where the request came from, for messages: `in-process`, a socket, or the peer's address and port. */
  readonly peer: string;
  /** Whether nobody on the way can read or change what is sent: TLS, a local socket, or the same process. */
  readonly isSecure: boolean;
  /** Whether it is on this computer, so that what is sent crosses no network. */
  readonly isLocal: boolean;
  /** Whether it is in this process: the user who runs the service, and may read its file anyway. */
  readonly isInProcess: boolean;
  /** SASL mechanisms that may be used on this connection now. */
  readonly saslMechanisms: readonly string[];
  /** Whether TLS may be started on this connection now. */
  readonly canStartTls: boolean;
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
  /** Whether clients on the network that did not bind may add, change, refresh and delete entries. Default false. */
  readonly anonymousWrite?: boolean;
}

/**
 * Everyone reads. Those who have proved who they are write, and so does the user of this process; anonymous clients on
 * the network do where that is allowed.
 */
export function defaultAccess({ anonymousWrite = false }: AccessOptions = {}): AccessPolicy {
  return {
    allows(who, action) {
      if (action === 'read' || action === 'compare') return true;
      if (who.isAdmin || who.isInProcess || anonymousWrite || who.dn !== '') return true;
      return 'this service takes no changes from anonymous clients: bind first';
    },
  };
}
