import { encodeMessage, EXTENDED, RESULT, type ResultName } from '../../src/ldap/index.ts';

/** The notice that ends a session and says why (RFC 4511 §4.4.1). */
export function encodeNotice(result: ResultName, diagnosticMessage: string): Uint8Array {
  return encodeMessage({
    messageId: 0,
    op: {
      type: 'extendedResponse',
      resultCode: RESULT[result],
      matchedDN: '',
      diagnosticMessage,
      responseName: EXTENDED.noticeOfDisconnection,
    },
  });
}
