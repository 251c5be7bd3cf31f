/** The looks of each page: obstacles, widths, pictures; in light and dark. */
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';

import { Emulator, assertAccessible, assertFits, open, picture } from './support.mjs';

/** The most bytes of a page with its scripts and styles. */
const LARGEST = 150_000;

const PAGES = {
  overview: '/_emulator/',
  release: '/_emulator/releases/pipelines/demo-checkout',
  plan: '/_emulator/releases/plans/demo-autumn',
  requests: '/_emulator/requests',
  refused: '/_emulator/requests/1',
  verify: '/_emulator/requests/verify?operation=CreatePipeline&scope=p2',
  failures: '/_emulator/failures',
  fault: '/_emulator/failures/fault?match.operation=ListPipelines&do.status=503',
  script: '/_emulator/failures/script/demo-fails',
  demo: '/_emulator/demo',
  look: '/_emulator/?look=1',
  reference: '/_emulator/reference?q=pipelines',
  operation: '/_emulator/reference/CreatePipeline',
};

describe('each page', () => {
  let emulator;

  before(async () => {
    emulator = await Emulator.start('--freeze', '2030-01-01T00:00:00Z');
    await emulator.call('POST', '/v3/p1/pipeline/pipelines', { nmae: 'shop' });
    await loadDemo(emulator);
    await emulator.control('PUT', 'clock', { mode: 'frozen' });
    await emulator.control('POST', 'clock/advance', { ms: 400000 });
    return () => emulator.stop();
  });

  for (const scheme of ['light', 'dark']) {
    test(`is without obstacles in ${scheme}, and leaves a picture`, async (t) => {
      const page = await open(t, emulator, '/_emulator/', { scheme });
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(emulator.url + path);
        await assertAccessible(page);
        await assertFits(page);
        await picture(page, `${name}-${scheme}`);
      }
    });
  }

  for (const width of [360, 2560]) {
    test(`fits into ${width} px`, async (t) => {
      const page = await open(t, emulator, '/_emulator/', { width });
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(emulator.url + path);
        await assertFits(page);
        await picture(page, `${name}-${width}`, { fullPage: false });
      }
    });
  }

  test('is small', async (t) => {
    const page = await open(t, emulator);
    for (const path of Object.values(PAGES)) {
      await page.goto(emulator.url + path, { waitUntil: 'load' });
      const sizes = await page.evaluate(() => performance.getEntriesByType('resource')
        .filter(({ initiatorType }) => ['link', 'script'].includes(initiatorType)).map(({ decodedBodySize }) => decodedBodySize));
      const [document] = await page.evaluate(() => performance.getEntriesByType('navigation').map(({ decodedBodySize }) => decodedBodySize));
      const bytes = sizes.reduce((sum, size) => sum + size, document);
      assert.ok(bytes < LARGEST, `${path} has ${bytes} bytes`);
    }
  });
});

/** Sends the requests of the demo as a program. */
async function loadDemo(emulator) {
  const page = await (await fetch(`${emulator.url}/_emulator/demo`, { headers: { accept: 'text/html' } })).text();
  const plain = (text) => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  for (const [, request, , body] of page.matchAll(/class="step">.*?data-send="([^"]+)"( data-body="([^"]*)")?/gs)) {
    const [method, path] = plain(request).split(' ');
    await emulator.call(method, path, body ? JSON.parse(plain(body)) : undefined);
  }
}
