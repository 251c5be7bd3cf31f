/** Helpers for Jest. */

import { FileEmulator, useWorldOf, withWorldOf, type CurrentWorld, type WithWorld } from './with-world.js';
import type { WorldOptions } from './world.js';

// Jest's own, without a dependency on its types.
declare const afterAll: (hook: () => Promise<void>) => void;
declare const afterEach: (hook: () => Promise<void>) => void;
declare const beforeEach: (hook: () => Promise<void>) => void;

// Each test file has modules of its own, so this is a process for each file, or that of `release-emulator exec`.
const emulator = new FileEmulator();
afterAll(() => emulator.stop());

/**
 * A test with a world of its own: `test('…', withWorld(async (world) => { … }))`, with settings of the world as the first
 * argument if they are others. The world is closed after the test, and a failure shows what has happened in it. The
 * arguments of `test.each` follow the world.
 */
export const withWorld: WithWorld = withWorldOf(emulator);

/**
 * A world for each test of the file or `describe` in which this is called, for hooks and helpers that need it too:
 * `const emulated = useWorld()`, and `emulated.world` in a test. A failure shows what has happened in it.
 */
export function useWorld(options: WorldOptions = {}): CurrentWorld {
  return useWorldOf<void>(emulator, options, {
    beforeEach,
    // Jest takes a parameter of a hook for a callback that ends it.
    afterEach: (hook) => afterEach(() => hook()),
    errors: failures,
  });
}

/**
 * The errors of the test that runs now. Jest has no documented way to ask for them in a hook: its runner keeps its state in
 * a global symbol. With another runner a failure has no report.
 */
function failures(): unknown[] {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL');
  if (symbol === undefined) return [];
  const state = (globalThis as Record<symbol, unknown>)[symbol] as { currentlyRunningTest?: { errors?: unknown[] } | null };
  // An error comes with one that says where the test was declared.
  const errors = state.currentlyRunningTest?.errors ?? [];
  return errors.map((error) => (Array.isArray(error) ? (error[0] as unknown) : error)).filter(Boolean);
}
