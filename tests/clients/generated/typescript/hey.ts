// @hey-api/openapi-ts: its functions, checked strictly, and run.
import { client } from './hey/client.gen';
import { advanceClock, createPipeline, listPipelines, operatePipeline } from './hey/sdk.gen';

client.setConfig({
  baseUrl: process.env['RELEASE_EMULATOR_URL'] ?? '',
  headers: { 'X-Auth-Token': 'any' },
  throwOnError: true,
});

const path = { project_id: '0605767aee00d2562f3cc0123456789a' };

async function main(): Promise<void> {
  const stages = [{ name: 'build', tasks: [{ name: 'compile' }] }];
  const created = await createPipeline({
    path, body: { name: 'shop', model_version: 2, config_mode: 'ui', stages }, throwOnError: true,
  });
  await operatePipeline({
    path: { ...path, pipeline_id: created.data.id }, query: { action_id: 'start' }, throwOnError: true,
  });
  await advanceClock({ body: { ms: 2000 }, throwOnError: true });
  const listed = await listPipelines({ path, query: { limit: 10 }, throwOnError: true });
  if (listed.data.length !== 1 || listed.data[0]?.status !== 2) throw new Error(JSON.stringify(listed.data));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
