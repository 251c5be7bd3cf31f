// openapi-typescript and openapi-fetch: what a test author writes, checked strictly, and run.
import createClient from 'openapi-fetch';

import type { components, paths } from './api';

const project = { project_id: '0605767aee00d2562f3cc0123456789a' };
const client = createClient<paths>({
  baseUrl: process.env['RELEASE_EMULATOR_URL'] ?? '',
  headers: { 'X-Auth-Token': 'any' },
});

function ok<T>(answer: { data?: T; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.url}: ${answer.response.status}`);
  return answer.data;
}

function equal<T>(actual: T, expected: T): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

async function main(): Promise<void> {
  const stages: components['schemas']['PipelineStage'][] = [
    { name: 'build', tasks: [{ name: 'compile', extra: { kept: true } }] },
  ];
  const created = ok(await client.POST('/v3/{project_id}/pipeline/pipelines', {
    params: { path: project },
    body: { name: 'shop', model_version: 2, config_mode: 'ui', stages },
  }));
  ok(await client.POST('/v3/{project_id}/pipeline/pipelines/{pipeline_id}/action', {
    params: { path: { ...project, pipeline_id: created.id }, query: { action_id: 'start' } },
  }));
  ok(await client.POST('/_emulator/v1/clock/advance', { body: { ms: 2000 } }));
  const listed = ok(await client.GET('/v3/{project_id}/pipeline/pipelines', {
    params: { path: project, query: { limit: 10, order_by: 'name' } },
  }));
  equal(listed.map((row) => row.status), [2]);

  const component: components['schemas']['ReleasePlanRequestedComponent'] = {
    seq: 0, name: 'web', runtime_stack: { name: 'java' }, source: { kind: 'image' },
  };
  const plan = ok(await client.POST('/v3/{project_id}/cas/release-plans', {
    params: { path: project },
    body: { name: 'weekly', components: [component] },
  }));
  equal(plan.components[0]?.runtime_stack, { name: 'java' });

  const release = ok(await client.POST('/v2/meshes/{mesh_id}/namespaces/{namespace}/releases', {
    params: { path: { mesh_id: 'm1', namespace: 'shop' } },
    body: {
      metadata: { name: 'web-gray' },
      spec: { serviceName: 'web', version: 'v2', grayDeployments: [{ template: { kind: 'Deployment' } }] },
    },
  }));
  equal(release.spec.version, 'v2');

  ok(await client.POST('/_emulator/v1/scripts', { body: { match: { family: 'pipelines', step: 'x' }, outcome: 'fail' } }));
  ok(await client.POST('/_emulator/v1/faults', { body: { do: { delay_ms: 1 } } }));
  ok(await client.POST('/_emulator/v1/faults', { body: { do: { delay_ms: { min: 1, max: 2 } }, times: 1 } }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
