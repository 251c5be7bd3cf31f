/** The process of an emulator: options, a start that fails, the end of the process that has started it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { test } from 'node:test';

import { Emulator, StartError } from 'release-emulator';

import { BINARY, firstLine, isGone, run, startedPipeline, until } from './support.mjs';

/** An emulator that is stopped after the test. */
async function started(t, options) {
  const emulator = await Emulator.start(options);
  t.after(() => emulator.stop());
  return emulator;
}

test('options become flags, and states become files for as long as they are needed', async (t) => {
  const before = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('release-emulator-'));
  const emulator = await started(t, {
    fixtures: ['documented', { asm: { meshes: [{ id: 'own', name: 'own', releases: [] }] } }],
    step: 500, freeze: new Date('2030-01-01T00:00:00Z'), pipelines_list: 'object', zadig: 'v4', webhooks_anywhere: true,
    max_worlds: 2, memory: '512MiB', max_state: 1_000_000, args: ['--journal-bytes', '0'],
  });
  const left = fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('release-emulator-'));

  const { asm } = await emulator.main.state();
  await startedPipeline(emulator.main);
  const { now } = await emulator.main.clock.until('idle');
  const world = await emulator.world();

  assert.deepEqual(left, before);
  assert.ok(asm.meshes.some(({ id }) => id === 'own') && asm.meshes.some(({ id }) => id === 'mesh-demo'));
  assert.equal(now, '2030-01-01T00:00:00.500Z');
  await assert.rejects(emulator.main.requests.list(), /the journal is off/);
  assert.match(await emulator.main.report(), /^requests: GET requests returned 409: the journal is off .*\ntimelines:/m);
  assert.ok(emulator.pid > 0);
  await assert.rejects(emulator.world(), { status: 429 });
  await world.close();
});

test('a control token opens the emulator and its worlds', async (t) => {
  const emulator = await started(t, { control_token: 'hush', allow_host: ['a.example', '*.b.example'], cors: '*' });
  const { url } = emulator;
  const world = await emulator.world();
  const events = await world.events();
  await world.scripts.add({ outcome: 'fail' });
  for await (const { event } of events) {
    assert.equal(event, 'script');
    break;
  }
  assert.equal((await emulator.main.clock.show()).mode, 'running');
  assert.equal((await world.environment()).RELEASE_EMULATOR_CONTROL_TOKEN, 'hush');
  await world.close();

  await assert.rejects(Emulator.connect(url), { status: 401 });
  assert.equal((await (await Emulator.connect(url, { control_token: 'hush' })).worlds()).length, 1);
  process.env.RELEASE_EMULATOR_CONTROL_TOKEN = 'hush';
  try {
    assert.equal((await (await Emulator.connect(url)).worlds()).length, 1);
  } finally {
    delete process.env.RELEASE_EMULATOR_CONTROL_TOKEN;
  }
});

test('variables of the machine are no options', async (t) => {
  process.env.RELEASE_EMULATOR_FREEZE = '1999-01-01T00:00:00Z';
  try {
    const emulator = await started(t);
    assert.equal((await emulator.main.clock.show()).mode, 'running');
  } finally {
    delete process.env.RELEASE_EMULATOR_FREEZE;
  }
});

test('a start that fails is told in the words of the emulator', async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address();

  await assert.rejects(Emulator.start({ fixtures: '/no/such.json' }), (error) => {
    assert.ok(error instanceof StartError);
    assert.match(error.message, /^the emulator did not start: exit code 4\nrelease-emulator: .*\/no\/such\.json/);
    return true;
  });
  await assert.rejects(Emulator.start({ listen: `127.0.0.1:${port}` }), /did not start: exit code 3\n.*cannot listen on 127\.0\.0\.1/s);
  await assert.rejects(Emulator.start({ args: ['--stepp', '1s'] }), /did not start: exit code 2\n.*--step/s);
  await assert.rejects(Emulator.start({ binary: '/no/such/binary' }), /cannot run \/no\/such\/binary: .*ENOENT/);
  await assert.rejects(Emulator.start({ binary: '/bin/cat', args: [], listen: undefined, timeout_ms: 30_000 }),
    /the emulator did not start: exit code/);
});

