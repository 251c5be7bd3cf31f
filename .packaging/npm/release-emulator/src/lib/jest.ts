/** Helpers for Jest. */

import { FileEmulator, withWorldOf, type WithWorld } from './with-world.js';

// Jest's own, without a dependency on its types.
declare const afterAll: (hook: () => Promise<void>) => void;

// Each test file has modules of its own, so this is a process for each file, or that of `release-emulator exec`.
const emulator = new FileEmulator();
afterAll(() => emulator.stop());

/**
 * A test with a world of its own: `test('…', withWorld(async (world) => { … }))`, with settings of the world as the first
 * argument if they are others. The world is closed after the test, and a failure shows what has happened in it. The
 * arguments of `test.each` follow the world.
 */
export const withWorld: WithWorld = withWorldOf(emulator);
