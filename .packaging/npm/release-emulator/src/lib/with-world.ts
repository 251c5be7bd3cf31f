/** A world for each test, whichever runner runs it: the part that the helpers share. */

import { Emulator } from './emulator.js';
import type { World, WorldOptions } from './world.js';

/** The instant at which the clock of a test's world is frozen, unless the test asks for another. */
export const FREEZE = '2030-01-01T00:00:00Z';

/** A test that takes a world, and then what its runner gives. */
export type WorldTest<Given extends unknown[], Result> = (world: World, ...given: Given) => Result | Promise<Result>;

/** The emulator of a test file: that of `release-emulator exec` if there is one, or a process of its own. */
export class FileEmulator {
  #opening: Promise<Emulator> | undefined;
  #holders = 0;

  /** Starts it for the first test that needs it. */
  get(): Promise<Emulator> {
    this.#opening ??= process.env['RELEASE_EMULATOR_URL'] ? Emulator.connect() : Emulator.start();
    return this.#opening;
  }

  /**
   * Opens a world for a test. Its clock is frozen, so that the same test always sees the same. The clock of a copy is that
   * of its world.
   */
  async open(options: WorldOptions): Promise<World> {
    return await (await this.get()).world(options.from == null ? { freeze: FREEZE, ...options } : options);
  }

  /** Keeps it running until the last holder has released it. */
  hold(): void {
    this.#holders += 1;
  }

  async release(): Promise<void> {
    this.#holders -= 1;
    if (this.#holders === 0) await this.stop();
  }

  async stop(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await (await opening?.catch(() => undefined))?.stop();
  }
}

/** Makes a test of one that takes a world. */
export interface WithWorld {
  <Given extends unknown[], Result>(run: WorldTest<Given, Result>): (...given: Given) => Promise<Result>;
  <Given extends unknown[], Result>(
    options: WorldOptions, run: WorldTest<Given, Result>,
  ): (...given: Given) => Promise<Result>;
}

/** Runs tests with a world of their own, which is closed afterwards. A failure gets the report of the world. */
export function withWorldOf(emulator: FileEmulator): WithWorld {
  return <Given extends unknown[], Result>(
    first: WorldOptions | WorldTest<Given, Result>, second?: WorldTest<Given, Result>,
  ) => {
    const [options, run] = typeof first === 'function' ? [{}, first] : [first, second];
    if (typeof run !== 'function') throw new TypeError('withWorld takes a test: withWorld(async (world) => { … })');
    return wrap(emulator, options, run);
  };
}

function wrap<Given extends unknown[], Result>(
  emulator: FileEmulator, options: WorldOptions, run: WorldTest<Given, Result>,
): (...given: Given) => Promise<Result> {
  // It takes no parameters by name: Jest takes one for a callback that ends the test.
  return async (...given) => {
    const world = await emulator.open(options);
    let result: Result;
    try {
      result = await run(world, ...given);
    } catch (error) {
      const failure = explained(error, await reportOf(world));
      // The failure of the test is what matters.
      await world.close().catch(() => undefined);
      throw failure;
    }
    await world.close();
    return result;
  };
}

/** The world of the test that runs now. */
export interface CurrentWorld {
  readonly world: World;
}

/** The hooks of a test runner. */
export interface Hooks<Context> {
  beforeEach(hook: () => Promise<void>): void;
  afterEach(hook: (context: Context) => Promise<void>): void;
  /** The errors with which the test has failed. */
  errors(context: Context): unknown[];
}

/** Opens a world before each test and closes it afterwards. The errors of a failure get the report of the world. */
export function useWorldOf<Context>(
  emulator: FileEmulator, options: WorldOptions, { beforeEach, afterEach, errors }: Hooks<Context>,
): CurrentWorld {
  let open: World | undefined;
  beforeEach(async () => {
    open = await emulator.open(options);
  });
  afterEach(async (context) => {
    const world = open;
    open = undefined;
    if (world === undefined) return;
    const failures = errors(context);
    if (failures.length > 0) {
      const report = await reportOf(world);
      for (const failure of failures) explained(failure, report);
    }
    await world.close();
  });
  return {
    get world() {
      if (open === undefined) throw new Error('there is a world only while a test runs, from its beforeEach on');
      return open;
    },
  };
}

/** The report of a world, or the reason that there is none: the failure of the test is what matters. */
export async function reportOf(world: World): Promise<string> {
  try {
    return await world.report();
  } catch (error) {
    return `there is no report of world ${world.name}: ${error instanceof Error ? error.message : error}`;
  }
}

/** The error with the report in its message and in the head of its stack, of which runners show one or the other. */
export function explained(error: unknown, report: string): unknown {
  if (!(typeof error === 'object' && error !== null && 'message' in error)) {
    return new Error(`${String(error)}\n\n${report}`);
  }
  const failure = error as { message: string; stack?: string };
  const { message, stack } = failure;
  const longer = `${message.trimEnd()}\n\n${report}`;
  failure.message = longer;
  if (typeof stack === 'string') {
    // With a function, since a report may contain `$&`.
    failure.stack = stack.includes(message) ? stack.replace(message, () => longer) : `${longer}\n${stack}`;
  }
  return error;
}
