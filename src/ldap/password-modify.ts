import { BerReader, BerWriter, context } from './ber.ts';

/** RFC 3062 §2. Passwords are octets, as they would be in a simple bind. */
export interface PasswordModifyRequestValue {
  /** Whose password; by default that of the session's user. Not always a DN. */
  readonly userIdentity?: string;
  readonly oldPassword?: Uint8Array;
  /** Absent to have the server make one. */
  readonly newPassword?: Uint8Array;
}

/**
 * @param value absent when every part is left out
 * @throws {DecodeError}
 */
export function decodePasswordModifyRequest(value: Uint8Array | undefined): PasswordModifyRequestValue {
  if (value === undefined) return {};
  const r = new BerReader(value);
  const seq = r.constructed();
  const userIdentity = seq.nextTag === context(0) ? seq.text(context(0)) : undefined;
  const oldPassword = seq.nextTag === context(1) ? seq.octets(context(1)) : undefined;
  const newPassword = seq.nextTag === context(2) ? seq.octets(context(2)) : undefined;
  seq.expectEnd('the password modify request value');
  r.expectEnd('the password modify request value');
  return {
    ...(userIdentity === undefined ? {} : { userIdentity }),
    ...(oldPassword === undefined ? {} : { oldPassword }),
    ...(newPassword === undefined ? {} : { newPassword }),
  };
}

export function encodePasswordModifyRequest(request: PasswordModifyRequestValue): Uint8Array {
  const { userIdentity, oldPassword, newPassword } = request;
  const w = new BerWriter().begin();
  if (userIdentity !== undefined) w.text(userIdentity, context(0));
  if (oldPassword !== undefined) w.octets(oldPassword, context(1));
  if (newPassword !== undefined) w.octets(newPassword, context(2));
  return w.end().finish();
}

/** The response value that tells the password which the server has made. */
export function encodeGeneratedPassword(password: Uint8Array): Uint8Array {
  return new BerWriter().begin().octets(password, context(0)).end().finish();
}

/** @throws {DecodeError} */
export function decodeGeneratedPassword(value: Uint8Array): Uint8Array | undefined {
  const seq = new BerReader(value).constructed();
  return seq.nextTag === context(0) ? seq.octets(context(0)) : undefined;
}
