/** Which kind of error a result is. */
export type ResultKind =
  | 'notFound'
  | 'alreadyExists'
  | 'notPermitted'
  | 'limit'
  | 'timeout'
  | 'unavailable'
  | 'referral'
  | 'other';

export interface ResultAdvice {
  readonly kind: ResultKind;
  /** What it means and what to do, as sentences. */
  readonly advice: string;
}

const OUT_OF_PLACE = 'That is no failure, but no answer to this request either: the server is at fault.';
const REPORT = 'This should not happen between this program and a sound server; please report it.';
const SCHEMA = 'The entry does not fit the schema of the server: load the one that this program prints.';

/**
 * What each result code means to a person, and what to do about it: all of RFC 4511 §4.1.9 and Appendix A, those of
 * Cancel (RFC 3909), assertion (RFC 4528), proxied authorization (RFC 4370) and content synchronisation (RFC 4533).
 */
const ADVICE: Readonly<Record<number, readonly [ResultKind, string]>> = {
  0: ['other', OUT_OF_PLACE],
  1: [
    'other',
    'The server was in no state to do it; some say so to who has to bind first. Bind, or try again.',
  ],
  2: ['other', `The server did not understand the request, or does not know the operation. ${REPORT}`],
  3: ['timeout', 'The server took longer than it allows. Ask for less, or have its time limit raised.'],
  4: ['limit', 'There is more than the server, or the limit asked for, allows. Narrow the search.'],
  5: ['other', OUT_OF_PLACE],
  6: ['other', OUT_OF_PLACE],
  7: ['notPermitted', 'The server does not take this way to authenticate. Use another one.'],
  8: [
    'notPermitted',
    'The server wants to know who asks, or a safer connection. Bind with name and password, and use ldaps:// or StartTLS.',
  ],
  10: ['referral', 'It is kept elsewhere.'],
  11: [
    'limit',
    'It is more than the administrator of the server allows. Narrow the search, or bind as somebody with a higher limit.',
  ],
  12: [
    'other',
    'The server lacks something that the request cannot do without. Use a newer server, or do it without.',
  ],
  13: ['notPermitted', 'The server does not do this in the clear. Use ldaps:// or StartTLS.'],
  14: ['other', `The server wants to go on with the authentication. ${OUT_OF_PLACE}`],
  16: ['other', 'The entry has no such attribute; somebody else may have changed it. Read it again.'],
  17: ['other', `The server does not know one of the attributes. ${SCHEMA}`],
  18: ['other', 'One of the attributes cannot be searched in this way. Use another filter.'],
  19: [
    'other',
    'A value is not one that the server allows: too long, too many, or not for clients to set. Change it.',
  ],
  20: ['other', 'The value is there already; somebody else may have changed the entry. Read it again.'],
  21: ['other', 'A value is not written as its attribute wants it. Change it.'],
  32: ['notFound', 'There is no such entry.'],
  33: ['other', 'An alias on the way points nowhere. Have the alias corrected, or name another base.'],
  34: [
    'other',
    'The name of the entry, or the base in the URL, is not a distinguished name such as dc=example,dc=org. Correct it.',
  ],
  36: [
    'notPermitted',
    'There is an alias on the way that may not be followed. Name another base, or ask for the right.',
  ],
  48: [
    'notPermitted',
    'This way to authenticate is not for this account; one without a password cannot use it. Use another one.',
  ],
  49: ['notPermitted', 'Check the bind name and the password.'],
  50: ['notPermitted', 'Bind as somebody who may, or ask the administrator for the right.'],
  51: ['unavailable', 'The server has too much to do. Try again later, or name a second server.'],
  52: ['unavailable', 'The server is going down, or is not ready. Try again later, or name a second server.'],
  53: [
    'other',
    'The server could, but does not want to: it may be a read-only copy, or keep a policy. Ask its administrator.',
  ],
  54: [
    'other',
    'The server went round in circles: its aliases or referrals point at each other. Tell its administrator.',
  ],
  64: ['other', 'An entry of this kind cannot have such a name, or not in this place. Name another base.'],
  65: ['other', SCHEMA],
  66: ['other', 'There are entries below it. Delete those first.'],
  67: ['other', 'The name of an entry cannot be changed by changing its attributes. Rename it.'],
  68: ['alreadyExists', 'The name is taken. Take another one, or change the entry that has it.'],
  69: ['other', 'The kind of an entry cannot be changed. Delete it and publish it anew.'],
  71: ['other', 'It would go over several servers, which this one does not do. Ask the other server.'],
  80: ['other', 'The server had trouble of its own. Look into its log.'],
  118: ['other', 'The request was called off.'],
  119: ['other', 'There is nothing to call off: it has ended already, or never was.'],
  120: ['other', 'It cannot be called off any more. Look whether it was done.'],
  121: ['other', 'Requests of this kind cannot be called off.'],
  122: ['other', 'Somebody else changed the entry in the meantime. Read it again, and repeat the change.'],
  123: ['notPermitted', 'This account may not act for another one. Bind as that one itself.'],
  4096: ['other', 'The server cannot go on where this client was. Read everything anew.'],
};

const UNKNOWN: ResultAdvice = {
  kind: 'other',
  advice: 'This program does not know that code. Look it up in the manual of the server.',
};

/**
 * What Active Directory means by the number behind `data` in the diagnostic message of invalidCredentials: system error
 * codes in hexadecimal.
 */
const AD_LOGON: Readonly<Record<string, string>> = {
  '525': 'There is no such account. Check the bind name.',
  '52e': 'The password is wrong, or the bind name is.',
  '52f': 'The account is restricted: no empty password, or not at this time or place. Ask the administrator.',
  '530': 'The account may not log on at this time of day.',
  '531': 'The account may not log on from this computer.',
  '532': 'The password has expired. Change it.',
  '533': 'The account is switched off. Ask the administrator.',
  '568': 'The account is in too many groups. Ask the administrator.',
  '701': 'The account has expired. Ask the administrator.',
  '773': 'The password must be changed before it can be used the first time. Change it.',
  '775': 'The account is locked after too many wrong passwords. Wait, or ask the administrator.',
};

/** Active Directory's way to say that an anonymous client has to bind first. */
const AD_BIND_FIRST = /\b000004DC\b/i;

/**
 * @param code       LDAP result code
 * @param diagnostic the server's own words, in which some servers hide what they mean
 * @param referrals  URIs of a referral
 */
export function adviceFor(code: number, diagnostic = '', referrals: readonly string[] = []): ResultAdvice {
  const known = ADVICE[code];
  if (known === undefined) return UNKNOWN;
  const [kind, advice] = known;
  if (code === 10) {
    const where =
      referrals.length === 0 ? 'Ask its administrator where.' : `Ask there: ${referrals.join(', ')}`;
    return { kind, advice: `${advice} ${where}` };
  }
  if (code === 1 && AD_BIND_FIRST.test(diagnostic)) {
    return { kind: 'notPermitted', advice: 'The server answers nobody who did not bind. Bind first.' };
  }
  if (code === 49) {
    const logon = AD_LOGON[/\bdata ([0-9a-f]{3,4})\b/i.exec(diagnostic)?.[1]?.toLowerCase() ?? ''];
    if (logon !== undefined) return { kind, advice: logon };
  }
  return { kind, advice };
}
