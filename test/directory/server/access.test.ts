import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountSid } from '../../../directory/account-sid.ts';
import { defaultAccess, type Identity } from '../../../directory/server/index.ts';
import { add } from '../../../directory/server/add.ts';
import { compare, deleteEntry } from '../../../directory/server/delete-compare.ts';
import { OperationError } from '../../../directory/server/errors.ts';
import { modify } from '../../../directory/server/modify.ts';
import { identityOf, networkPeer } from '../../../directory/server/peer.ts';
import { SearchContent } from '../../../directory/server/search-content.ts';
import { refresh } from '../../../directory/server/ttl.ts';
import {
  BerWriter,
  decodeMessage,
  encodeRefreshRequest,
  type ModifyChange,
  type PartialAttribute,
  RESULT,
  textAttribute,
  utf8Bytes,
} from '../../../src/ldap/index.ts';
import { parseSddl, serializeSecurityDescriptor } from '../../../src/security/index.ts';
import { addRequest, conferenceDn, searchRequest, testService } from './support.ts';

const peer = networkPeer('192.0.2.1', 4000);
const ANN = 'uid=ann,ou=Accounts,o=Intranet';
const BOB = 'uid=bob,ou=Accounts,o=Intranet';
const ann = identityOf(peer, ANN, 'simple');
const bob = identityOf(peer, BOB, 'simple');
const admin = identityOf(peer, 'cn=admin', 'simple', true);
const nobody = identityOf(peer);

const descriptor = (sddl: string): PartialAttribute => ({
  type: 'ntSecurityDescriptor',
  vals: [serializeSecurityDescriptor(parseSddl(sddl))],
});
const DN = conferenceDn('a');

let t: ReturnType<typeof testService>;
beforeEach(() => {
  t = testService({ access: defaultAccess({ anonymousWrite: true }) });
});
afterEach(() => t[Symbol.dispose]());

function publish(who: Identity, sddl?: string, dn = DN): void {
  const request = addRequest(dn, { objectClass: ['rtConference', 'dynamicObject'], conferenceBlob: 'v=0' });
  const more = sddl === undefined ? [] : [descriptor(sddl)];
  add(t.service.context, who, { ...request, attributes: [...request.attributes, ...more] });
}
const change = (who: Identity, ...modifications: readonly PartialAttribute[]): void => {
  const changes = modifications.map((modification): ModifyChange => ({ operation: 'replace', modification }));
  modify(t.service.context, who, { type: 'modifyRequest', object: DN, changes });
};
/** What of the entry a search finds, or undefined. */
function found(who: Identity, filter = '(objectClass=rtConference)'): string[] | undefined {
  const content = new SearchContent(t.service.context, who, searchRequest(filter));
  const entry = content.candidates(0, 1000).entries.find((each) => content.isHit(each));
  return entry === undefined ? undefined : Array.from(entry.attributes, ([key]) => key);
}

/** Which of the things that can be done to an entry `who` may do, tried for real on a fresh entry each time. */
const ACTIONS: Readonly<Record<string, (who: Identity) => unknown>> = {
  read: (who) => {
    const dn = { baseObject: DN, scope: 'base' } as const;
    return new SearchContent(t.service.context, who, searchRequest('(objectClass=*)', dn));
  },
  compare: (who) => {
    const request = { type: 'compareRequest', entry: DN, attribute: 'uid', value: utf8Bytes('a') } as const;
    compare(t.service.context, who, request);
  },
  modify: (who) => change(who, textAttribute('url', 'http://example.org/')),
  ttl: (who) => change(who, textAttribute('entryTtl', '600')),
  refresh: (who) => {
    refresh(t.service.context, who, encodeRefreshRequest({ entryName: DN, requestTtl: 600 }));
  },
  permissions: (who) => change(who, descriptor('D:(A;;GR;;;WD)')),
  delete: (who) => deleteEntry(t.service.context, who, { type: 'delRequest', entry: DN }),
};
const ALL = Object.keys(ACTIONS);

function allowed(owner: Identity, sddl: string | undefined, who: Identity): string[] {
  return ALL.filter((action) => {
    publish(owner, sddl);
    try {
      ACTIONS[action]!(who);
      return true;
    } catch (error) {
      // To those who may not see it, it is not there.
      const want = found(who) === undefined ? RESULT.noSuchObject : RESULT.insufficientAccessRights;
      if (!(error instanceof OperationError) || error.resultCode !== want) throw error;
      return false;
    } finally {
      const entry = t.service.context.store.descendants('o=intranet').find(({ dn }) => dn === DN);
      if (entry !== undefined) t.service.context.store.delete(entry);
    }
  });
}

