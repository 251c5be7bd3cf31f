/** A user whose compiler finds modules as it did before packages had exports, which Jest's projects often do. */
import { Emulator } from 'release-emulator';
import { withWorld } from 'release-emulator/jest';
import { useWorld } from 'release-emulator/node-test';
import type { paths } from 'release-emulator/openapi';

const plans: keyof paths = '/v3/{project_id}/cas/release-plans';
const emulated = useWorld();

test(plans, withWorld(async (world) => {
  const emulator = await Emulator.connect(world.url);
  expect((await emulator.worlds()).length).toBeGreaterThan(0);
  expect(emulated.world.url).not.toBe(world.url);
  // @ts-expect-error A setting is not a text.
  await world.clock.set('frozen');
}));
