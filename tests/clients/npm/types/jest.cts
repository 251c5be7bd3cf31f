/** A user of the helper for Jest. */
import { useWorld, withWorld } from 'release-emulator/jest';

test('with a world', withWorld(async (world) => {
  expect((await world.clock.now()).getTime()).toBeGreaterThan(0);
}));
test.each([['a', 1], ['b', 2]])('%s', withWorld(async (world, name: string, count: number) => {
  expect(world.url + name.repeat(count)).toBeTruthy();
}));
const emulated = useWorld({ auth: 'strict' });
beforeEach(async () => {
  await emulated.world.reset();
});