describe('an entry without a descriptor', () => {
  test.each([
    { name: 'its owner does all', owner: ann, who: ann, want: ALL },
    { name: 'everyone else reads', owner: ann, who: bob, want: ['read', 'compare'] },
    { name: 'so does who has no name', owner: ann, who: nobody, want: ['read', 'compare'] },
    { name: 'administrators do all', owner: ann, who: admin, want: ALL },
    { name: 'nobody’s is everyone’s', owner: nobody, who: nobody, want: ALL },
    { name: 'also of those with a name', owner: nobody, who: bob, want: ALL },
    {
      name: 'the owner’s name may be written otherwise',
      owner: ann,
      who: identityOf(peer, 'UID=Ann, OU=accounts,o=intranet'),
      want: ALL,
    },
  ])('[DEF-05] $name', ({ owner, who, want }) => {
    expect(allowed(owner, undefined, who)).toEqual(want);
  });

  test('[DEF-05] what the user of this process adds is that user’s', async () => {
    await t.client.addConference('a');
    expect(() => ACTIONS.modify!(nobody)).toThrow(/anonymous clients may not modify/);
    expect(() => ACTIONS.delete!(ann)).toThrow(/may not delete/);
  });

  test('the tree itself is for administrators to change', () => {
    const request = { type: 'delRequest', entry: 'o=Intranet' } as const;
    expect(() => deleteEntry(t.service.context, ann, request)).toThrow(/may not delete/);
  });
});

describe('an entry with a descriptor', () => {
  const annSid = accountSid(ANN);
  const bobSid = accountSid(BOB);
  const write = ['modify', 'ttl', 'refresh'];
  test.each([
    { name: 'the default, spelt out', sddl: 'D:(A;;GR;;;WD)(A;;GA;;;OW)', who: ann, want: ALL },
    { name: 'and for others', sddl: 'D:(A;;GR;;;WD)(A;;GA;;;OW)', who: bob, want: ['read', 'compare'] },
    { name: 'the owner by SID', sddl: `D:(A;;GR;;;WD)(A;;GA;;;${annSid})`, who: ann, want: ALL },
    { name: 'creator owner is the owner', sddl: 'D:(A;;GA;;;CO)', who: ann, want: ALL },
    {
      name: 'an account of another system as the owner stands for who added it',
      sddl: 'O:S-1-5-21-1-2-3-1000D:(A;;GR;;;WD)(A;;GA;;;S-1-5-21-1-2-3-1000)',
      who: ann,
      want: ALL,
    },
    { name: 'invisible to all but one', sddl: `D:(A;;GA;;;${annSid})`, who: bob, want: [] },
    { name: 'nobody at all', sddl: 'D:', who: bob, want: [] },
    { name: 'but for administrators', sddl: 'D:', who: admin, want: ALL },
    {
      name: 'the owner may still say who may, knowing its name',
      sddl: 'D:(A;;GR;;;OW)(A;;WD;;;OW)',
      who: ann,
      want: ['read', 'compare', 'permissions'],
    },
    {
      name: 'one account writes',
      sddl: `D:(A;;GR;;;WD)(A;;GW;;;${bobSid})`,
      who: bob,
      want: ['read', 'compare', ...write],
    },
    {
      name: 'one account deletes',
      sddl: `D:(A;;GR;;;WD)(A;;SD;;;${bobSid})`,
      who: bob,
      want: ['read', 'compare', 'delete'],
    },
    {
      name: 'one account refreshes',
      sddl: `D:(A;;GR;;;WD)(A;;SW;;;${bobSid})`,
      who: bob,
      want: ['read', 'compare', 'ttl', 'refresh'],
    },
    { name: 'those with a name', sddl: 'D:(A;;GR;;;AU)', who: bob, want: ['read', 'compare'] },
    { name: 'are not those without', sddl: 'D:(A;;GR;;;AU)', who: nobody, want: [] },
    { name: 'one account is shut out', sddl: `D:(D;;GA;;;${bobSid})(A;;GA;;;WD)`, who: bob, want: [] },
  ])('[OBJ-06] $name', ({ sddl, who, want }) => {
    expect(allowed(ann, sddl, who)).toEqual(want);
  });

  test('[OBJ-06] what an anonymous locator client adds stays everyone’s who may see it', () => {
    const sddl = 'O:S-1-5-21-1-2-3-1000D:(A;;GR;;;WD)(A;;GA;;;S-1-5-21-1-2-3-1000)';
    expect(allowed(nobody, sddl, nobody)).toEqual(ALL);
    expect(allowed(nobody, `D:(A;;GA;;;${annSid})`, bob)).toEqual([]);
  });

  test('who sees the entry but not its descriptor gets the rest', () => {
    publish(ann, `D:(A;;RP;;;WD)`);
    expect(found(bob)).toContain('ntsecuritydescriptor');
    expect(readAttributes(bob)).not.toContain('ntSecurityDescriptor');
    expect(readAttributes(ann)).toContain('ntSecurityDescriptor');
  });

  test('[OBJ-07] a change of rights alone needs only that right, and changes who may', () => {
    publish(ann);
    change(ann, descriptor(`D:(A;;GA;;;${annSid})`));
    expect(found(bob)).toBeUndefined();
    change(ann, descriptor('D:(A;;GR;;;WD)(A;;GA;;;OW)'));
    expect(found(bob)).toBeDefined();
    const denied = () => change(bob, descriptor(`D:(A;;GA;;;${bobSid})`));
    expect(denied).toThrow(/may not say who may do what with/);
  });

  test('[OBJ-07] only administrators give an entry away; then it is the new owner’s', () => {
    publish(ann);
    const given = descriptor(`O:${bobSid}D:(A;;GR;;;WD)(A;;GA;;;OW)`);
    expect(() => change(ann, given)).toThrow(/only administrators give entries away/);
    expect(() => publish(ann, `O:${bobSid}D:`, conferenceDn('b'))).toThrow(/only administrators/);
    change(admin, given);
    expect(() => ACTIONS.modify!(ann)).toThrow(/may not modify/);
    ACTIONS.modify!(bob);
  });

  test('bytes that are no descriptor are refused', () => {
    publish(ann);
    const junk = { type: 'ntSecurityDescriptor', vals: [utf8Bytes('everyone')] };
    expect(() => change(ann, junk)).toThrow(/ntSecurityDescriptor: security descriptor:/);
  });

  test('entries are added where the one above allows it, and deleted by who may delete there', () => {
    const above = 'ou=Dynamic,o=Intranet';
    const changes = (sddl: string): readonly ModifyChange[] => [
      { operation: 'replace', modification: descriptor(sddl) },
    ];
    const set = (sddl: string): void =>
      modify(t.service.context, admin, { type: 'modifyRequest', object: above, changes: changes(sddl) });
    set(`D:(A;;GR;;;WD)(A;;CCDC;;;${bobSid})`);
    expect(() => publish(ann)).toThrow(/may not add below ou=Dynamic/);
    publish(bob);
    change(admin, descriptor('D:(A;;GR;;;WD)'));
    ACTIONS.delete!(bob);
    set(`D:(A;;GA;;;${annSid})`);
    expect(() => publish(bob)).toThrow(/there is no entry/);
  });
});

