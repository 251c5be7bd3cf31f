/** Helpers for Vitest. */

import { test as base, type TestAPI } from 'vitest';

import type { Emulator } from './emulator.js';
import { explained, FileEmulator, reportOf } from './with-world.js';
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
        await use(await shared.get());
        await shared.stop();
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
