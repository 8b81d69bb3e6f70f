import { randomBytes } from 'node:crypto';
import { DecodeError } from '../../src/errors.ts';
import { EXTENDED, type LdapRequest, type LdapResponse, RESULT, utf8Text } from '../../src/ldap/index.ts';
import { saslPrep, ScramClient, serializePlain } from '../../src/sasl/index.ts';
import type { Credentials } from '../credentials.ts';
import { NotPermittedError } from '../errors.ts';
import { saltedPassword, SHA256 } from '../scram-sha-256.ts';

/** A request that goes past the client library, which knows no SASL of several messages. */
export type Exchange = (op: LdapRequest) => Promise<LdapResponse>;

/** The server's answer to one of those, when it is no success. */
export class RefusedError extends Error {
  readonly resultCode: number;
  readonly diagnostic: string;
  constructor(resultCode: number, diagnostic: string) {
    super(diagnostic);
    this.resultCode = resultCode;
    this.diagnostic = diagnostic;
  }
}

/** The server has not proved that it is the one that knows the password: it is not to be spoken to further. */
export class ServerNotProvedError extends NotPermittedError {}

/**
 * Binds by SASL (RFC 4513 §5.2). Nothing else may be under way on the connection.
 *
 * @throws {RefusedError} when the server says no
 * @throws {ServerNotProvedError} when it cannot prove in turn that it knows the password
 */
export async function saslBind(
  exchange: Exchange,
  credentials: Extract<Credentials, { readonly kind: 'external' | 'plain' | 'scram' }>,
): Promise<void> {
  switch (credentials.kind) {
    case 'external':
      await step(exchange, 'EXTERNAL', new Uint8Array(0), false);
      return;
    case 'plain': {
      const { user, password } = credentials;
      const message = serializePlain({ authzid: '', authcid: saslPrep(user), password: saslPrep(password) });
      await step(exchange, 'PLAIN', message, false);
      return;
    }
    case 'scram':
      await scram(exchange, saslPrep(credentials.user), saslPrep(credentials.password));
  }
}

async function scram(exchange: Exchange, name: string, password: string): Promise<void> {
  const mechanism = 'SCRAM-SHA-256';
  const machine = new ScramClient(SHA256, { name, nonce: randomBytes(18).toString('base64') });
  const challenge = await step(exchange, mechanism, machine.first(), true);
  try {
    const { salt, iterations } = machine.handleServerFirst(challenge);
    const salted = await saltedPassword(password, salt, iterations);
    machine.handleServerFinal(await step(exchange, mechanism, machine.final(salted), false));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ServerNotProvedError(
      `The directory could not prove that it knows the password of ${name}, so it may not be the one it seems to be: ${error.message}.`,
      { cause: error },
    );
  }
}

/** One bind request. @returns the server's part of the exchange */
async function step(
  exchange: Exchange,
  mechanism: string,
  credentials: Uint8Array,
  isMore: boolean,
): Promise<Uint8Array> {
  const authentication = { kind: 'sasl', mechanism, credentials } as const;
  const answer = await exchange({ type: 'bindRequest', version: 3, name: '', authentication });
  if (answer.type !== 'bindResponse')
    throw new RefusedError(RESULT.protocolError, 'it did not answer the bind');
  if (answer.resultCode !== (isMore ? RESULT.saslBindInProgress : RESULT.success)) {
    const isEarly = answer.resultCode === RESULT.success;
    const words = isEarly ? `it said success before ${mechanism} was through` : answer.diagnosticMessage;
    if (isEarly) throw new ServerNotProvedError(words);
    // how Cyrus SASL, behind OpenLDAP's server, says that it does not know the user: as trouble of its own
    const isUnknown = answer.resultCode === RESULT.other && words.includes('unable to canonify user');
    throw new RefusedError(isUnknown ? RESULT.invalidCredentials : answer.resultCode, words);
  }
  return answer.serverSaslCreds ?? new Uint8Array(0);
}

/** The DN that a server knows us by (RFC 4532); undefined where it does not say, or nobody. */
export async function boundDn(exchange: Exchange): Promise<string | undefined> {
  const answer = await exchange({ type: 'extendedRequest', requestName: EXTENDED.whoAmI });
  if (answer.type !== 'extendedResponse' || answer.resultCode !== RESULT.success) return undefined;
  const authzId = utf8Text(answer.responseValue ?? new Uint8Array(0)) ?? '';
  return /^dn:./i.test(authzId) ? authzId.slice(3) : undefined;
}