test('a program that never gets ready is ended', async () => {
  const folder = fs.mkdtempSync('never-');
  const never = `${process.cwd()}/${folder}/never`;
  fs.writeFileSync(never, '#!/bin/sh\necho about to think >&2\nexec sleep 600\n', { mode: 0o755 });

  await assert.rejects(Emulator.start({ binary: never, timeout_ms: 200 }),
    /^StartError: the emulator did not start: it was not ready after 200 ms\nabout to think$/);
});

test('many emulators share the listeners of the process, and leave none behind', async (t) => {
  const listeners = () => ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((event) => process.listenerCount(event));
  const before = listeners();

  const first = await Emulator.start();
  const other = await started(t);
  const during = listeners();
  await first.stop();

  assert.deepEqual(during, before.map((count) => count + 1));
  assert.deepEqual(listeners(), during);
  await other.stop();
  assert.deepEqual(listeners(), before);
});

test('stop returns when it is gone, and may be called again', async () => {
  const emulator = await Emulator.start();

  await emulator.stop();

  assert.ok(await isGone(emulator.url));
  await emulator.stop();
});

test('what it writes to stderr can be read', async (t) => {
  const emulator = await started(t, { log_level: 'info' });

  await fetch(`${emulator.url}/v3/p1/pipeline/pipelines`);

  await until(() => emulator.stderr.includes('/v3/p1/pipeline/pipelines'));
});

test('a connection leaves the emulator running', async (t) => {
  const emulator = await started(t);
  process.env.RELEASE_EMULATOR_URL = `${emulator.url}/`;
  try {
    const connected = await Emulator.connect();
    assert.equal(connected.url, emulator.url);
    assert.equal(connected.pid, undefined);
    await connected.stop();
  } finally {
    delete process.env.RELEASE_EMULATOR_URL;
  }
  assert.ok(!await isGone(`${emulator.url}/_emulator/v1/health`));
  await assert.rejects(Emulator.connect(), /RELEASE_EMULATOR_URL is not set/);
  await assert.rejects(Emulator.connect('http://127.0.0.1:9'), /the emulator at http:\/\/127\.0\.0\.1:9 does not answer/);
});

const STARTS = `
  import { Emulator } from 'release-emulator';
  const emulator = await Emulator.start();
  console.log(emulator.url);`;

for (const [end, more, expected] of [
  ['by itself', '', { code: 0, signal: null }],
  ['by an error', 'throw new Error("lost")', { code: 1, signal: null }],
  ['by process.exit', 'process.exit(5)', { code: 5, signal: null }],
]) {
  test(`a program that ends ${end} takes its emulator with it`, async () => {
    const { stdout, ...ended } = await run(process.execPath, ['--input-type=module', '--eval', STARTS + more]);

    assert.deepEqual({ code: ended.code, signal: ended.signal }, expected, ended.stderr);
    const url = stdout.trim();
    assert.match(url, /^http:/);
    await until(() => isGone(url));
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']) {
  test(`a program that is ended by ${signal} takes its emulator with it`, async () => {
    const waits = `${STARTS}\nsetInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', waits], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await firstLine(child);

    child.kill(signal);
    const [, by] = await once(child, 'exit');

    assert.equal(by, signal);
    await until(() => isGone(url));
  });
}

test('a handler of the program decides about a signal', async () => {
  const handles = `
    process.on('SIGTERM', async () => { await emulator.stop(); process.exit(9); });${STARTS}
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', handles], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await firstLine(child);

  child.kill('SIGTERM');

  assert.deepEqual(await once(child, 'exit'), [9, null]);
  await until(() => isGone(url));
});

test('the binary of the package runs without anything else', async () => {
  const { stdout, code } = await run(BINARY, ['--version'], { env: {} });

  assert.equal(code, 0);
  assert.match(stdout, /^release-emulator \d+\.\d+\.\d+\n$/);
});
