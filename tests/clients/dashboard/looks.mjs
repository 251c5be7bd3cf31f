/** The looks of each page: obstacles, widths, sizes, pictures. */
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';

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
  reference: '/_emulator/reference?q=plans',
  operation: '/_emulator/reference/AddScript',
};

/** Looks at each page of an emulator with the demo, in a colour scheme and a further width. */
export function looks(scheme, width) {
  describe(`each page in ${scheme}`, () => {
    let emulator;

    before(async () => {
      emulator = await Emulator.start('--freeze', '2030-01-01T00:00:00Z');
      await emulator.call('POST', '/v3/p1/pipeline/pipelines', { nmae: 'shop' });
      await loadDemo(emulator);
      await emulator.control('PUT', 'clock', { mode: 'frozen' });
      await emulator.control('POST', 'clock/advance', { ms: 400000 });
    });

    after(() => emulator.stop());

    test('is without obstacles and small, and leaves a picture', async (t) => {
      const page = await open(t, emulator, '/_emulator/', { scheme });
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(emulator.url + path);
        await assertAccessible(page);
        await assertFits(page);
        await assertSmall(page);
        await picture(page, `${name}-${scheme}`);
      }
    });

    test(`fits into ${width} px`, async (t) => {
      const page = await open(t, emulator, '/_emulator/', { scheme, width });
      for (const [name, path] of Object.entries(PAGES)) {
        await page.goto(emulator.url + path);
        await assertFits(page);
        await picture(page, `${name}-${width}`, { fullPage: false });
      }
    });
  });
}

/** Asserts the size of a page with its scripts and styles. */
async function assertSmall(page) {
  const bytes = await page.evaluate(async () => {
    const loaded = [...document.querySelectorAll('script[src]'), ...document.querySelectorAll('link[rel=stylesheet]')];
    const urls = [location.href, ...loaded.map(({ src, href }) => src || href)];
    const bodies = await Promise.all(urls.map(async (url) => (await fetch(url, { headers: { accept: 'text/html' } })).blob()));
    return bodies.reduce((sum, { size }) => sum + size, 0);
  });
  assert.ok(bytes > 20_000 && bytes < LARGEST, `${page.url()} has ${bytes} bytes`);
}

/** Sends the requests of the demo as a program. */
async function loadDemo(emulator) {
  const page = await (await fetch(`${emulator.url}/_emulator/demo`, { headers: { accept: 'text/html' } })).text();
  const plain = (text) => text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  for (const [, request, , body] of page.matchAll(/class="step">.*?data-send="([^"]+)"( data-body="([^"]*)")?/gs)) {
    const [method, path] = plain(request).split(' ');
    await emulator.call(method, path, body ? JSON.parse(plain(body)) : undefined);
  }
}
