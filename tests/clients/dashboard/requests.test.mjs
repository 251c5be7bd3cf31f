/** Requests: the journal live, the reasons of a refusal, assertions, faults. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { assertStill, emulatorFor, open, until } from './support.mjs';

const PIPELINES = '/v3/p1/pipeline/pipelines';

test('the journal follows the world without moving anything, and stands still under the pointer', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.call('GET', PIPELINES);
  const page = await open(t, emulator, '/_emulator/requests');
  const rows = page.locator('.journal > li');
  assert.equal(await rows.count(), 1);
  await emulator.call('GET', '/v3/p1/pipeline/pipeline');
  await rows.getByText('did you mean GET /v3/{project_id}/pipeline/pipelines?').waitFor();

  await rows.first().hover();
  await emulator.call('GET', '/v3/p1/cas/release-plans');
  await page.evaluate(() => dashboard.refresh());
  assert.equal(await rows.count(), 2);
  await page.mouse.move(5, 5);
  await until(async () => await rows.count() === 3);
  await assertStill(page);
});

test('a filter is that of the API, and a refused request tells why', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.call('POST', PIPELINES, { nmae: 'shop' });
  await emulator.call('GET', PIPELINES);
  const page = await open(t, emulator, '/_emulator/requests');
  await page.getByLabel('Status').fill('4*');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL('**/requests?*status=4*');
  assert.equal(await page.locator('.journal > li').count(), 1);
  await page.locator('.journal a').click();
  await page.getByRole('region', { name: 'Reasons' }).getByText('unknown field nmae was ignored, did you mean name?').waitFor();

  await page.getByRole('button', { name: 'Copy as curl' }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^curl 'http:\/\/127\.0\.0\.1:\d+\/v3\/p1\/pipeline\/pipelines'/);
  assert.match(command, /x-auth-token: \*\*\*/);
});

test('a request becomes an assertion, which is decided anew when another comes', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.call('GET', PIPELINES);
  const page = await open(t, emulator, '/_emulator/requests/1');
  await page.getByRole('link', { name: 'Make this a verify assertion' }).click();
  await page.getByText('1 request matches').waitFor();
  await page.getByLabel('Number').fill('2');
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('expected at least 2, found 1').waitFor();
  await emulator.call('GET', PIPELINES);
  await page.getByText('2 requests match').waitFor();
});

test('a request becomes a fault, which hits the next one', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.call('GET', PIPELINES);
  const page = await open(t, emulator, '/_emulator/requests/1');
  await page.getByRole('link', { name: 'Make this a fault' }).click();
  assert.equal(await page.getByLabel('operation').inputValue(), 'ListPipelines');
  await page.getByRole('button', { name: 'Add the fault' }).click();
  await page.waitForURL('**/failures');
  await page.locator('#faults').getByText('unused').waitFor();
  const answer = await fetch(emulator.url + PIPELINES, { headers: { 'X-Auth-Token': 'any' } });
  assert.equal(answer.status, 503);
  await page.locator('#faults').getByText('used 1 time').waitFor();
});
