/** Helpers for `node:test`. */

import { after, afterEach, beforeEach } from 'node:test';

import { FileEmulator, useWorldOf, withWorldOf, type CurrentWorld, type WithWorld } from './with-world.js';
import type { WorldOptions } from './world.js';

const emulator = new FileEmulator();
after(() => emulator.stop());

/**
 * A test with a world of its own: `test('…', withWorld(async (world, t) => { … }))`, with settings of the world as the
 * first argument if they are others. The world is closed after the test, and a failure shows what has happened in it.
 */
export const withWorld: WithWorld = withWorldOf(emulator);

/**
 * A world for each test of the file or `describe` in which this is called, for hooks and helpers that need it too:
 * `const emulated = useWorld()`, and `emulated.world` in a test. A failure shows what has happened in it.
 */
export function useWorld(options: WorldOptions = {}): CurrentWorld {
  return useWorldOf<unknown>(emulator, options, {
    beforeEach,
    afterEach,
    errors(context) {
      // Node says so from 20.12 on.
      const { passed, error } = context as { passed?: boolean; error?: Error | null };
      return passed === false ? [error?.cause ?? error] : [];
    },
  });
}
