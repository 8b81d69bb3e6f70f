/**
 * What an object can be dialled by, in the order of TAPI's LINEADDRESSTYPE: telephone number (1), session description
 * (2), e-mail address (4), domain name of a computer (8), IP address (16).
 */
export const ADDRESS_TYPES = ['phone', 'sdp', 'email', 'domain', 'ip'] as const;

/** One of {@link ADDRESS_TYPES}. */
export type AddressType = (typeof ADDRESS_TYPES)[number];
