/** A release from its creation to its end: by the mouse alone, by the keyboard alone; and one that fails. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { assertStill, emulatorFor, open, press, until } from './support.mjs';

const FROZEN = ['--freeze', '2030-01-01T00:00:00Z'];

/** The purposes of the requests of the demo by which its pipeline with a gate is created and started. */
const CREATE = 'Send: Add pipelines and plans';
const START = 'Send: Start the pipeline payments, which waits for an approval';

const timelineOf = (emulator, family, id) => emulator.control('GET', `resources/${family}/${id}/timeline`);

test('a pipeline goes from its creation through the gate to success by the mouse alone', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const page = await open(t, emulator);
  await page.getByRole('link', { name: 'Try the demo' }).click();
  await page.getByRole('button', { name: CREATE }).click();
  await page.locator('#status p.done').waitFor();
  await page.getByRole('button', { name: START }).click();
  await page.locator('#status').getByText('200 OK').waitFor();
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.locator('#waits').getByText('payments').click();
  await page.getByRole('heading', { name: 'payments' }).waitFor();
  await statusOf(page, 'to be approved').waitFor();

  await page.locator('#commands').getByRole('button', { name: /approv/i }).first().click();
  await statusOf(page, 'releasing').waitFor();
  await page.getByRole('button', { name: 'Until idle' }).click();
  await statusOf(page, 'succeeded').waitFor();
  await page.locator('#transitions').getByText('approval').first().waitFor();
  assert.equal((await timelineOf(emulator, 'pipelines', 'demo-payments')).word, 'succeeded');
});

test('the same by the keyboard alone', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const page = await open(t, emulator);
  await press(page, page.getByRole('link', { name: 'Try the demo' }));
  await page.waitForURL('**/demo');
  await press(page, page.getByRole('button', { name: CREATE }));
  await page.locator('#status p.done').waitFor();
  await press(page, page.getByRole('button', { name: START }));
  await page.locator('#status').getByText('200 OK').waitFor();
  await press(page, page.getByRole('link', { name: 'Overview', exact: true }));
  await press(page, page.locator('#waits').getByRole('link', { name: 'payments' }));
  await statusOf(page, 'to be approved').waitFor();

  await press(page, page.locator('#commands').getByRole('button', { name: /approv/i }).first());
  await statusOf(page, 'releasing').waitFor();
  await press(page, page.getByRole('button', { name: 'Until idle' }));
  await statusOf(page, 'succeeded').waitFor();
  assert.equal((await timelineOf(emulator, 'pipelines', 'demo-payments')).word, 'succeeded');
});

test('a plan that failed is retried, and succeeds', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const id = await planInThreeBatches(emulator);
  await emulator.control('POST', 'scripts', { match: { family: 'plans', stage: '2' }, outcome: 'fail', message: 'no image', times: 1 });
  const page = await open(t, emulator, `/_emulator/releases/plans/${id}`);
  const execute = page.locator('#commands').getByRole('button', { name: /execute/i }).first();
  await execute.click();
  await page.getByRole('button', { name: 'Until idle' }).click();
  await page.locator('#failures').getByText('no image').waitFor();

  await execute.click();
  await page.getByRole('button', { name: 'Until idle' }).click();
  await until(async () => (await timelineOf(emulator, 'plans', id)).status === 'SUCCESS');
  await page.locator('#transitions').getByText('SUCCESS', { exact: false }).first().waitFor();
  await page.locator('#failures').getByText('Before, at').click();
  await page.locator('#failures pre').getByText('no image').waitFor();
});

test('a plan is edited, as JSON that begins with what it is', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const id = await planInThreeBatches(emulator);
  const page = await open(t, emulator, `/_emulator/releases/plans/${id}`);
  await page.locator('#edits summary').click();
  const body = page.getByLabel('Body (JSON)');
  const plan = JSON.parse(await body.inputValue());
  assert.equal(plan.name, 'spring');
  await body.fill(JSON.stringify({ ...plan, name: 'summer' }));
  await page.locator('#edits').getByRole('button', { name: 'curl' }).click();
  await page.locator('#status pre').getByText('"name":"summer"').waitFor();
  await page.locator('#edits').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('heading', { name: 'summer' }).waitFor();

  await body.fill('{"name": ');
  await page.locator('#edits').getByRole('button', { name: 'Edit' }).click();
  await page.locator('#status p.problem').getByText('Body (JSON)').waitFor();
});

test('the world is forked and set back at an instant of the chart, by mouse and keys', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const id = await planInThreeBatches(emulator);
  await emulator.call('POST', `/v3/p1/cas/release-plans/${id}/execute`);
  await emulator.control('POST', 'clock/advance', { until: 'idle' });
  const page = await open(t, emulator, `/_emulator/releases/plans/${id}`);
  await page.locator('#gantt').focus();
  await page.keyboard.press(',');
  await page.keyboard.press(',');
  const chosen = await page.locator('#moment time').getAttribute('datetime');
  await press(page, page.locator('#moment').getByRole('button', { name: 'Fork here' }));
  await page.locator('#status').getByText('Forked as the world').waitFor();
  const { worlds } = await emulator.control('GET', 'worlds');
  const fork = worlds.find(({ name }) => name !== 'main');
  const forked = await (await fetch(`${fork.url}/_emulator/v1/clock`)).json();
  assert.equal(new Date(forked.now).getTime(), new Date(chosen).getTime());

  page.on('dialog', (dialog) => dialog.accept());
  const bars = await page.locator('#gantt-bars').boundingBox();
  await page.mouse.click(bars.x + bars.width / 2, bars.y + bars.height / 2);
  const earlier = await page.locator('#moment time').getAttribute('datetime');
  await page.locator('#moment').getByRole('button', { name: 'Go back to here' }).click();
  await page.locator('#status').getByText('It is').waitFor();
  const { now } = await emulator.control('GET', 'clock');
  assert.equal(new Date(now).getTime(), new Date(earlier).getTime());
});

test('the chart follows a running release without moving anything', async (t) => {
  const emulator = await emulatorFor(t, ...FROZEN);
  const id = await planInThreeBatches(emulator);
  await emulator.call('POST', `/v3/p1/cas/release-plans/${id}/execute`);
  const page = await open(t, emulator, `/_emulator/releases/plans/${id}`);
  const transitions = page.locator('#transitions tbody tr');
  const before = await transitions.count();
  await emulator.control('POST', 'clock/advance', { ms: 3000 });
  await until(async () => await transitions.count() > before);
  await assertStill(page);
});

const statusOf = (page, word) => page.locator('#subject .status-word').getByText(word, { exact: true });

async function planInThreeBatches(emulator) {
  const components = ['db', 'api', 'web'].map((name, seq) => ({ seq, name, runtime_stack: { name: 'java' } }));
  return (await emulator.call('POST', '/v3/p1/cas/release-plans', { name: 'spring', components })).id;
}
