/** The reference: search, an operation, guides. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { emulatorFor, open } from './support.mjs';

test('an operation is found by its words, read, and called', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator, '/_emulator/reference');
  const all = await page.locator('.operations > li').count();
  const listed = (await emulator.control('GET', 'operations')).operations;
  assert.ok(all > listed.length, `${all} operations of services and of the control plane`);
  await page.getByLabel('Search').fill('creates release task');
  await page.getByLabel('Search').press('Enter');
  await page.waitForURL('**q=creates*');
  await page.getByRole('link', { name: 'CreatePipeline', exact: true }).click();
  await page.getByText('stages', { exact: true }).first().waitFor();

  await page.getByRole('button', { name: 'Copy' }).first().click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^curl 'http[^']+\/v3\/0605767aee00d2562f3cc0123456789a\/pipeline\/pipelines'/);
  await page.getByRole('link', { name: 'Its requests' }).click();
  await page.getByRole('heading', { name: 'Requests', exact: true }).waitFor();
});

test('the guides are a click away', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator, '/_emulator/reference');
  await page.locator('#guides').getByRole('link', { name: 'Scripts', exact: true }).click();
  await page.waitForURL('**/_emulator/docs/scripts');
});
