/** Failures on purpose: templates, forms, use counts. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { assertStill, emulatorFor, open } from './support.mjs';

test('a script is made from a template, and is seen used', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  const page = await open(t, emulator, '/_emulator/failures');
  await page.getByRole('button', { name: 'Add: Third batch fails' }).click();
  await page.locator('#scripts').getByText('unused').waitFor();

  const components = ['db', 'api', 'web'].map((name, seq) => ({ seq, name, runtime_stack: { name: 'java' } }));
  const { id } = await emulator.call('POST', '/v3/p1/cas/release-plans', { name: 'spring', components });
  await emulator.call('POST', `/v3/p1/cas/release-plans/${id}/execute`);
  await page.locator('#scripts').getByText('used 1 time').waitFor();
  await emulator.control('POST', 'clock/advance', { until: 'idle' });
  const { transitions } = await emulator.control('GET', `resources/plans/${id}/timeline`);
  assert.ok(transitions.some(({ step, to }) => step === 'web' && to === 'FAILED'), JSON.stringify(transitions));
});

test('a rule is edited before it is added, then turned off and removed', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator, '/_emulator/failures');
  await page.getByRole('link', { name: 'Edit first: Throttled twice' }).click();
  await page.getByLabel('id', { exact: true }).fill('slow-down');
  await page.getByLabel('times').fill('3');
  await page.getByLabel('query').fill('{"limit": "5"}');
  await page.getByRole('button', { name: 'As curl' }).click();
  await page.locator('#status pre').getByText('"times":3').waitFor();
  await page.getByRole('button', { name: 'Add the fault' }).click();
  await page.waitForURL('**/failures');
  const { faults: [fault] } = await emulator.control('GET', 'faults');
  assert.deepEqual(fault, { id: 'slow-down', match: { query: { limit: '5' } }, do: { status: 429 }, times: 3, used: 0 });

  await page.getByRole('button', { name: 'Turn off slow-down' }).click();
  await page.getByRole('button', { name: 'Turn on slow-down' }).waitFor();
  assert.equal((await emulator.control('GET', 'faults/slow-down')).enabled, false);
  await page.getByRole('button', { name: 'Remove slow-down' }).click();
  await page.getByText('There are no faults.').waitFor();
});

test('a value that the API refuses keeps the form, with its words', async (t) => {
  const emulator = await emulatorFor(t);
  const refused = /status of 400/;
  const page = await open(t, emulator, '/_emulator/failures/fault?match.operation=ListPipelin&do.status=503', { allowed: [refused] });
  await page.getByRole('button', { name: 'Add the fault' }).click();
  await page.locator('#status').getByText('did you mean ListPipelines?').first().waitFor();
  await page.getByLabel('patch').fill('[not json');
  await page.getByRole('button', { name: 'Add the fault' }).click();
  await page.locator('#status').getByText('patch:').waitFor();
  assert.deepEqual((await emulator.control('GET', 'faults')).faults, []);
});

test('use counts change without moving anything', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.control('POST', 'faults', { id: 'all', do: { status: 429 } });
  await emulator.control('POST', 'faults', { id: 'second', match: { method: 'PUT' }, do: { status: 429 } });
  const page = await open(t, emulator, '/_emulator/failures');
  await emulator.call('GET', '/v3/p1/pipeline/pipelines');
  await page.locator('#faults').getByText('used 1 time').waitFor();
  await assertStill(page);
});