function readAttributes(who: Identity): string[] {
  const { context } = t.service;
  const content = new SearchContent(context, who, searchRequest('(objectClass=rtConference)'));
  const { entries } = content.candidates(0, 1000);
  const w = new BerWriter();
  for (const entry of entries) if (content.isHit(entry)) content.write(w, 1, entry);
  const { op } = decodeMessage(w.finish());
  return op.type === 'searchResultEntry' ? op.attributes.map(({ type }) => type) : [];
}

test('[OBJ-06] a search of many entries weighs a descriptor once', () => {
  const sddl = 'D:(A;;GR;;;AU)(A;;GA;;;OW)';
  t.service.context.store.transaction(() => {
    for (let i = 0; i < 500; i++) publish(ann, i % 2 === 0 ? sddl : undefined, conferenceDn(`c${i}`));
  });
  const count = (who: Identity): number => {
    const content = new SearchContent(t.service.context, who, searchRequest('(objectClass=rtConference)'));
    return content.candidates(0, 1000).entries.filter((entry) => content.isHit(entry)).length;
  };
  expect([count(bob), count(nobody), count(admin)]).toEqual([500, 250, 500]);
});

test('a list longer than what is remembered of one decides all the same', () => {
  const others = Array.from({ length: 100 }, (_, i) => `(A;;GR;;;${accountSid(`cn=other ${i}`)})`).join('');
  publish(ann, `D:${others}(A;;GR;;;${accountSid(BOB)})`);
  const carol = identityOf(peer, 'uid=carol,ou=Accounts,o=Intranet', 'simple');
  for (let again = 0; again < 2; again++) {
    expect([found(bob) !== undefined, found(carol), found(nobody)]).toEqual([true, undefined, undefined]);
  }
});
