/**
 * Proves who is let in with the official Node SDK and who is not: keys, temporary keys and their security tokens,
 * derived keys, tokens, and users without permission, with the gateway's own words for each refusal.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { emulator } = require('./emulator');
const {
  ANN, BOB, EAST, EVE, NORTH, TEMPORARY, BasicCredentials, ClientBuilder,
  call, client, refusal, sentHeaders, unread, unsigned,
} = require('./sdk');

const PIPELINES = '/v3/{project_id}/pipeline/pipelines';
const MESHES = '/v1/{project_id}/meshes';
const UNKNOWN = { ...ANN, ak: 'EMULATORACCESSKEY999' };
const WRONG = { ...ANN, sk: BOB.sk };

const INCORRECT = 'Incorrect IAM authentication information: ';
const MISMATCH = ['APIGW.0301', `${INCORRECT}verify aksk signature fail`];

/** A refusal by the gateway without the canonical request behind its reason. */
async function mismatch(calling) {
  const [code, text] = await refusal(401, calling);
  return [code, text.split(',canonicalRequest:')[0]];
}

function forbidden(action) {
  return ['APIGW.0302', `The IAM user is not authorized to access the API: ${action}`];
}

describe('credentials', () => {
  const bench = emulator();
  const list = (key, more) => call(client(bench, key, more), 'GET', PIPELINES);
  const create = (key) => call(client(bench, key), 'POST', PIPELINES, { body: { name: 'shop' } });

  /** A client that derives its key for the service `asm` in the region of the project. */
  function derived(key = ANN) {
    const credential = new BasicCredentials({ ...key, projectId: NORTH, regionId: 'cn-north-4' })
      .withDerivedPredicate((request) => BasicCredentials.getDefaultDerivedPredicate(request));
    return new ClientBuilder((made) => made)
      .withCredential(credential).withEndpoint(bench.url).withDerivedAuthServiceName('asm').build();
  }

  test('A wrong secret key is refused', async () => {
    assert.deepEqual(await mismatch(list(WRONG)), MISMATCH);
    assert.deepEqual(await mismatch(create(WRONG)), MISMATCH);
    assert.deepEqual(await refusal(401, call(client(bench, WRONG), 'GET', MESHES)), unread(401));
  });

  test('An unknown access key is refused by its name', async () => {
    assert.deepEqual(await refusal(401, list(UNKNOWN)),
      ['APIGW.0301', `${INCORRECT}Get secretKey failed,ak:EMULATORACCESSKEY999,err:ak not exist`]);
  });

  test('A signature from another year is refused with both times', async () => {
    const headers = { 'X-Sdk-Date': '20200102T030405Z' };

    const [code, text] = await refusal(401, call(client(bench), 'GET', PIPELINES, { headers }));

    assert.equal(code, 'APIGW.0301');
    const why = 'calc aksk signature fail:signature expired, signature time:20200102T030405Z,server time:';
    assert.ok(text.startsWith(INCORRECT + why), text);
    assert.match(text, /:\d{8}T\d{6}Z$/);
  });

  test('A body that the SDK signs otherwise than it sends it is refused', async () => {
    // Of a text that is JSON already it signs the quoted text, and sends the text.
    const body = JSON.stringify({ name: 'shop' });

    assert.deepEqual(await mismatch(call(client(bench), 'POST', PIPELINES, { body })), MISMATCH);
  });

  for (const [what, changed] of [
    ['path', { url: `/v3/${EAST}/pipeline/pipelines` }],
    ['query', { params: { action_id: 'stop' } }],
    ['body', { data: { name: 'shop' } }],
    ['method', { method: 'GET' }],
  ]) {
    test(`A request whose ${what} is changed after signing is refused`, async () => {
      const query = { action_id: 'start' };

      assert.deepEqual(await mismatch(call(client(bench), 'POST', PIPELINES, { query, changed })), MISMATCH);
    });
  }

  test('A temporary key is let in with its security token alone', async () => {
    const { securityToken: _, ...bare } = TEMPORARY;

    assert.deepEqual([...await list(TEMPORARY)], []);
    assert.equal(sentHeaders()['X-Security-Token'], 'session-of-key-three');
    assert.deepEqual(await mismatch(list(bare)), MISMATCH);
    assert.deepEqual(await mismatch(list(TEMPORARY, { securityToken: 'another-session' })), MISMATCH);
  });

  test('A derived key is let in, also at a path with escapes, and is as secret', async () => {
    const made = await call(derived(), 'GET', MESHES);
    const names = { mesh_id: 'größe 1+1' };

    assert.deepEqual(made.items, []);
    assert.match(sentHeaders().Authorization,
      /^V11-HMAC-SHA256 Credential=EMULATORACCESSKEY001\/\d{8}\/cn-north-4\/asm, /);
    assert.deepEqual(await refusal(404, call(derived(), 'GET', `${MESHES}/{mesh_id}`, { names })), unread(404));
    assert.deepEqual(await refusal(401, call(derived(WRONG), 'GET', MESHES)), unread(401));
    assert.deepEqual(await mismatch(call(derived(WRONG), 'GET', PIPELINES)), MISMATCH);
  });

  test('A user may do what the list of actions says, and nothing else', async () => {
    assert.deepEqual([...await list(BOB)], []);
    assert.deepEqual(await refusal(403, create(BOB)), forbidden('servicestage:pipeline:create'));
    assert.deepEqual(await refusal(403, call(client(bench, BOB), 'POST', MESHES, { body: {} })), unread(403));
  });

  test('A user without actions may do nothing', async () => {
    assert.deepEqual(await refusal(403, list(EVE)), forbidden('servicestage:pipeline:list'));
    assert.deepEqual(await refusal(403, call(client(bench, EVE), 'GET', MESHES)), unread(403));
  });

  test("A project that is not the user's is forbidden", async () => {
    const foreign = { projectId: '2827989cff22f4784f5ee2345678901c' };

    assert.deepEqual(await refusal(403, list(ANN, foreign)), forbidden('servicestage:pipeline:list'));
    assert.deepEqual(await refusal(403, call(client(bench, ANN, foreign), 'GET', MESHES)), unread(403));
  });

  test('A client that was given no project sends the placeholder, and is told', async () => {
    const [code] = await refusal(400, list(ANN, { projectId: undefined }));

    assert.equal(code, 'APIGW.0602');
  });

  test('A request without credentials is refused', async () => {
    assert.deepEqual(await refusal(401, call(unsigned(bench), 'GET', PIPELINES, { names: { project_id: NORTH } })),
      ['APIGW.0301', `${INCORRECT}x-auth-token not found`]);
  });

  test('A token in a header lets in a client that signs nothing', async () => {
    const names = { project_id: NORTH };
    const as = (token) => call(unsigned(bench), 'GET', PIPELINES, { names, headers: { 'X-Auth-Token': token } });

    assert.deepEqual([...await as('token-of-ann')], []);
    assert.deepEqual(await refusal(401, as('token-of-nobody')), ['APIGW.0301', `${INCORRECT}decrypt token fail`]);
    assert.deepEqual(await refusal(401, as('token-that-expired')),
      ['APIGW.0301', `${INCORRECT}token expires, expires_at: 2020-01-01T00:00:00.000000Z`]);
  });

  test('An unknown path and an operation that is not there are refused by the gateway', async () => {
    assert.equal((await refusal(404, call(client(bench), 'GET', '/v3/{project_id}/nothing')))[0], 'APIGW.0101');
    assert.equal((await refusal(405, call(client(bench), 'DELETE', PIPELINES)))[0], 'APIGW.0101');
  });
});
