import { test, testWith, useWorld } from 'release-emulator/vitest';
import { describe, expect, test as plain } from 'vitest';

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

describe('hooks', () => {
  const emulated = useWorld();
  plain('pass', async () => {
    expect(await play(emulated.world)).toBe(3);
    console.log(`url ${emulated.world.url}`);
  });
  plain('begin anew', async () => {
    expect((await emulated.world.resources()).count).toBe(0);
  });
  plain('fails with useWorld', async () => {
    expect(await play(emulated.world)).toBe(2);
  });
});
