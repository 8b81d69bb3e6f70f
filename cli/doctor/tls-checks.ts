import type { ServerInspection } from '../../directory/index.ts';
import { messageOf } from '../output/output.ts';
import { dateText } from '../output/times.ts';
import { fail, type Judged, ok, warn } from './check.ts';

const DAY_MS = 86_400_000;
/** A certificate is to be renewed before its last month is over. */
const RENEW_DAYS = 30;

const WHY_TRUST =
  'without it nobody knows whether the server is the one that was meant, so no connection is made';

/** The worst that is to be said about the certificates of a directory's servers. */
export function judgeCertificates(servers: readonly ServerInspection[], now: Date): Judged {
  const all = servers.map((server) => judgeOne(server, now));
  const worst = all.find(({ status }) => status === 'fail') ?? all.find(({ status }) => status === 'warn');
  return worst ?? ok(all.map(({ detail }) => detail).join('; '));
}

function judgeOne({ where, host = '', certificate }: ServerInspection, now: Date): Judged {
  if (certificate?.value === undefined) {
    return fail(
      `${where}: TLS does not begin: ${messageOf(certificate?.error)}`,
      'look whether the server has a certificate and the port is that of TLS: openssl s_client -connect',
      'what was to be kept secret cannot be',
    );
  }
  const { protocol, subject, issuer, names, validFrom, validTo, chainProblem, nameProblem } =
    certificate.value;
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
  if (days < 0) {
    return fail(
      `${where}: its certificate expired on ${dateText(validTo)}`,
      'have it renewed, and look whether the clock of this computer is right',
      WHY_TRUST,
    );
  }
  if (validFrom > now) {
    return fail(
      `${where}: its certificate is valid from ${dateText(validFrom)} on`,
      'look whether the clock of this computer is right',
      WHY_TRUST,
    );
  }
  if (nameProblem !== undefined) {
    const others = names === '' ? subject : names;
    return fail(
      `${where}: its certificate is not for ${host}, but for ${others}`,
      'use a name that is in the certificate, or have one made for this name',
      WHY_TRUST,
    );
  }
  if (chainProblem !== undefined) {
    return fail(
      `${where}: ${chainWords(chainProblem, subject, issuer)} (${chainProblem})`,
      chainProblem === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
        ? 'have the server send the certificates in between too, or give them: --ca-file chain.pem'
        : 'give the certificate of its authority: --ca-file ca.pem',
      WHY_TRUST,
    );
  }
  const told = `${where} by ${protocol}, ${subject}, until ${dateText(validTo)}`;
  if (days >= RENEW_DAYS) return ok(told);
  return warn(`${told}: ${days} days are left`, 'have it renewed', 'nobody can connect once it has expired');
}

function chainWords(code: string, subject: string, issuer: string): string {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `its certificate (${subject}) is signed by nobody but itself`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `its certificate goes back to an authority that is not known here (${issuer})`;
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `the certificate of its issuer (${issuer}) is missing`;
    case 'CERT_HAS_EXPIRED':
      return 'a certificate between it and its authority has expired';
    case 'CERT_REVOKED':
      return 'its certificate was revoked';
    default:
      return 'its certificate is not trusted';
  }
}
