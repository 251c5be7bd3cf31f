/** The weight of pages: bytes, and the time to the first paint, with many resources. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { emulatorFor, open } from './support.mjs';

/** The bytes of the largest page with its scripts and styles. */
const MOST_BYTES = 150_000;

/** The milliseconds to the first paint. A debug build on a busy machine takes longer than what people have. */
const MOST_MS = 1_000;

const LOADS = 5;

async function manyResources(emulator) {
  const projects = [{
    id: 'p1',
    pipelines: range(500).map((n) => ({ id: `pipeline-${n}`, name: `pipeline-${n}`, status: (n % 5) + 1,
      pipeline_declaration: { stages: [{ name: 'build', tasks: [{ name: 'compile' }] }, { name: 'deploy', approval_type: 1, tasks: [{ name: 'roll-out' }] }] } })),
    release_plans: range(500).map((n) => ({ id: `plan-${n}`, name: `plan-${n}`, components: [{ seq: 0, name: 'web', runtime_stack: { name: 'java' } }] })),
  }];
  // A refusal would have a body.
  assert.equal(await emulator.control('PATCH', 'state', { servicestage: { projects } }), undefined);
}

const range = (length) => Array.from({ length }, (_, n) => n);

/** The bytes of the page and of all that it loads, and the median time to its first paint. */
async function weigh(t, emulator, path) {
  const page = await open(t, emulator, path);
  const loads = [];
  for (let n = 0; n < LOADS; n += 1) {
    await page.reload();
    loads.push(await page.evaluate(async () => {
      const files = [...document.querySelectorAll('script[src], link[rel=stylesheet]')].map(({ src, href }) => src || href);
      const bodies = await Promise.all([location.href, ...files].map((url) => fetch(url, { headers: { Accept: 'text/html' } }).then((answer) => answer.arrayBuffer())));
      for (;;) {
        const paint = performance.getEntriesByName('first-contentful-paint')[0];
        if (paint) return { bytes: bodies.reduce((sum, { byteLength }) => sum + byteLength, 0), ms: paint.startTime };
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }));
  }
  const times = loads.map(({ ms }) => ms).sort((a, b) => a - b);
  return { bytes: Math.max(...loads.map(({ bytes }) => bytes)), ms: times[Math.floor(LOADS / 2)] };
}

async function assertLight(t, emulator, path) {
  const { bytes, ms } = await weigh(t, emulator, path);
  t.diagnostic(`${path}: ${bytes} bytes, first paint after ${ms.toFixed(0)} ms`);
  assert.ok(bytes < MOST_BYTES, `${path} has ${bytes} bytes`);
  assert.ok(ms < MOST_MS, `${path} is painted after ${ms} ms`);
}

test('pages are light and painted at once with 1,000 resources', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  await manyResources(emulator);
  for (const path of ['', 'releases/pipelines/pipeline-7', 'requests', 'failures', 'demo', 'reference']) {
    await assertLight(t, emulator, `/_emulator/${path}`);
  }
});

test('the page of a release with 500 steps is light', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  const stages = range(10).map((stage) => ({ name: `stage-${stage}`, tasks: range(50).map((task) => ({ name: `task-${stage}-${task}` })) }));
  const { id } = await emulator.call('POST', '/v3/p1/pipeline/pipelines', { name: 'large', model_version: 2, config_mode: 'ui', stages });
  await emulator.call('POST', `/v3/p1/pipeline/pipelines/${id}/action?action_id=start`);
  await emulator.control('POST', 'clock/advance', { ms: 60000 });
  await assertLight(t, emulator, `/_emulator/releases/pipelines/${id}`);
});
