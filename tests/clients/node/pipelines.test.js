/**
 * Proves that ServiceStage pipelines can be created, run, scheduled and listed with the official Node SDK:
 * what it signs of bodies, names of the path, numbers and lists of the query is what the emulator verifies.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { START_MS, STEP_MS, emulator } = require('./emulator');
const { call, client, refusal } = require('./sdk');

const PIPELINES = '/v3/{project_id}/pipeline/pipelines';
const PIPELINE = `${PIPELINES}/{pipeline_id}`;

/** Two stages, the second behind a manual approval. */
function shop(name = 'shop', description = '') {
  const stages = [
    { name: 'build', tasks: [{ name: 'compile' }] },
    { name: 'deploy', approval_type: 1, tasks: [{ name: 'roll-out' }] },
  ];
  return { name, description, model_version: 2, config_mode: 'ui', stages };
}

describe('pipelines', () => {
  const bench = emulator();

  async function create(body = shop()) {
    return call(client(bench), 'POST', PIPELINES, { body });
  }

  test('A pipeline is created with a description beyond ASCII, and shown', async () => {
    const created = await create(shop('shop', 'Größe 中文 😀 "quoted" \\ '));

    const shown = await call(client(bench), 'GET', PIPELINE, { names: { pipeline_id: created.id } });

    assert.equal(created.httpStatusCode, 200);
    assert.equal(created.description, 'Größe 中文 😀 "quoted" \\ ');
    assert.equal(created.creator, 'ann');
    assert.deepEqual([created.status, created.version, created.create_time], [1, 1, START_MS]);
    assert.deepEqual(shown, created);
  });

  test('The list of pipelines is a bare array', async () => {
    await create(shop('one'));
    await create(shop('two'));

    const list = await call(client(bench), 'GET', PIPELINES);

    assert.ok(Array.isArray(list));
    assert.deepEqual(list.map((pipeline) => pipeline.name), ['two', 'one']);
  });

  test('A pipeline is started, approved and recorded', async () => {
    const { id } = await create();
    const names = { pipeline_id: id };
    const act = (action, body) =>
      call(client(bench), 'POST', `${PIPELINE}/action`, { names, query: { action_id: action }, body });

    const started = await act('start');
    await bench.advance();
    const approved = await act('approval', { task_name: 'deploy', approval_type: 'agree', message: 'ça va' });
    await bench.advance();
    const { count, records: [record] } = await call(client(bench), 'GET', `${PIPELINE}/records`, { names });

    assert.deepEqual(started, { id: 286541, pipeline_id: id, status: 4, httpStatusCode: 200 });
    assert.deepEqual(approved, started);
    assert.equal(count, 1);
    assert.deepEqual([record.id, record.status, record.trigger], [286541, 2, 'ann']);
    assert.deepEqual([record.trigger_at, record.end_at], [START_MS, START_MS + 2 * STEP_MS]);
  });

  test('Only the selected tasks of a pipeline run', async () => {
    const names = { pipeline_id: (await create()).id };
    const body = { selected_tasks: [{ stage_name: 'build', tasks: ['compile'] }] };

    await call(client(bench), 'POST', `${PIPELINE}/action`, { names, query: { action_id: 'start' }, body });
    await bench.advance();

    assert.equal((await call(client(bench), 'GET', PIPELINE, { names })).status, 2);
  });

  test('A pipeline is edited by PUT and counts its versions', async () => {
    const names = { pipeline_id: (await create()).id };

    const edited = await call(client(bench), 'PUT', PIPELINE, { names, body: shop('renamed', 'später') });

    assert.deepEqual([edited.name, edited.description, edited.version], ['renamed', 'später', 2]);
  });

  test('A schedule is made, changed and shown, and starts the pipeline when its time comes', async () => {
    const names = { pipeline_id: (await create()).id };
    const hooks = `${PIPELINE}/hooks`;
    const every = (minutes) => ({
      strategy_type: 1,
      hooks: [{ schedule: `0 0/${minutes} * ? * * *`, timezone_operator: '+', timezone_hour: 8 }],
    });

    await call(client(bench), 'POST', hooks, { names, body: every(5) });
    await call(client(bench), 'PUT', hooks, { names, body: every(10) });
    const shown = await call(client(bench), 'GET', hooks, { names });
    await bench.advance(10 * 60_000);
    const { records } = await call(client(bench), 'GET', `${PIPELINE}/records`, { names });

    assert.deepEqual(shown, { ...every(10), httpStatusCode: 200 });
    assert.deepEqual(records.map((record) => record.trigger_at), [START_MS + 10 * 60_000]);
  });

  test('Numbers of the query are signed, and page the list', async () => {
    for (const name of ['one', 'two', 'three']) await create(shop(name));

    const query = { offset: 1, order_by: 'name', limit: 1, order: 'asc' };
    const list = await call(client(bench), 'GET', PIPELINES, { query });

    assert.deepEqual(list.map((pipeline) => pipeline.name), ['three']);
  });

  test('A list of the query is signed in the order of its texts, in which it is sent', async () => {
    // The SDK sorts values as texts before it encodes them: ':' is sent after '1', though %3A sorts before it.
    const query = { label: [10, 9, ':', 'b', 'ä', ''], 'a:': true, a1: ['x'], flags: [false, true] };

    assert.deepEqual([...await call(client(bench), 'GET', PIPELINES, { query })], []);
  });

  test('Any character may stand in a query', async () => {
    const all = "Größe 中文 😀 +%&=?#/:;,@$!*'()[]{}|\\^`~\"<>";
    const query = { 'näme (1)': all, plus: '1+1', escaped: '%2B%20', empty: '' };

    assert.deepEqual([...await call(client(bench), 'GET', PIPELINES, { query })], []);
  });

  test('An unknown pipeline is refused with code, text and request id', async () => {
    const names = { pipeline_id: '00000000-0000-4000-8000-000000000000' };

    assert.deepEqual(await refusal(404, call(client(bench), 'GET', PIPELINE, { names })),
      ['SVCSTG.00100433', 'application release not found']);
  });

  test('A bad pipeline is refused with what is wrong', async () => {
    const [code, text] = await refusal(400, create({ ...shop(), stages: 'none' }));

    assert.equal(code, 'SVCSTG.00100400');
    assert.match(text, /^parameter invalid: .*stages/);
  });
});
