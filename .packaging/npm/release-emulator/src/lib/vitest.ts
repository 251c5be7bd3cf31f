/** Helpers for Vitest. */

import { afterAll, afterEach, beforeAll, beforeEach, test as base, type TestAPI, type TestContext } from 'vitest';

import type { Emulator } from './emulator.js';
import { explained, FileEmulator, reportOf, useWorldOf, type CurrentWorld } from './with-world.js';
import type { World, WorldOptions } from './world.js';

/** The fixtures of a test. */
export interface WorldFixtures {
  /** The emulator of the file: that of `release-emulator exec`, or a process of its own. */
  emulator: Emulator;
  /** A world of its own for the test. It is closed afterwards, and a failure shows what has happened in it. */
  world: World;
}

const shared = new FileEmulator();

/** Vitest's `test` with a world for each test that has these settings: `const test = testWith({ auth: 'strict' })`. */
export function testWith(options: WorldOptions): TestAPI<WorldFixtures> {
  return base.extend<WorldFixtures>({
    emulator: [
      // eslint-disable-next-line no-empty-pattern
      async ({}, use) => {
        shared.hold();
        await use(await shared.get());
        await shared.release();
      },
      { scope: 'file' },
    ],
    world: async ({ emulator: _, task }, use) => {
      const world = await shared.open(options);
      await use(world);
      const errors = task.result?.errors ?? [];
      if (errors.length > 0) {
        const report = await reportOf(world);
        for (const error of errors) explained(error, report);
      }
      await world.close();
    },
  });
}

/** Vitest's `test` with a world for each test: `test('…', async ({ world }) => { … })`. */
export const test: TestAPI<WorldFixtures> = testWith({});

/** The same. */
export const it: typeof test = test;

/**
 * A world for each test of the file or `describe` in which this is called, for tests that do not take it as a fixture:
 * `const emulated = useWorld()`, and `emulated.world` in a test. A failure shows what has happened in it.
 */
export function useWorld(options: WorldOptions = {}): CurrentWorld {
  beforeAll(() => shared.hold());
  afterAll(() => shared.release());
  return useWorldOf<TestContext>(shared, options, {
    beforeEach,
    afterEach,
    errors: ({ task }) => task.result?.errors ?? [],
  });
}
