import { expect, test } from 'vitest';
import { SdesPlan } from '../../src/rtcp/index.ts';

const all = {
  name: 'Ada',
  email: 'ada@example.org',
  phone: '+1 555 0100',
  loc: 'London',
  tool: 'engine',
  priv: [{ prefix: 'x', value: 'y' }],
};
const types = (plan: SdesPlan): string[] => plan.next().map((item) => item.type);

test('the first report says all there is to say', () => {
  expect(types(new SdesPlan('c', all))).toEqual(['cname', 'name', 'email', 'phone', 'loc', 'tool', 'priv']);
});

test('then CNAME always, one extra in every third: NAME seven times of eight, then the others in turn (RFC 3551 §2)', () => {
  const plan = new SdesPlan('c', all);
  plan.next();
  const reports = Array.from({ length: 3 * 8 * 6 }, () => types(plan));
  expect(reports.every((items) => items[0] === 'cname' && items.length <= 2)).toBe(true);
  // The announcing report was number 0; extras are due in numbers 3, 6, 9, …
  expect(reports.flatMap((items, index) => (items.length === 2 ? [index] : []))).toEqual(
    Array.from({ length: 48 }, (_, turn) => turn * 3 + 2),
  );
  const extras = reports.flatMap((items) => items.slice(1));
  expect(extras.slice(0, 8)).toEqual([...Array.from({ length: 7 }, () => 'name'), 'email']);
  expect(extras.filter((_, index) => index % 8 === 7)).toEqual([
    'email',
    'phone',
    'loc',
    'tool',
    'priv',
    'email',
  ]);
});

test('without a NAME the others take all turns; without anything only CNAME goes', () => {
  const plan = new SdesPlan('c', { email: 'e', tool: 't' });
  plan.next();
  const extras = Array.from({ length: 12 }, () => types(plan)).flatMap((items) => items.slice(1));
  expect(extras).toEqual(['email', 'tool', 'email', 'tool']);
  const bare = new SdesPlan('c', {});
  expect(Array.from({ length: 9 }, () => types(bare)).flat()).toEqual(
    Array.from({ length: 9 }, () => 'cname'),
  );
});

test('[PIN-07] a NOTE takes every other turn, and is sent empty three times when cleared (RFC 3550 §6.5.7)', () => {
  const plan = new SdesPlan('c', { name: 'Ada', note: 'away' });
  expect(types(plan)).toEqual(['cname', 'name', 'note']);
  const extras = Array.from({ length: 12 }, () => types(plan)).flatMap((items) => items.slice(1));
  expect(extras).toEqual(['note', 'name', 'note', 'name']);
  plan.set({ name: 'Ada' });
  const notes = Array.from({ length: 30 }, () => plan.next()).flatMap((items) =>
    items.filter((item) => item.type === 'note'),
  );
  expect(notes).toEqual(Array.from({ length: 3 }, () => ({ type: 'note', text: '' })));
});
