/**
 * Proves that ServiceStage release plans can be created, executed, edited and deleted with the official Node SDK,
 * which also accepts the empty answers of their commands.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { emulator } = require('./emulator');
const { call, client, refusal } = require('./sdk');

const PLANS = '/v3/{project_id}/cas/release-plans';
const PLAN = `${PLANS}/{release_plan_id}`;

/** Two components in two batches. */
function spring(name = 'spring', desc = '') {
  const component = (seq, title) => ({ seq, name: title, runtime_stack: { name: 'java' } });
  return { name, desc, components: [component(0, 'web'), component(1, 'db')] };
}

describe('release plans', () => {
  const bench = emulator();

  async function create(body = spring()) {
    const { id } = await call(client(bench), 'POST', PLANS, { body });
    return { release_plan_id: id };
  }

  async function listed() {
    const { count, release_plans: plans } = await call(client(bench), 'GET', PLANS, { query: { limit: 10, offset: 0 } });
    assert.equal(count, plans.length);
    return plans.map(({ name, status, creator }) => [name, status, creator]);
  }

  test('A plan is created, executed batch by batch, and succeeds', async () => {
    const names = await create();
    const states = async () => {
      const { components } = await call(client(bench), 'GET', `${PLAN}/deploy-info`, { names });
      return components.map(({ name, status, job_status: job }) => [name, status, job]);
    };

    const executed = await call(client(bench), 'POST', `${PLAN}/execute`, { names });
    await bench.advance();
    const between = await states();
    await bench.advance();

    assert.deepEqual(executed, { httpStatusCode: 200 });
    assert.deepEqual(between, [['web', 'SUCCESS', 'SUCCEEDED'], ['db', 'RUNNING', 'RUNNING']]);
    assert.deepEqual(await states(), [['web', 'SUCCESS', 'SUCCEEDED'], ['db', 'SUCCESS', 'SUCCEEDED']]);
    assert.deepEqual(await listed(), [['spring', 'SUCCESS', 'ann']]);
  });

  test('A plan under way is aborted', async () => {
    const names = await create();

    await call(client(bench), 'POST', `${PLAN}/execute`, { names });
    await call(client(bench), 'POST', `${PLAN}/abort`, { names });
    await bench.advance();

    assert.deepEqual(await listed(), [['spring', 'ABORTED', 'ann']]);
  });

  test('A plan is edited by PUT with a text beyond ASCII, and shown', async () => {
    const names = await create();
    const { components } = await call(client(bench), 'GET', PLAN, { names });

    await call(client(bench), 'PUT', PLAN, { names, body: { name: 'spring-2', desc: 'Frühling 春 🌱', components } });
    const shown = await call(client(bench), 'GET', PLAN, { names });

    assert.deepEqual([shown.name, shown.desc, shown.status], ['spring-2', 'Frühling 春 🌱', 'CREATED']);
    assert.deepEqual(shown.components, components);
  });

  test('A deleted plan is gone', async () => {
    const names = await create();

    const deleted = await call(client(bench), 'DELETE', PLAN, { names });

    assert.deepEqual(deleted, { httpStatusCode: 200 });
    assert.deepEqual(await listed(), []);
    assert.deepEqual(await refusal(404, call(client(bench), 'GET', PLAN, { names })),
      ['SVCSTG.00100433', 'application release not found']);
  });

  test('A plan whose name is taken is refused', async () => {
    await create();

    const [code, text] = await refusal(400, create());

    assert.equal(code, 'SVCSTG.00100400');
    assert.match(text, /^parameter invalid: /);
  });
});
