import { test, testWith } from 'release-emulator/vitest';
import { expect } from 'vitest';

import { play } from './story.cjs';

test('passes', async ({ world, emulator }) => {
  expect(await play(world)).toBe(3);
  console.log(`url ${emulator.url}`);
});
test('begins anew', async ({ world }) => {
  expect((await world.resources()).count).toBe(0);
  console.log(`url ${world.url}`);
});
testWith({ freeze: null })('has settings', async ({ world }) => {
  expect((await world.clock.show()).mode).toBe('running');
});
test('fails with a fixture', async ({ world }) => {
  expect(await play(world)).toBe(2);
});
