/** A user whose modules are CommonJS. */
import { Emulator } from 'release-emulator';

async function main(): Promise<void> {
  const emulator = await Emulator.start();
  try {
    const world = await emulator.world({ freeze: null });
    const { mode } = await world.clock.show();
    if (mode !== 'running') throw new Error(mode);
    await world.close();
  } finally {
    await emulator.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
