/** The client against a running emulator: time, outcomes, failures, the journal, states, events, webhooks. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, beforeEach, afterEach, describe, test } from 'node:test';

import { Emulator, EmulatorError, milliseconds, UnreachableError, VerificationError, World } from 'release-emulator';

import { BINARY, call, isGone, pipelinesOf, run, startedPipeline } from './support.mjs';

const START = '2030-01-01T00:00:00Z';

describe('a world', () => {
  let emulator;
  let world;
  before(async () => { emulator = await Emulator.start({ log_level: 'off' }); });
  after(() => emulator.stop());
  beforeEach(async () => { world = await emulator.world({ freeze: START }); });
  afterEach(() => world.close());

  const shown = async (id) => (await call('GET', `${pipelinesOf(world)}/${id}`)).status;

  test('advances its clock and tells what has changed on the way', async () => {
    const id = await startedPipeline(world);

    const { now, transitions, truncated } = await world.clock.advance({ minutes: 1, seconds: 1, ms: 500 });

    assert.equal(now, '2030-01-01T00:01:01.500Z');
    assert.deepEqual(transitions.map(({ step, to }) => [step, to]), [[undefined, '2'], ['compile', '2']]);
    assert.equal(truncated, 0);
    assert.equal(await shown(id), 2);
  });

  test('goes to the next change, to a status, and says what is in the way of one', async () => {
    const id = await startedPipeline(world, { stages: [{ name: 'deploy', approval_type: 1, tasks: [{ name: 'x' }] }] });
    const target = (status) => ({ family: 'pipelines', id, status });

    await assert.rejects(world.clock.until(target('succeeded'), { within: { days: 2 } }), (error) => {
      assert.ok(error instanceof EmulatorError);
      assert.equal(error.status, 409);
      assert.match(error.message, /^POST clock\/advance returned 409: until: is not reached within 172800000 ms: /);
      return true;
    });
    await call('POST', `${pipelinesOf(world)}/${id}/action?action_id=approval`, { task_name: 'deploy', approval_type: 'agree' });
    assert.equal((await world.clock.until('next')).now, '2030-01-01T00:00:02Z');
    assert.equal((await world.clock.until('idle')).now, '2030-01-01T00:00:02Z');
    assert.deepEqual((await world.clock.until(target('succeeded'))).transitions, []);
  });

  test('freezes, runs and is set to an instant, but never to an earlier one', async () => {
    assert.deepEqual(await world.clock.show(), { now: START, mode: 'frozen', pace: 1 });
    assert.equal((await world.clock.freeze(new Date('2031-01-01T00:00:00Z'))).now, '2031-01-01T00:00:00Z');
    assert.equal((await world.clock.run(10)).mode, 'running');
    assert.equal((await world.clock.freeze()).mode, 'frozen');
    assert.ok(await world.clock.now() >= new Date('2031-01-01T00:00:00Z'));
    await assert.rejects(world.clock.set({ now: START }), { name: 'EmulatorError', status: 409 });
  });

  test('has scripts that decide the outcome of work', async () => {
    const script = await world.scripts.add({ match: { step: 'compile' }, outcome: 'fail', message: 'no disk' });
    await world.scripts.add({ id: 'idle', match: { family: 'pipelines', step: 'compil' }, outcome: 'hang' });
    const id = await startedPipeline(world);
    await world.clock.until('idle');

    assert.equal(await shown(id), 3);
    assert.deepEqual((await world.scripts.list()).map(({ used }) => used), [1, 0]);
    assert.deepEqual((await world.scripts.unused()).map(({ id, nearest }) => [id, nearest]), [['idle', 'compile']]);
    assert.equal((await world.scripts.replace('idle', { outcome: 'succeed' })).outcome, 'succeed');
    assert.equal((await world.scripts.show(script.id)).message, 'no disk');
    await world.scripts.remove('idle');
    await assert.rejects(world.scripts.show('idle'), { status: 404 });
    await world.scripts.clear();
    assert.deepEqual(await world.scripts.list(), []);
  });

  test('has faults that hit requests', async () => {
    await world.faults.add({ id: 'busy', match: { operation: 'ListPipelines' }, do: { status: 503 }, times: 1 });

    const first = await fetch(pipelinesOf(world), { headers: { 'X-Auth-Token': 'any' } });

    assert.equal(first.status, 503);
    assert.equal((await world.faults.show('busy')).used, 1);
    assert.deepEqual(await call('GET', pipelinesOf(world)), []);
    await world.faults.clear();
    assert.deepEqual(await world.faults.unused(), []);
  });

  test('refuses a bad rule with the reason and the advice', async () => {
    await assert.rejects(world.scripts.add({ outcome: 'fail', macth: {} }), (error) => {
      assert.equal(error.call, 'POST scripts');
      assert.equal(error.problem.title, 'Bad Request');
      assert.match(error.detail, /^macth: is not a known field; known: /);
      assert.match(error.hint, /did you mean match\?/);
      assert.ok(error.message.includes(error.detail) && error.message.includes(`\n  hint: ${error.hint}`), error.message);
      return true;
    });
  });

  test('lists the requests that match, also by their query, headers and body', async () => {
    await startedPipeline(world);
    await startedPipeline(world, { name: 'cart' });

    const byQuery = await world.requests.list({ query: { action_id: 'start' } });
    const byBody = await world.requests.list({ body: { '/name': 'cart' }, limit: 1 });
    const byStatus = await world.requests.list({ status: '4*', family: 'pipelines' });

    assert.deepEqual([byQuery.total, byBody.total, byStatus.total], [2, 1, 0]);
    assert.equal(byBody.requests[0].request.body.name, 'cart');
    await world.requests.clear();
    assert.equal((await world.requests.list()).total, 0);
  });

  test('verifies requests, and shows the nearest ones if there are others', async () => {
    await startedPipeline(world);

    assert.equal(await world.requests.verify({ match: { operation: 'CreatePipeline' }, exactly: 1 }), 1);
    assert.equal(await world.requests.verify({ in_order: [{ method: 'POST' }, { action: 'start' }] }), 2);
    await assert.rejects(world.requests.verify({ match: { body: { '/name': 'cart' } }, at_least: 1 }), (error) => {
      assert.ok(error instanceof VerificationError);
      assert.equal(error.matched, 0);
      assert.deepEqual(error.near_misses[0].differs, [{ field: 'body./name', wanted: 'cart', got: 'shop' }]);
      assert.equal(error.message.split('\n').slice(0, 5).join('\n'), [
        'expected at least 1, found 0',
        '  of match {"body":{"/name":"cart"}}',
        'nearest requests:',
        '  request 1: POST /v3/p1/pipeline/pipelines returned 200',
        '    body./name: wanted "cart", got "shop"',
      ].join('\n'));
      return true;
    });
    await assert.rejects(world.requests.verify({ match: { operation: 'CreatePipelin' }, exactly: 0 }), (error) => {
      assert.ok(!(error instanceof VerificationError));
      assert.match(error.message, /matches no operation, did you mean CreatePipeline\?/);
      return true;
    });
  });

  test('keeps its state, gets another, and goes back', async () => {
    await startedPipeline(world);
    const state = await world.state();
    const other = await emulator.world({ freeze: START });

    await other.replaceState(state);
    await other.mergeState({ scripts: [{ id: 'merged', outcome: 'fail' }] });

    assert.deepEqual((await other.resources()).resources.map(({ name, word }) => [name, word]), [['shop', 'releasing']]);
    assert.deepEqual((await other.scripts.list()).map(({ id }) => id), ['merged']);
    await other.reset('empty');
    assert.equal((await other.resources()).count, 0);
    await other.close();
  });

  test('shows resources and the timeline of one', async () => {
    const id = await startedPipeline(world);

    const { resources, count } = await world.resources({ family: 'pipelines', scope: 'p1', limit: 5 });
    const { transitions, allowed, forecast } = await world.timeline('pipelines', id);

    assert.equal(count, 1);
    assert.deepEqual([resources[0].id, resources[0].allowed], [id, ['stop']]);
    assert.deepEqual(transitions.map(({ cause }) => cause), ['create', 'start', 'start']);
    assert.deepEqual(allowed, ['stop']);
    assert.equal(forecast[0].ends, '2030-01-01T00:00:02Z');
    await assert.rejects(world.timeline('pipelines', 'no/such'), { status: 404 });
  });

  test('streams its events until a loop is left, and from an earlier one on', async () => {
    const id = await startedPipeline(world);
    const stream = await world.events({ family: 'pipelines', id });
    await world.clock.advance(2_000);

    const statuses = [];
    for await (const event of stream) {
      assert.equal(event.event, 'transition');
      statuses.push(event.data.to);
      if (statuses.length === 2) break;
    }
    const all = await world.events({ after: 0 });
    const kinds = [];
    for await (const { event } of all) {
      kinds.push(event);
      if (event === 'clock') break;
    }

    assert.deepEqual(statuses, ['2', '2']);
    assert.ok(kinds.includes('request') && kinds.includes('transition'));
  });

  test('ends its streams when it closes', async () => {
    const short = await emulator.world();
    const stream = await short.events();
    await short.scripts.add({ id: 'one', outcome: 'fail' });

    const events = [];
    for await (const event of stream) {
      events.push([event.event, event.data]);
      await short.close();
    }

    assert.deepEqual(events, [['script', { change: 'added', id: 'one' }]]);
  });

  test('tells webhooks of transitions', async (t) => {
    const server = http.createServer((request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const url = `http://127.0.0.1:${server.address().port}/hook`;

    const { id } = await world.webhooks.add({ url, match: { level: 'resource', to: '4' } });
    const told = once(server, 'request');
    await startedPipeline(world);
    const [request] = await told;

    assert.equal(request.headers['content-type'].split(';')[0], 'application/cloudevents+json');
    assert.deepEqual((await world.webhooks.list()).map((hook) => hook.id), [id]);
    assert.equal((await world.webhooks.show(id)).url, url);
    await world.webhooks.remove(id);
    await world.webhooks.clear();
  });

  test('lists its operations, and its emulator the OpenAPI document', async () => {
    const { operations } = await world.operations();
    const document = await emulator.openapi();

    assert.ok(operations.some(({ id }) => id === 'ListPipelines'));
    assert.equal(document.openapi, '3.1.0');
  });

  test('sets the traffic of a release', async () => {
    const releases = `${world.url}/v2/meshes/m1/namespaces/default/releases`;
    const grayDeployments = [{ template: { kind: 'Deployment' } }];
    await call('POST', releases, { metadata: { name: 'web-v2' }, spec: { serviceName: 'web', version: 'v2', grayDeployments } });
    await world.clock.until('idle');

    await world.setTraffic('m1', 'default', 'web-v2', 50);
    await call('DELETE', `${releases}/web-v2?action=end`);
    await assert.rejects(world.setTraffic('m1', 'default', 'web-v2', 101), { status: 400 });
    await world.setTraffic('m1', 'default', 'web-v2', 100);
    await call('DELETE', `${releases}/web-v2?action=end`);

    const { requests } = await world.requests.list({ action: 'end' });
    assert.deepEqual(requests.map(({ status }) => status), [400, 200]);
  });

  test('lives beside others and is gone when it is closed', async () => {
    const other = await emulator.world({ name: 'other' });
    await startedPipeline(other);

    assert.ok(other instanceof World);
    assert.deepEqual((await emulator.worlds()).map(({ name }) => name).filter((name) => /main|other/.test(name)), ['main', 'other']);
    assert.deepEqual(await call('GET', pipelinesOf(world)), []);
    await other.close();
    assert.ok(await isGone(other.url));
    await assert.rejects(other.clock.show(), (error) => {
      assert.ok(error instanceof UnreachableError);
      assert.match(error.message, /^the emulator at http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/);
      return true;
    });
    await assert.rejects(emulator.main.close(), { status: 409 });
  });

  test('has a report with the refused requests first', async () => {
    await world.scripts.add({ id: 'late', match: { family: 'pipelines', step: 'compil' }, outcome: 'fail' });
    await world.faults.add({ id: 'never', match: { family: 'zadig' }, do: { status: 500 } });
    await startedPipeline(world);
    await call('GET', `${world.url}/v3/p1/pipeline/pipeline`);

    const report = await world.report();

    const shop = (await world.resources()).resources[0].id;
    assert.equal(report, [
      `world ${world.name} at 2030-01-01T00:00:00Z (frozen)`,
      'refused requests:',
      '  GET /v3/p1/pipeline/pipeline returned 404: The API does not exist or has not been published in the environment',
      '    hint: did you mean GET /v3/{project_id}/pipeline/pipelines?',
      'requests:',
      '  POST /v3/p1/pipeline/pipelines returned 200',
      `  POST /v3/p1/pipeline/pipelines/${shop}/action?action_id=start returned 200`,
      '  GET /v3/p1/pipeline/pipeline returned 404',
      'timelines:',
      `  pipelines shop (${shop}): status 4 (releasing), allows stop`,
      '    2030-01-01T00:00:00Z - -> 1 (create)',
      '    2030-01-01T00:00:00Z 1 -> 4 (start)',
      '    2030-01-01T00:00:00Z build/compile: - -> 4 (start)',
      'unused scripts:',
      '  late {"family":"pipelines","step":"compil","work":"run"}: nothing known fits its step, did you mean compile?',
      'unused faults:',
      '  never {"family":"zadig"}',
    ].join('\n'));
  });

  test('has a report of the newest requests and resources, however many there are', async () => {
    for (let n = 1; n <= 12; n += 1) await startedPipeline(world, { name: `shop-${n}` });
    for (let n = 1; n <= 21; n += 1) await call('GET', `${pipelinesOf(world)}/unknown-${n}`);
    await world.faults.add({ match: { operation: 'ListPipelines' }, do: { status: 503 }, times: 1 });
    await call('GET', pipelinesOf(world));

    const report = await world.report();

    const part = (from, to) => report.slice(report.indexOf(`\n${from}:`), report.indexOf(`\n${to}:`)).split('\n').slice(2);
    const [refusedLeft, ...refused] = part('refused requests', 'requests').filter((line) => !line.startsWith('    hint:'));
    const [requestsLeft, ...requests] = part('requests', 'timelines');
    const names = [...report.matchAll(/^  pipelines (\S+)/gm)].map(([, name]) => name);
    assert.deepEqual([refusedLeft, requestsLeft], ['  (2 more before these)', '  (26 more before these)']);
    assert.deepEqual([refused.length, requests.length], [20, 20]);
    assert.match(refused[0], /unknown-3 returned 404/);
    assert.match(refused[19], /^  GET \/v3\/p1\/pipeline\/pipelines returned 503 \(fault \S+\): /);
    assert.deepEqual(names, Array.from({ length: 10 }, (_, index) => `shop-${index + 3}`));
    assert.match(report, /^timelines:\n  \(2 more before these\)$/m);
  });

  test('points programs and SDKs at itself by environment variables', async () => {
    const strict = await emulator.world({ fixtures: {
      identities: {
        users: [{ name: 'ann', projects: [{ id: 'p1', name: 'cn-north-4' }] }],
        access_keys: [{ ak: 'AK1', sk: 'sk1', user: 'ann', security_token: 'st1' }],
      },
    } });
    const urls = (url, region = 'CN_NORTH_4') => ({
      RELEASE_EMULATOR_URL: url,
      HUAWEICLOUD_SDK_IAM_ENDPOINT: url,
      [`HUAWEICLOUD_SDK_REGION_ASM_${region}`]: url,
      [`HUAWEICLOUD_SDK_REGION_SERVICESTAGE_${region}`]: url,
    });

    assert.deepEqual(await world.environment(), {
      ...urls(world.url), HUAWEICLOUD_SDK_AK: 'any-ak', HUAWEICLOUD_SDK_SK: 'any-sk',
    });
    assert.deepEqual(await strict.environment({ region: 'ap-southeast-1' }), {
      ...urls(strict.url, 'AP_SOUTHEAST_1'),
      HUAWEICLOUD_SDK_AK: 'AK1',
      HUAWEICLOUD_SDK_SK: 'sk1',
      HUAWEICLOUD_SDK_SECURITY_TOKEN: 'st1',
      HUAWEICLOUD_SDK_PROJECT_ID: 'p1',
    });
    process.env.HUAWEICLOUD_SDK_AK = 'own';
    try {
      assert.deepEqual(await strict.environment(), urls(strict.url));
    } finally {
      delete process.env.HUAWEICLOUD_SDK_AK;
    }
    await strict.close();
  });
});

test('the variables are those of exec', async () => {
  const emulator = await Emulator.start({ fixtures: 'documented' });
  const { stdout } = await run(BINARY, ['exec', '--fixtures', 'documented', '--', 'env']);

  const set = Object.fromEntries(stdout.trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2))
    .filter(([name]) => /^(RELEASE_EMULATOR|HUAWEICLOUD_SDK)_/.test(name)));
  const own = await emulator.main.environment();
  const withoutUrls = (variables) => Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replace(/^http:.*/, 'URL')]),
  );
  assert.deepEqual(withoutUrls(own), withoutUrls(set));
  await emulator.stop();
});

test('a length of time is a number of milliseconds or a sum of units', () => {
  assert.equal(milliseconds(1_500), 1_500);
  assert.equal(milliseconds({ days: 1, hours: 1, minutes: 1, seconds: 1, ms: 1 }), 90_061_001);
  assert.throws(() => milliseconds({ weeks: 1 }), /unknown unit weeks; known: days, hours, minutes, seconds, ms/);
});
