/** The tools of the tests: an emulator, a browser that lets nothing pass, and looks at a page. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The faults that axe-core must not find. */
const GRAVE = ['serious', 'critical'];

/** The width of a page in tests that do not say otherwise. */
const WIDTH = 1280;

/** An emulator in a process of its own, on a free port. */
export class Emulator {
  static async start(...flags) {
    const child = spawn(process.env.EMULATOR_BINARY, ['--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      text += chunk;
      const url = /url=(\S+)/.exec(text);
      if (url) return new Emulator(child, url[1]);
    }
    throw new Error(`the emulator has not started: ${text}`);
  }

  constructor(child, url) {
    this.child = child;
    this.url = url;
    // Otherwise a full pipe would stop it.
    child.stdout.resume();
  }

  /** A request of a program, and the JSON of its answer. */
  async call(method, path, body) {
    const headers = { 'X-Auth-Token': 'any', Authorization: 'Bearer any', 'Content-Type': 'application/json' };
    const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  control(method, path, body) {
    return this.call(method, `/_emulator/v1/${path}`, body);
  }

  async stop() {
    const closed = once(this.child, 'close');
    this.child.kill();
    await closed;
  }
}

/** The work at the end of a test: the last first, since a page is closed before its emulator. */
const ends = new WeakMap();

function atEnd(test, end) {
  if (!ends.has(test)) {
    ends.set(test, []);
    test.after(async () => {
      const faults = [];
      // An emulator that is left behind keeps the whole file from ending, and so hides what went wrong.
      for (const last of ends.get(test).reverse()) await last().catch((fault) => faults.push(fault));
      if (faults.length > 0) throw faults[0];
    });
  }
  ends.get(test).push(end);
}

/** Starts an emulator that ends with the test. */
export async function emulatorFor(test, ...flags) {
  const emulator = await Emulator.start(...flags);
  atEnd(test, () => emulator.stop());
  return emulator;
}

let launched;

/** The browser of a test file. */
export function browser() {
  launched ??= chromium.launch({ executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
  return launched;
}

after(async () => { await (await launched)?.close(); });

/**
 * Opens a page of the dashboard. At the end of the test nothing may have gone wrong in it: no error on the console or in a
 * script, no request to another host.
 */
export async function open(test, emulator, path = '/_emulator/', { scheme = 'light', width = WIDTH, height = 900, allowed = [] } = {}) {
  const context = await (await browser()).newContext({
    colorScheme: scheme, viewport: { width, height }, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const faults = [];
  const note = (fault) => { if (!allowed.some((pattern) => pattern.test(fault))) faults.push(fault); };
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) note(`console: ${message.text()} (${message.location().url})`); });
  page.on('pageerror', (error) => note(`page error: ${error.stack}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== emulator.url) note(`request to another host: ${request.url()}`);
  });
  await page.addInitScript(observeShifts);
  atEnd(test, async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(emulator.url + path);
  return page;
}

/** Collects the layout shifts that no click or key of the user accounts for. */
function observeShifts() {
  window.shifts = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node, previousRect, currentRect }) => {
        const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        return `${element?.outerHTML.slice(0, 120)}: ${previousRect.y} -> ${currentRect.y}, ${previousRect.x} -> ${currentRect.x}`;
      });
      window.shifts.push({ value: entry.value, moved });
    }
  });
  observer.observe({ type: 'layout-shift', buffered: true });
  // While a page is being read, its parts come one after the other.
  addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => { window.shifts = []; })));
}

/** Asserts that nothing on a page has moved by itself. */
export async function assertStill(page) {
  // The observer is told after the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
}

/** Asserts that axe-core finds no serious obstacle on a page. */
export async function assertAccessible(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await axe.run(document, { resultTypes: ['violations'] })).violations);
  const grave = violations.filter(({ impact }) => GRAVE.includes(impact));
  const told = grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 5).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('\n')}`);
  assert.deepEqual(told, [], page.url());
}

/** Asserts that a page is not wider than its window. */
export async function assertFits(page) {
  const { scrolled, shown } = await page.evaluate(() => ({
    scrolled: document.documentElement.scrollWidth, shown: document.documentElement.clientWidth,
  }));
  assert.ok(scrolled <= shown, `${page.url()} is ${scrolled} px wide in a window of ${shown} px`);
}

/** Leaves a picture of a page. */
export async function picture(page, name, { fullPage = true } = {}) {
  await page.screenshot({ path: `${process.env.PICTURES}/${name}.png`, fullPage });
}

/** Waits until a condition on the emulator holds, which the end of the test bounds. */
export async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** Moves the focus to an element by Tab or Shift+Tab, and presses Enter. */
export async function press(page, locator) {
  await locator.waitFor();
  for (let n = 0; n < 300; n += 1) {
    const key = await locator.evaluate((element) => {
      const focused = document.activeElement;
      if (element === focused) return 'Enter';
      const isSkipped = focused.matches('.skip') && document.querySelector('main').contains(element);
      if (isSkipped) return 'Enter';
      return focused.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING ? 'Shift+Tab' : 'Tab';
    });
    const isThere = key === 'Enter' && await locator.evaluate((element) => element === document.activeElement);
    await page.keyboard.press(key);
    if (isThere) return;
  }
  assert.fail(`${locator} cannot be reached by Tab`);
}

/** Creates a pipeline with a gate, and starts it. Returns its id. */
export async function startedPipeline(emulator, name) {
  const pipelines = '/v3/p1/pipeline/pipelines';
  const stages = [
    { name: 'build', tasks: [{ name: 'compile' }] },
    { name: 'deploy', approval_type: 1, tasks: [{ name: 'roll-out' }] },
  ];
  const { id } = await emulator.call('POST', pipelines, { name, model_version: 2, config_mode: 'ui', stages });
  await emulator.call('POST', `${pipelines}/${id}/action?action_id=start`);
  return id;
}
