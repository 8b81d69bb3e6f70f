import { defineConfig } from 'vitest/config';

/**
 * One project for each tier, from the purest to the one that needs the most:
 * `unit` runs anywhere; `net` opens loopback sockets and starts our own server; `interop` starts other people's
 * programs; `netns` makes network namespaces (Linux; root or user namespaces); `package` packs and installs us.
 *
 * The tiers run one after the other: what keeps time shall not share the processors with what computes.
 */
const tier = (groupOrder: number, name: string, include: string[], options: object = {}) => ({
  test: { name, include, sequence: { groupOrder }, ...options },
});
/**
 * Tests with real sound and other people's programs wait most of the time, so two files run side by side. One that fails
 * is tried once more: the processors of a busy machine may be away for longer than sound can wait. What is broken fails
 * twice. Each file of `netns` has a network of its own and waits most of the time, too. Packages, which are about the whole
 * machine, run one file at a time.
 */
const inPairs = { maxWorkers: 2, retry: 1 };
const alone = { fileParallelism: false, retry: 1 };

export default defineConfig({
  test: {
    projects: [
      tier(0, 'unit', ['test/**/*.test.ts'], {
        exclude: ['test/net/**', 'test/interop/**', 'test/netns/**', 'test/package/**', '**/node_modules/**'],
        testTimeout: 20_000,
      }),
      tier(1, 'net', ['test/net/**/*.test.ts'], { testTimeout: 30_000, hookTimeout: 30_000, ...inPairs }),
      tier(2, 'interop', ['test/interop/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        ...inPairs,
      }),
      tier(3, 'netns', ['test/netns/**/*.test.ts'], { testTimeout: 90_000, hookTimeout: 60_000, ...inPairs }),
      tier(4, 'package', ['test/package/**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 300_000,
        ...alone,
      }),
    ],
  },
});
