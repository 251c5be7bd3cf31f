/** Users of the helpers for node:test and Vitest. */
import { test as nodeTest } from 'node:test';

import { useWorld, withWorld } from 'release-emulator/node-test';
import { expect } from 'vitest';
import { test, testWith, useWorld as useVitestWorld } from 'release-emulator/vitest';

const emulated = useWorld({ auth: 'strict' });
nodeTest('with a world', withWorld(async (world, t) => {
  t.diagnostic(world.url);
  await emulated.world.reset();
}));
nodeTest('with settings', withWorld({ step: '1s' }, async (world) => await world.close()));
// @ts-expect-error A world has no such setting.
nodeTest('with wrong settings', withWorld({ stepp: '1s' }, async () => undefined));

const current = useVitestWorld();
test('with a fixture', async ({ world, emulator }) => {
  expect(world.url).not.toBe(emulator.url);
  expect(current.world.url).not.toBe(world.url);
});
testWith({ freeze: null })('with settings', async ({ world }) => {
  expect((await world.clock.show()).mode).toBe('running');
});
