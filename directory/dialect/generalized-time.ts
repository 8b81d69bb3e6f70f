/** GeneralizedTime in UTC to the second (RFC 4517 §3.3.13). */
export function generalizedTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** The only form that Active Directory stores: with tenths of a second ([MS-ADTS] 3.1.1.2.2.2). */
export const generalizedTimeWithTenths = (date: Date): string => generalizedTime(date).replace('Z', '.0Z');

/** Reads GeneralizedTime with seconds in UTC; undefined for anything else. */
export function parseGeneralizedTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,]\d+)?Z$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}
