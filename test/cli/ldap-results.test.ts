import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../cli/exit-codes.ts';
import { createConference, DirectoryError } from '../../directory/index.ts';
import type { LdapDirectory } from '../../directory/ldap-directory.ts';
import { RESULT, resultName } from '../../src/ldap/index.ts';
import { FaultyService } from '../directory/faulty-service.ts';

const { failed, notFound, notPermitted, network } = EXIT;

/** Every code of RFC 4511 Appendix A, 3909, 4370, 4528 and 4533, with the exit status and a word of what to do. */
const CODES: readonly (readonly [code: number, exit: number, advice: RegExp])[] = [
  [1, failed, /Bind, or try again/],
  [2, failed, /did not understand/],
  [3, network, /Ask for less/],
  [4, failed, /Narrow the search/],
  [5, failed, /server is at fault/],
  [6, failed, /server is at fault/],
  [7, notPermitted, /Use another one/],
  [8, notPermitted, /Bind with name and password, and use ldaps/],
  [10, failed, /Ask its administrator where/],
  [11, failed, /higher limit/],
  [12, failed, /newer server/],
  [13, notPermitted, /Use ldaps:\/\/ or StartTLS/],
  [14, failed, /go on with the authentication/],
  [16, failed, /Read it again/],
  [17, failed, /load the one that this program prints/],
  [18, failed, /another filter/],
  [19, failed, /Change it/],
  [20, failed, /Read it again/],
  [21, failed, /Change it/],
  [33, failed, /alias corrected/],
  [34, failed, /Correct it/],
  [36, notPermitted, /ask for the right/],
  [48, notPermitted, /without a password/],
  [49, notPermitted, /Check the bind name and the password/],
  [50, notPermitted, /Bind as somebody who may/],
  [51, network, /Try again later/],
  [52, network, /Try again later/],
  [53, failed, /read-only copy/],
  [54, failed, /Tell its administrator/],
  [64, failed, /another base/],
  [65, failed, /load the one that this program prints/],
  [66, failed, /Delete those first/],
  [67, failed, /Rename it/],
  [69, failed, /publish it anew/],
  [71, failed, /Ask the other server/],
  [80, failed, /Look into its log/],
  [118, failed, /called off/],
  [119, failed, /nothing to call off/],
  [120, failed, /Look whether it was done/],
  [121, failed, /cannot be called off/],
  [122, failed, /repeat the change/],
  [123, notPermitted, /Bind as that one itself/],
  [4096, failed, /Read everything anew/],
  [70, failed, /Look it up in the manual/],
];

let faulty: FaultyService;
let directory: LdapDirectory;
beforeAll(async () => {
  faulty = new FaultyService();
  directory = await faulty.open();
});
afterAll(async () => {
  await directory.close();
  faulty.stop();
});

/** What becomes of an answer to a change, to a read, and to a bind. */
async function errorsOf(resultCode: number, diagnosticMessage = ''): Promise<readonly unknown[]> {
  faulty.fate = (op) => {
    const type =
      op.type === 'delRequest'
        ? 'delResponse'
        : op.type === 'searchRequest'
          ? 'searchResultDone'
          : 'bindResponse';
    return { answers: [{ type, resultCode, matchedDN: '', diagnosticMessage }] };
  };
  const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
  return [
    await caught(directory.delete('x')),
    await caught(directory.search().toArray()),
    await caught(directory.bind({ kind: 'simple', dn: 'cn=x', password: 'x' })),
  ];
}

describe('every result code becomes a message with something to do, and the right exit status', () => {
  test.each(CODES)('%i', async (code, exit, advice) => {
    for (const error of await errorsOf(code, 'as the server says')) {
      expect(error).toBeInstanceOf(DirectoryError);
      expect(error).toMatchObject({ ldapCode: code, diagnostic: 'as the server says' });
      expect(error).toHaveProperty('message', expect.stringMatching(advice));
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(/^Could not .*\(\d+\): as the server says\. [A-Z].*[.!]$/),
      );
      expect(exitCodeOf(error)).toBe(exit);
    }
  });

  test('32 and 68 depend on what was asked', async () => {
    const [deleting, searching] = await errorsOf(32);
    expect(exitCodeOf(deleting)).toBe(notFound);
    expect(deleting).toHaveProperty('message', expect.stringMatching(/There is no such entry/));
    // about the container, not about a conference
    expect(exitCodeOf(searching)).toBe(failed);
    expect(searching).toHaveProperty(
      'message',
      expect.stringMatching(/Create that entry, or name another base/),
    );
    faulty.fate = () => ({
      answers: [{ type: 'addResponse', resultCode: 68, matchedDN: '', diagnosticMessage: '' }],
    });
    const adding = await directory.add(createConference({ name: 'x' })).catch((error: unknown) => error);
    expect(exitCodeOf(adding)).toBe(failed);
    expect(adding).toMatchObject({
      code: 'ERR_DIRECTORY_ALREADY_EXISTS',
      message: expect.stringMatching(/The name is taken/),
    });
  });

  test('none that has a name is missing here', () => {
    const tried = new Set([...CODES.map(([code]) => code), 0, 32, 68]);
    expect(Object.values(RESULT).filter((code) => !tried.has(code))).toEqual([]);
    expect(resultName(70)).toBe('resultCode 70'); // the one that nobody knows
  });
});

describe('what Active Directory hides in its words', () => {
  const told = (data: string): string =>
    `80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data ${data}, v4563`;

  test.each([
    ['525', /no such account/],
    ['52e', /password is wrong/],
    ['52f', /restricted/],
    ['530', /time of day/],
    ['531', /from this computer/],
    ['532', /expired\. Change it/],
    ['533', /switched off/],
    ['568', /too many groups/],
    ['701', /account has expired/],
    ['773', /must be changed/],
    ['775', /locked/],
    ['57', /Check the bind name/], // another: the usual advice
  ])('data %s', async (data, advice) => {
    const [, , binding] = await errorsOf(49, told(data));
    expect(binding).toHaveProperty('message', expect.stringMatching(advice));
    expect(exitCodeOf(binding)).toBe(notPermitted);
  });

  test('that one has to bind first', async () => {
    const words =
      '000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed';
    const [, searching] = await errorsOf(1, words);
    expect(exitCodeOf(searching)).toBe(notPermitted);
    expect(searching).toHaveProperty('message', expect.stringMatching(/Bind first\.$/));
  });
});
