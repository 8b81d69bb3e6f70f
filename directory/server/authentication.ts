import { randomBytes } from 'node:crypto';
import { DecodeError } from '../../src/errors.ts';
import { type BindRequest, type BindResponse, RESULT } from '../../src/ldap/index.ts';
import { parsePlain, parseScramKeys, type ScramKeys, ScramServer } from '../../src/sasl/index.ts';
import type { AuthMethod, Identity } from './access.ts';
import type { BindDelay } from './bind-delay.ts';
import { readDn } from './context.ts';
import { OperationError } from './errors.ts';
import { DECOY_HASH, decoyScramKeys, passwordCheck } from './password.ts';
import { SHA256 } from '../scram-sha-256.ts';
import { identityOf, mechanismsFor, type Peer } from './peer.ts';
import type { Principal, Principals } from './principals.ts';

/** What binds are checked with. */
export interface AuthenticationService {
  readonly principals: Principals;
  readonly bindDelay: BindDelay;
  /** Whether passwords in the clear are refused where others on the network could read them. */
  readonly requireTls: boolean;
}

/** The outcome of one step: who it is, or a question back. `credentials` go to the client. */
type Step =
  | { readonly identity: Identity; readonly credentials?: Uint8Array }
  | { readonly challenge: Uint8Array };

/** A SASL exchange of several messages that is under way. */
interface Exchange {
  readonly mechanism: string;
  next(credentials: Uint8Array): Promise<Step>;
}

/** Who one client is: anonymous at first, then as its binds prove (RFC 4513 §5). */
export class Authentication {
  readonly #service: AuthenticationService;
  #peer: Peer;
  #who: Identity;
  #exchange: Exchange | undefined;

  constructor(service: AuthenticationService, peer: Peer) {
    this.#service = service;
    this.#peer = peer;
    this.#who = identityOf(peer);
  }

  get who(): Identity {
    return this.#who;
  }
  get peer(): Peer {
    return this.#peer;
  }
  /** Whether a SASL exchange waits for its next message; TLS may not begin then (RFC 4513 §3.1.1). */
  get isUnderWay(): boolean {
    return this.#exchange !== undefined;
  }

  /** TLS stands now. Who has bound stays who it is (RFC 4513 §3.1.3). */
  tlsStarted(peer: Peer): void {
    this.#peer = peer;
    this.#who = identityOf(peer, this.#who.dn, this.#who.method, this.#who.isAdmin);
  }

  /**
   * One bind request (RFC 4511 §4.2). While it is under way, and after it has failed, the client is nobody.
   *
   * @throws {OperationError} saying why not
   */
  async bind(request: BindRequest): Promise<BindResponse> {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#who = identityOf(this.#peer);
    const step = await this.#step(request, exchange);
    const answer = { type: 'bindResponse', matchedDN: '', diagnosticMessage: '' } as const;
    if ('challenge' in step) {
      return { ...answer, resultCode: RESULT.saslBindInProgress, serverSaslCreds: step.challenge };
    }
    this.#who = step.identity;
    return {
      ...answer,
      resultCode: RESULT.success,
      ...(step.credentials === undefined ? {} : { serverSaslCreds: step.credentials }),
    };
  }

  async #step({ name, authentication }: BindRequest, exchange: Exchange | undefined): Promise<Step> {
    if (authentication.kind === 'simple') {
      return { identity: await this.#simple(name, authentication.password) };
    }
    if (authentication.kind === 'other') {
      throw new OperationError(
        'authMethodNotSupported',
        `method ${authentication.tag & 0x1f} is not supported: bind anonymously, with a simple password, or by SASL`,
      );
    }
    try {
      return await this.#sasl(authentication.mechanism, authentication.credentials, exchange);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new OperationError('invalidCredentials', error.message);
    }
  }

