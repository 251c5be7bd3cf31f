const { useWorld, withWorld } = require('release-emulator/jest');

const { play } = require('./story.cjs');

test('passes', withWorld(async (world) => expect(await play(world)).toBe(3)));
test('begins anew', withWorld(async (world) => {
  expect((await world.resources()).count).toBe(0);
  process.stdout.write(`url ${world.url}\n`);
}));
test('works with fake timers', withWorld({ freeze: null }, async (world) => {
  jest.useFakeTimers();
  try {
    expect((await world.clock.show()).mode).toBe('running');
  } finally {
    jest.useRealTimers();
  }
}));
test.each([['a', 1], ['b', 2]])('has the arguments %s and %i', withWorld(async (world, name, count) => {
  expect([name, count]).toEqual(name === 'a' ? ['a', 1] : ['b', 2]);
}));
test('fails with withWorld', withWorld(async (world) => expect(await play(world)).toBe(2)));

describe('hooks', () => {
  const emulated = useWorld();
  test('pass', async () => expect(await play(emulated.world)).toBe(3));
  test('begin anew', async () => expect((await emulated.world.resources()).count).toBe(0));
  test('fails with useWorld', async () => expect(await play(emulated.world)).toBe(2));
});
