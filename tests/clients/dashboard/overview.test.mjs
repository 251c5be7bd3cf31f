/** The overview: the clock, the lists, worlds, snapshots. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { assertStill, emulatorFor, open, startedPipeline, until } from './support.mjs';

test('a browser that opens the address sees what runs and what comes next', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  await startedPipeline(emulator, 'shop');
  const page = await open(t, emulator, '/');
  assert.equal(new URL(page.url()).pathname, '/_emulator/');
  await page.locator('#runs').getByText('shop').waitFor();
  await page.locator('#due').getByText('in 2 s').first().waitFor();

  await page.getByRole('button', { name: 'To the next change' }).click();
  await page.locator('#waits').getByText('shop').waitFor();
  assert.equal((await emulator.control('GET', 'clock')).now, '2030-01-01T00:00:02Z');
});

test('lists follow the world without moving anything', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  await startedPipeline(emulator, 'first');
  const page = await open(t, emulator);
  await page.locator('#runs').getByText('first').waitFor();
  for (const name of ['second', 'third', 'fourth']) await startedPipeline(emulator, name);
  await page.locator('#runs').getByText('fourth').waitFor();
  await emulator.control('POST', 'clock/advance', { ms: 60000 });
  await page.locator('#waits').getByText('fourth').waitFor();
  await assertStill(page);
});

test('the clock runs, is paced and stands', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  const page = await open(t, emulator);
  await page.locator('#pace').selectOption({ label: '10×' });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.locator('.mode.running').waitFor();
  assert.equal((await emulator.control('GET', 'clock')).pace, 10);
  await page.getByRole('button', { name: 'Freeze' }).click();
  await page.locator('.mode.frozen').waitFor();
  const { now } = await emulator.control('GET', 'clock');
  await page.getByRole('button', { name: '+1 h' }).click();
  const hour = 3600000;
  await until(async () => Date.parse((await emulator.control('GET', 'clock')).now) === Date.parse(now) + hour);
});

test('a world is forked, and each of the two goes its own way', async (t) => {
  const emulator = await emulatorFor(t, '--freeze', '2030-01-01T00:00:00Z');
  const id = await startedPipeline(emulator, 'shop');
  const page = await open(t, emulator);
  await page.getByRole('button', { name: 'Fork here' }).click();
  const link = page.locator('#status a');
  const url = await link.getAttribute('href');
  assert.notEqual(new URL(url).port, new URL(emulator.url).port);

  await page.getByRole('button', { name: 'Until idle' }).click();
  await page.locator('#waits').getByText('shop').waitFor();
  const statusOf = async (base) => (await (await fetch(`${base}/_emulator/v1/resources/pipelines/${id}/timeline`)).json()).word;
  assert.equal(await statusOf(emulator.url), 'to be approved');
  assert.equal(await statusOf(new URL(url).origin), 'releasing');
  const worlds = (await emulator.control('GET', 'worlds')).worlds;
  assert.equal(worlds.length, 2);
});

test('with a control token each page asks for it once a tab, and everything works with it', async (t) => {
  const emulator = await emulatorFor(t, '--control-token', 'hush-4711', '--freeze', '2030-01-01T00:00:00Z');
  const page = await open(t, emulator, '/_emulator/requests?status=4*');
  await page.getByLabel('Control token').fill('hush');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('This is not the token.').waitFor();
  await page.getByLabel('Control token').fill('hush-4711');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: 'Requests', exact: true }).waitFor();
  assert.equal(await page.getByLabel('Status').inputValue(), '4*');

  await page.getByRole('link', { name: 'Try it' }).click();
  await page.getByRole('button', { name: 'Load the demo' }).click();
  await page.locator('#look').getByText('1 of 6').waitFor();
  await page.locator('#waits').getByText('payments').waitFor();
});
