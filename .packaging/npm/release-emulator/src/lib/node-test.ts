/** Helpers for `node:test`. */

import { after, afterEach, beforeEach } from 'node:test';

import { explained, FileEmulator, reportOf, withWorldOf, type WithWorld } from './with-world.js';
import type { World, WorldOptions } from './world.js';

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
export function useWorld(options: WorldOptions = {}): { readonly world: World } {
  let open: World | undefined;
  beforeEach(async () => {
    open = await emulator.open(options);
  });
  afterEach(async (context) => {
    const world = open;
    open = undefined;
    if (world === undefined) return;
    // Node says so from 20.12 on.
    const { passed, error } = context as { passed?: boolean; error?: Error | null };
    if (passed === false) explained(error?.cause ?? error, await reportOf(world));
    await world.close();
  });
  return {
    get world() {
      if (open === undefined) throw new Error('there is a world only while a test runs, from its beforeEach on');
      return open;
    },
  };
}
