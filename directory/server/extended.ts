import {
  encodeRefreshResponse,
  EXTENDED,
  type ExtendedRequest,
  type ExtendedResponse,
  RESULT,
  utf8Bytes,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import type { OperationContext } from './context.ts';
import { OperationError } from './errors.ts';
import { refresh } from './ttl.ts';

/**
 * Performs an extended operation.
 *
 * @throws {OperationError} protocolError for one that is not known (RFC 4511 §4.12)
 */
export function extended(
  context: OperationContext,
  who: Identity,
  { requestName, requestValue }: ExtendedRequest,
): ExtendedResponse {
  switch (requestName) {
    case EXTENDED.refresh:
      return refresh(context, who, requestValue);
    case EXTENDED.whoAmI:
      if (requestValue !== undefined) {
        throw new OperationError('protocolError', 'Who am I takes no value (RFC 4532 §2.1)');
      }
      return {
        type: 'extendedResponse',
        resultCode: RESULT.success,
        matchedDN: '',
        diagnosticMessage: '',
        responseValue: utf8Bytes(who.dn === '' ? '' : `dn:${who.dn}`),
      };
    default:
      throw new OperationError(
        'protocolError',
        `extended operation ${requestName} is not known here; supportedExtension of the root DSE lists those that are`,
      );
  }
}

/** The response to an extended operation that failed: a refused refresh says responseTtl 0 (RFC 2589 §4.2). */
export function extendedFailure(
  requestName: string,
  failed: Omit<ExtendedResponse, 'type'>,
): ExtendedResponse {
  const response: ExtendedResponse = { ...failed, type: 'extendedResponse' };
  if (requestName !== EXTENDED.refresh) return response;
  return { ...response, responseName: EXTENDED.refresh, responseValue: encodeRefreshResponse(0) };
}
