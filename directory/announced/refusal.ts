import { ReadOnlyError } from '../errors.ts';

/** @returns why announced sessions are not changed from here, and what to do instead */
export function refusal(doing: 'add' | 'modify' | 'refresh' | 'delete' | 'bind'): ReadOnlyError {
  const advice = {
    add: 'To announce a conference: rendezvous create NAME --announce, or rendezvous announce FILE.sdp',
    modify: 'Whoever announces a session changes it: there, announce the changed description',
    refresh: 'A session lives for as long as it is announced: rendezvous announce FILE.sdp',
    delete: 'Whoever announces a session withdraws it: there, end the announcing program',
    bind: 'Announcements ask nobody for a name: name another directory to log in to',
  }[doing];
  return new ReadOnlyError(
    `Announced sessions (sap:) are there to be read: nothing was done to them. ${advice}`,
  );
}
