/** The demo and the guided look. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { assertStill, emulatorFor, open } from './support.mjs';

test('one button loads the demo, and the look leads through the dashboard by keys', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator);
  await page.getByRole('link', { name: 'Try the demo' }).click();
  await page.getByRole('button', { name: 'Load the demo' }).click();
  await page.waitForURL('**/_emulator/?look=1*');
  await page.locator('#waits').getByText('payments').waitFor();
  const { resources } = await emulator.control('GET', 'resources');
  for (const name of ['checkout', 'spring', 'autumn', 'v1', 'reviews-v1']) {
    assert.ok(resources.some((resource) => resource.name === name), name);
  }

  for (const n of [2, 3, 4]) {
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(`**look=${n}*`);
    await page.locator('#look').getByText(`${n} of 6`).waitFor();
  }
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL('**look=3*');
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => url.search === '');
  assert.equal(await page.locator('#look').count(), 0);
});

test('the look needs no keys, and moves nothing', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator, '/_emulator/demo');
  await page.getByRole('button', { name: 'Load the demo' }).click();
  for (let n = 1; n <= 6; n += 1) {
    await page.waitForURL(`**look=${n}*`);
    await page.locator('#look').getByText(`${n} of 6`).waitFor();
    await assertStill(page);
    await page.locator('#look-next').click();
  }
  await page.waitForURL((url) => url.search === '' && url.pathname === '/_emulator/');
});

test('the demo is added to what there is', async (t) => {
  const emulator = await emulatorFor(t);
  await emulator.call('POST', '/v3/p1/cas/release-plans', { name: 'mine', components: [{ seq: 0, name: 'web', runtime_stack: {} }] });
  const page = await open(t, emulator, '/_emulator/demo');
  await page.getByText('This world has 1 resource, which stay.').waitFor();
  await page.getByRole('button', { name: 'Load the demo' }).click();
  await page.waitForURL('**look=1*');
  const { resources } = await emulator.control('GET', 'resources');
  assert.ok(resources.some(({ name }) => name === 'mine'));
});

test('no page moves anything by itself while the demo runs', async (t) => {
  const emulator = await emulatorFor(t);
  const page = await open(t, emulator, '/_emulator/demo');
  await page.getByRole('button', { name: 'Load the demo' }).click();
  await page.waitForURL('**look=1*');
  const { resources } = await emulator.control('GET', 'resources');
  const releases = resources.map(({ family, id }) => `releases/${family}/${encodeURIComponent(id)}`);
  const paths = ['', 'requests', 'failures', ...releases];
  const pages = await Promise.all(paths.map((path) => open(t, emulator, `/_emulator/${path}`)));
  await emulator.control('PUT', 'clock', { mode: 'frozen' });
  for (let n = 0; n < 6; n += 1) {
    if (n === 3) await emulator.control('POST', 'snapshots', { name: 'before' });
    if (n === 4) await emulator.call('GET', '/v3/demo/nothing');
    await emulator.control('POST', 'clock/advance', { until: 'next' });
    const now = Date.parse((await emulator.control('GET', 'clock')).now);
    for (const page of pages) {
      await page.waitForFunction((at) => Number(document.querySelector('[data-now]').dataset.now) >= at, now);
    }
  }
  for (const page of pages) await assertStill(page);
});
