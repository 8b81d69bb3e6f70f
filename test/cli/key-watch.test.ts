import { expect, test } from 'vitest';
import { KeyWatch } from '../../cli/join/key-watch.ts';
import type { MediaKey } from '../../src/sdp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function watching(answer: () => readonly MediaKey[]) {
  const clock = new FakeClock();
  const looks: number[] = [];
  const used: (readonly MediaKey[])[] = [];
  const began = clock.now();
  const watch = new KeyWatch({
    clock,
    random: () => 0.5,
    read: async () => {
      looks.push((clock.now() - began) / 1000);
      return answer();
    },
    use: (keys) => used.push(keys),
  });
  const advance = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      await settle();
    }
  };
  return { watch, looks, used, advance };
}
const key: MediaKey = {
  medium: 0,
  from: 0,
  crypto: { tag: 1, profile: 'AEAD_AES_128_GCM', keys: [], keyDerivationRate: 0, encryptRtcp: true },
};

test('looks for keys every twenty seconds, whether or not the directory answers', async () => {
  let isThere = false;
  const { watch, looks, used, advance } = watching(() => {
    if (!isThere) throw new Error('no directory');
    return [key];
  });
  await advance(45);
  expect([looks, used]).toEqual([[20, 40], []]);
  isThere = true;
  await advance(20);
  expect(used).toEqual([[key]]);
  watch[Symbol.dispose]();
  await advance(60);
  expect(looks).toHaveLength(3);
});

test('packets that no key opens make it look sooner, at most every five seconds', async () => {
  const { watch, looks, used, advance } = watching(() => []);
  await advance(1);
  watch.hurry();
  await advance(10);
  expect(looks).toEqual([5]);
  for (let at = 0; at < 20; at++) {
    watch.hurry();
    await advance(1);
  }
  expect(looks).toEqual([5, 11, 16, 21, 26, 31]);
  expect(used).toEqual([]); // none is no news: whoever may not read them any more keeps what he has
});
