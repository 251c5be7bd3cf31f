/** The past of a world: copies of it, the way back, snapshots, and a directory that keeps it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Emulator, EmulatorError } from 'release-emulator';
import { withWorld } from 'release-emulator/node-test';

import { call, isGone, pipelinesOf, startedPipeline } from './support.mjs';

const START = '2030-01-01T00:00:00Z';
const at = (seconds) => new Date(Date.parse(START) + seconds * 1_000);
const text = (seconds) => at(seconds).toISOString().replace('.000Z', 'Z');
const wordsOf = async (world) => (await world.resources()).resources.map(({ word }) => word);

describe('a world', () => {
  let emulator;
  let world;
  let id;
  before(async () => { emulator = await Emulator.start({ log_level: 'off' }); });
  after(() => emulator.stop());
  // The pipeline succeeds after 2 s of a minute. Its creation is command 1, its start command 2.
  beforeEach(async () => {
    world = await emulator.world({ freeze: START });
    id = await startedPipeline(world);
    await world.clock.advance({ minutes: 1 });
  });
  afterEach(() => world.close());

  test('is copied as it was at an instant, after a command, and as it is', async () => {
    const earlier = await world.fork({ at: at(1) });
    const created = await world.fork({ command: 1, name: 'created' });
    const now = await world.fork();

    const words = await Promise.all([earlier, created, now, world].map(wordsOf));
    const names = (await emulator.worlds()).map(({ name }) => name);

    assert.deepEqual(words, [['releasing'], ['initialised'], ['succeeded'], ['succeeded']]);
    assert.equal((await earlier.clock.show()).now, text(1));
    assert.equal(created.name, 'created');
    assert.deepEqual(names.slice(-3), [earlier.name, 'created', now.name]);
    await earlier.clock.until('idle');
    assert.deepEqual(await wordsOf(earlier), ['succeeded']);
    await assert.rejects(earlier.fork({ at: START }), /410: the world begins at 2030-01-01T00:00:01Z/);
    await earlier.close();
    assert.ok(await isGone(earlier.url));
    await created.close();
    await now.close();
  });

  test('is copied by its name, also when it is closed later', async () => {
    const origin = await emulator.world({ freeze: START, step: '1s' });
    await startedPipeline(origin);
    const copy = await emulator.world({ from: origin.name, at: at(0) });
    const another = await origin.fork();
    await origin.close();

    const last = await another.fork();

    assert.equal((await last.clock.until('idle')).now, text(1));
    assert.deepEqual([await wordsOf(copy), await wordsOf(another), await wordsOf(last)], [['releasing'], ['releasing'], ['succeeded']]);
    await assert.rejects(emulator.world({ from: copy.name, auth: 'strict' }), /400: auth: goes without from/);
    for (const open of [copy, another, last]) await open.close();
  });

  test('is set back, and tells what it drops', async () => {
    const { now, dropped, truncated } = await world.clock.rewind(at(1));
    assert.deepEqual([now, dropped.map(({ operation }) => operation), truncated], [text(1), ['SetClock'], 0]);
    assert.deepEqual(await wordsOf(world), ['releasing']);

    const first = await world.clock.rewind({ command: 1 });
    assert.deepEqual([first.now, first.command], [START, 1]);
    assert.deepEqual([first.dropped[0].command, first.dropped[0].operation, first.dropped[0].resource], [2, 'OperatePipeline', id]);
    assert.deepEqual(await wordsOf(world), ['initialised']);
    assert.equal((await world.clock.show()).now, START);
    // The journal does not go back.
    await world.requests.verify({ match: { operation: 'OperatePipeline' }, exactly: 1 });
  });

  test('shows its state and a resource as they were', async () => {
    assert.equal((await world.timeline('pipelines', id, { at: at(1) })).word, 'releasing');
    assert.equal((await world.timeline('pipelines', id, { command: 1 })).word, 'initialised');
    assert.equal((await world.timeline('pipelines', id)).word, 'succeeded');
    assert.deepEqual(await world.state({ at: text(60) }), await world.state());
    assert.notDeepEqual(await world.state({ at: at(1) }), await world.state());
    assert.notDeepEqual(await world.state({ command: 1, secrets: false }), await world.state({ at: at(1) }));
  });

  test('has snapshots to go back to', async () => {
    const early = await world.snapshots.add('early');
    assert.deepEqual(early, { name: 'early', at: text(60), command: early.command });
    await startedPipeline(world, { name: 'cart' });
    await world.clock.advance({ minutes: 1 });
    await world.snapshots.add('late');
    assert.deepEqual((await world.snapshots.list()).map(({ name }) => name), ['early', 'late']);

    const { now, command, dropped } = await world.snapshots.restore('early');

    assert.deepEqual([now, command], [text(60), early.command]);
    assert.ok(dropped.some(({ operation }) => operation === 'CreatePipeline'));
    assert.deepEqual(await wordsOf(world), ['succeeded']);
    assert.deepEqual(await world.snapshots.list(), [early]);
    await assert.rejects(world.snapshots.add('early'), { name: 'EmulatorError', status: 409 });
    await world.snapshots.remove('early');
    assert.deepEqual(await world.snapshots.list(), []);
    await assert.rejects(world.snapshots.restore('early'), { status: 404 });
    await assert.rejects(world.snapshots.remove('early'), { status: 404 });
  });

  test('has a history of what has changed it', async () => {
    await call('GET', pipelinesOf(world));

    const { commands, last, earliest } = await world.history();
    const changes = commands.filter(({ family }) => family === 'pipelines');

    assert.equal(last, commands.at(-1).command);
    assert.deepEqual(earliest, { at: START, command: 0 });
    assert.deepEqual(changes.map(({ operation, scope, at }) => [operation, scope, at]),
      [['CreatePipeline', 'p1', START], ['OperatePipeline', 'p1', START]]);
    assert.equal(changes[1].request, `POST /v3/p1/pipeline/pipelines/${id}/action?action_id=start`);
    assert.deepEqual((await world.history({ since: changes[0].command, limit: 1 })).commands, [changes[1]]);
    assert.deepEqual((await world.history({ since: at(0) })).commands, commands);
    assert.deepEqual((await world.history({ since: text(61) })).commands, []);
  });

  test('refuses a past that cannot be reached', async () => {
    for (const [call, status] of [
      [() => world.fork({ at: at(61) }), 409],
      [() => world.clock.rewind(text(61)), 409],
      [() => world.clock.rewind(at(-1)), 410],
      [() => world.fork({ at: at(-1) }), 410],
      [() => world.state({ at: at(-1) }), 410],
      [() => world.timeline('pipelines', id, { at: at(-1) }), 410],
      [() => world.clock.rewind({ command: 99 }), 404],
      [() => world.fork({ at: at(1), command: 1 }), 400],
      [() => world.history({ limit: 0 }), 400],
    ]) {
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof EmulatorError);
        assert.equal(error.status, status, error.message);
        return true;
      });
    }
    const forgetful = await emulator.world({ history_bytes: 0 });
    assert.equal((await forgetful.history()).earliest, null);
    await assert.rejects(forgetful.snapshots.add('any'), { status: 409 });
    await forgetful.close();
  });
});

test('a directory keeps the worlds until it is reset', async (t) => {
  const data = fs.mkdtempSync('kept-');
  const started = async (options) => {
    const emulator = await Emulator.start({ data, log_level: 'off', ...options });
    t.after(() => emulator.stop());
    return emulator;
  };
  const first = await started({ freeze: START, sync: true, history_bytes: 1 << 20 });
  await startedPipeline(first.main);
  await startedPipeline(await first.world({ name: 'other' }));
  await first.main.clock.advance({ seconds: 1 });
  await first.stop();

  const again = await started({});
  const [main, other] = await again.worlds();
  assert.equal(main, again.main);
  assert.deepEqual(await wordsOf(main), ['releasing']);
  assert.equal((await main.clock.show()).now, text(1));
  assert.equal(other.name, 'other');
  assert.deepEqual(await wordsOf(other), ['releasing']);
  await assert.rejects(Emulator.start({ data }), /did not start: exit code 3/);
  await other.close();
  await again.stop();

  const anew = await started({ data_reset: true });
  assert.deepEqual(await wordsOf(anew.main), []);
  await assert.rejects(Emulator.start({ data_reset: true }), /did not start: exit code 2\n.*--data/s);
});

describe('the world of a test', () => {
  let emulator;
  before(async () => {
    emulator = await Emulator.start({ freeze: '2031-01-01T00:00:00Z', log_level: 'off' });
    await startedPipeline(emulator.main);
    process.env.RELEASE_EMULATOR_URL = emulator.url;
  });
  after(async () => {
    delete process.env.RELEASE_EMULATOR_URL;
    await emulator.stop();
  });

  for (const time of ['first', 'second']) {
    test(`may be a copy, the ${time} time`, withWorld({ from: 'main' }, async (world) => {
      assert.deepEqual(await wordsOf(world), ['releasing']);
      assert.equal((await world.clock.show()).now, '2031-01-01T00:00:00Z');
      await world.clock.until('idle');
    }));
  }
});