  /** RFC 4513 §5.1. */
  async #simple(name: string, password: Uint8Array): Promise<Identity> {
    readDn(name);
    if (password.length === 0) {
      if (name === '') return this.#who;
      // RFC 4513 §5.1.2: a client that forgot the password must not think it is somebody.
      throw new OperationError(
        'unwillingToPerform',
        'a name without a password proves nothing: give both or neither',
      );
    }
    const { isSecure, isLocal } = this.#peer;
    if (this.#service.requireTls && !isSecure && !isLocal) {
      throw new OperationError(
        'confidentialityRequired',
        'this service takes no passwords in the clear: use ldaps://, StartTLS, or SASL SCRAM-SHA-256',
      );
    }
    return this.#checkPassword(this.#service.principals.byDn(name), password, 'simple');
  }

  /** RFC 4513 §5.2. */
  async #sasl(
    mechanism: string,
    credentials: Uint8Array | undefined,
    exchange: Exchange | undefined,
  ): Promise<Step> {
    const offered = mechanismsFor(this.#peer);
    if (!offered.includes(mechanism)) {
      const advice =
        mechanism === 'PLAIN' ? 'PLAIN needs TLS or a local socket' : `there are ${offered.join(', ')}`;
      throw new OperationError('authMethodNotSupported', `SASL ${mechanism} is not offered here: ${advice}`);
    }
    if (mechanism === 'EXTERNAL') return { identity: this.#external(credentials) };
    if (exchange?.mechanism === mechanism && credentials !== undefined) return exchange.next(credentials);
    const first = mechanism === 'PLAIN' ? this.#plain : this.#scramFirst;
    if (credentials !== undefined) return first(credentials);
    // The client speaks first in both: it is asked to (RFC 4422 §5, item 2a).
    this.#exchange = { mechanism, next: first };
    return { challenge: new Uint8Array(0) };
  }

  /** RFC 4422 appendix A: the credentials are an authorization identity, or empty. */
  #external(credentials: Uint8Array | undefined): Identity {
    const { external } = this.#peer;
    if (external === undefined)
      throw new OperationError('inappropriateAuthentication', 'nothing is known of you');
    const isAdmin = external.isAdmin || this.#service.principals.isAdmin(external.dn);
    const identity = identityOf(this.#peer, external.dn, 'EXTERNAL', isAdmin);
    this.#requireOwn(new TextDecoder().decode(credentials), identity);
    return identity;
  }

  readonly #plain = async (credentials: Uint8Array): Promise<Step> => {
    const { authzid, authcid, password } = parsePlain(credentials);
    const principal = this.#service.principals.byName(authcid);
    const identity = await this.#checkPassword(principal, new TextEncoder().encode(password), 'PLAIN');
    this.#requireOwn(authzid, identity);
    return { identity };
  };

  readonly #scramFirst = async (credentials: Uint8Array): Promise<Step> => {
    await this.#turn();
    const server = new ScramServer(SHA256, randomBytes(18).toString('base64'));
    const { name, authzid } = server.handleClientFirst(credentials);
    const principal = this.#service.principals.byName(name);
    const challenge = server.first(scramKeysOf(principal) ?? decoyScramKeys(name));
    this.#exchange = {
      mechanism: 'SCRAM-SHA-256',
      next: async (last) => {
        const isProven = server.handleClientFinal(last);
        if (!isProven || principal === undefined) throw this.#failed();
        const identity = this.#identityOf(principal, 'SCRAM-SHA-256');
        this.#requireOwn(authzid ?? '', identity);
        return { identity, credentials: server.final() };
      },
    };
    return { challenge };
  };

  /** Nobody acts as another: an authorization identity must be one's own (RFC 4513 §5.2.1.8). */
  #requireOwn(authzid: string, { dn }: Identity): void {
    if (authzid === '') return;
    const meant = this.#service.principals.byName(authzid)?.dn ?? authzid.replace(/^dn:/i, '');
    if (meant.toLowerCase() === dn.toLowerCase()) return;
    throw new OperationError('authorizationDenied', `you are ${dn}, and cannot act as ${authzid}`);
  }

  async #checkPassword(
    principal: Principal | undefined,
    password: Uint8Array,
    method: AuthMethod,
  ): Promise<Identity> {
    await this.#turn();
    // The hash is worked out for a wrong name too: the time taken tells nothing.
    const isRight = await passwordCheck(principal?.secret.password ?? DECOY_HASH)(password);
    if (!isRight || principal === undefined) throw this.#failed();
    return this.#identityOf(principal, method);
  }

  #identityOf({ dn, isAdmin }: Principal, method: AuthMethod): Identity {
    return identityOf(this.#peer, dn, method, isAdmin);
  }

  async #turn(): Promise<void> {
    if (this.#peer.address !== undefined) await this.#service.bindDelay.turn(this.#peer.address);
  }

  #failed(): OperationError {
    if (this.#peer.address !== undefined) this.#service.bindDelay.failed(this.#peer.address);
    return new OperationError('invalidCredentials', 'name or password is wrong');
  }
}

function scramKeysOf(principal: Principal | undefined): ScramKeys | undefined {
  const scram = principal?.secret.scram ?? '';
  return scram === '' ? undefined : parseScramKeys(SHA256, scram);
}
