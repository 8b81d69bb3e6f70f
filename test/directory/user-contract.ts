import { describe, expect, test } from 'vitest';
import {
  AlreadyExistsError,
  createConference,
  createUser,
  type Directory,
  type DirectoryUser,
  NotFoundError,
  type UserInit,
} from '../../directory/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import type { Backend } from './contract.ts';

const user = (name: string, init: Partial<UserInit> = {}): DirectoryUser =>
  createUser({ name, primaryPhone: 'phone.example', ...init });

const namesOf = async (found: AsyncIterable<DirectoryUser>): Promise<string[]> =>
  (await Array.fromAsync(found)).map(({ name }) => name).sort();

/** What every directory must do with users, whatever server is behind it. */
export function userContract(backend: () => Backend, open: () => Promise<Directory>): void {
  describe('users', () => {
    test('[USR-01] [USR-03] [OBJ-01] [DIR-09] who is published can be looked up, and called', async () => {
      const directory = await open();
      const mine = user('alice', {
        email: 'alice@example.org',
        givenName: 'Alice',
        surname: 'Überall',
        location: 'Room 5, 2nd floor',
        comment: 'by "phone" <only>',
        phones: ['+49 30 1234'],
        addresses: ['10.70.41.96', '2001:db8::1'],
        port: 1720,
        inCall: true,
        canAudio: true,
        canVideo: true,
      });
      await directory.add(mine);
      expect(mine.dn).toBeDefined();
      expect(mine.ttlSeconds).toBe(1800);
      const found = await directory.getUser('Alice');
      const isComplete = backend().keepsUserDetails !== false;
      const details = {
        email: 'alice@example.org',
        givenName: 'Alice',
        surname: 'Überall',
        location: 'Room 5, 2nd floor',
        port: 1720,
      };
      expect(found).toMatchObject({
        kind: 'user',
        name: 'alice',
        primaryPhone: 'phone.example',
        ...(isComplete ? details : {}),
        comment: 'by "phone" <only>',
        inCall: true,
        canAudio: true,
        canVideo: true,
        listed: true,
      });
      expect(found?.attributes.size).toBe(0);
      expect(found?.ttlSeconds).toBeGreaterThan(1700);
      const calls = (type: Parameters<DirectoryUser['dialableAddresses']>[0]): string[] | undefined =>
        found?.dialableAddresses(type).toArray();
      expect(calls('domain')).toEqual(['phone.example']);
      expect(calls('ip')?.sort()).toEqual(['10.70.41.96', '2001:db8::1']);
      expect(calls('email')).toEqual(isComplete ? ['alice@example.org'] : []);
      expect(calls('phone')).toEqual(isComplete ? ['+49 30 1234'] : []);
      expect(calls('sdp')).toEqual([]);
      await expect(directory.add(user('ALICE'))).rejects.toThrow(AlreadyExistsError);
      // the attempt did no harm
      await expect(directory.refresh(mine, 900)).resolves.toBe(900);
    });

    test('[USR-04] [DIR-13] [DIR-14] names match with * anywhere, and never a conference or a computer', async () => {
      const directory = await open();
      await directory.add(createConference({ name: 'alarm', machine: 'host.example' }));
      for (const name of ['al', 'alice', 'bob', 'Eve * Star']) await directory.add(user(name));
      await directory.add(user('bob', { primaryPhone: 'alcove.example' }));
      const find = (name: string): Promise<string[]> => namesOf(directory.searchUsers({ name }));
      await expect(namesOf(directory.searchUsers())).resolves.toEqual([
        'Eve * Star',
        'al',
        'alice',
        'bob',
        'bob',
      ]);
      await expect(find('*')).resolves.toHaveLength(5);
      await expect(find('AL*')).resolves.toEqual(['al', 'alice']);
      await expect(find('*l')).resolves.toEqual(['al']);
      await expect(find('*ic*')).resolves.toEqual(['alice']);
      await expect(find('a*e')).resolves.toEqual(['alice']);
      await expect(find('al')).resolves.toEqual(['al']);
      await expect(find('eve*star')).resolves.toEqual(['Eve * Star']);
      await expect(find('*example')).resolves.toEqual([]);
      await expect(find('*)(cn=*')).resolves.toEqual([]);
      await expect(namesOf(directory.searchUsers({ sizeLimit: 2 }))).resolves.toHaveLength(2);
      await expect(directory.getUser('b*')).resolves.toBeUndefined();
      await expect(directory.getUser('eve * star')).resolves.toMatchObject({ name: 'Eve * Star' });
      await expect(Array.fromAsync(directory.search(), ({ name }) => name)).resolves.toEqual(['alarm']);
    });

    test('[USR-01] a user at two computers is two entries', async () => {
      const directory = await open();
      await directory.add(user('carol', { primaryPhone: 'desk.example', comment: 'desk' }));
      await directory.add(user('carol', { primaryPhone: '192.168.0.227', comment: 'hall' }), {
        ttlSeconds: 3000,
      });
      const at = (machine: string) => directory.getUser('carol', { machine });
      await expect(at('DESK.example')).resolves.toMatchObject({ comment: 'desk' });
      await expect(at('192.168.0.227')).resolves.toMatchObject({ comment: 'hall' });
      await expect(at('nowhere')).resolves.toBeUndefined();
      // the one that was registered last, by what is left of its time
      await expect(directory.getUser('carol')).resolves.toMatchObject({ comment: 'hall' });
      await expect(namesOf(directory.searchUsers({ machine: 'desk.example' }))).resolves.toEqual(['carol']);
    });

    test('[USR-02] [DIR-10] the computer is fixed once published; other values change with modify', async () => {
      const directory = await open();
      const mine = user('dave', { location: 'here', phones: ['1'] });
      mine.primaryPhone = 'laptop.example';
      await directory.add(mine);
      expect(() => {
        mine.primaryPhone = 'other.example';
      }).toThrow(/delete it and add it again/);
      expect(() => {
        mine.name = 'david';
      }).toThrow(/delete it and add it again/);
      mine.location = undefined;
      mine.comment = 'back at 3';
      mine.inCall = true;
      mine.addresses = ['192.168.0.224', '192.168.0.227'];
      mine.phones = [];
      const isComplete = backend().keepsUserDetails !== false;
      expect((await directory.getUser('dave'))?.location).toBe(isComplete ? 'here' : undefined);
      await directory.modify(mine);
      const found = await directory.getUser('dave');
      expect(found).toMatchObject({ location: undefined, comment: 'back at 3', inCall: true, phones: [] });
      expect(found?.addresses.toSorted()).toEqual(['192.168.0.224', '192.168.0.227']);
      await directory.delete(mine);
      mine.primaryPhone = 'other.example';
      await directory.add(mine);
      await expect(directory.getUser('dave')).resolves.toMatchObject({ primaryPhone: 'other.example' });
      await expect(namesOf(directory.searchUsers())).resolves.toEqual(['dave']);
    });

    test('who is not listed is found by the whole name only', async () => {
      const directory = await open();
      await directory.add(user('hidden', { listed: false }));
      await directory.add(user('seen'));
      await expect(namesOf(directory.searchUsers())).resolves.toEqual(['seen']);
      await expect(namesOf(directory.searchUsers({ name: 'h*' }))).resolves.toEqual([]);
      await expect(namesOf(directory.searchUsers({ name: 'hidden' }))).resolves.toEqual(['hidden']);
      await expect(namesOf(directory.searchUsers({ unlisted: true }))).resolves.toEqual(['hidden', 'seen']);
      await expect(directory.getUser('hidden')).resolves.toMatchObject({ listed: false });
    });

    test('[DIR-11] [DIR-12] a deleted user is gone with everything, and so is one who was not refreshed', async () => {
      const directory = await open();
      const mine = user('frank');
      await directory.add(mine);
      await directory.delete(mine);
      expect(mine.dn).toBeUndefined();
      await expect(directory.delete(mine)).rejects.toThrow(NotFoundError);
      await expect(directory.refresh(mine)).rejects.toThrow(NotFoundError);
      await expect(directory.modify(mine)).rejects.toThrow(NotFoundError);
      const short = { ttlSeconds: 1, allowShortTtl: true };
      await directory.add(mine, short);
      const stays = user('grace');
      await directory.add(stays, short);
      await directory.refresh(stays, 600);
      await backend().elapse(2);
      await expect(namesOf(directory.searchUsers())).resolves.toEqual(['grace']);
    });

    test.each(['a, b + "c" <d> ;e\\f', '#hash', 'ünï😀', "dr. o'neil", 'x'.repeat(100)])(
      '[OBJ-02] the user name %j survives the way there and back',
      async (name) => {
        const directory = await open();
        const mine = user(name);
        const isTooLong = mine.id.length > (backend().longestUserId ?? 1000);
        const added = await directory.add(mine).catch((error: unknown) => error);
        expect(added instanceof InvalidValueError).toBe(isTooLong);
        if (isTooLong) return;
        await expect(directory.getUser(name)).resolves.toMatchObject({ name, primaryPhone: 'phone.example' });
        await directory.delete(mine);
        await expect(directory.getUser(name)).resolves.toBeUndefined();
      },
    );
  });
}
