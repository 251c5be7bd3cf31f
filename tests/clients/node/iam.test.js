/**
 * Proves that the official Node SDK finds out its project and its domain from the emulator's IAM, and that a token
 * can be had, used and revoked through it.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Region } = require('@huaweicloud/huaweicloud-sdk-core');

const { emulator } = require('./emulator');
const {
  ANN, BOB, EAST, EVE, NORTH, BasicCredentials, GlobalCredentials, call, refusal, regional, sentHeaders, unsigned,
} = require('./sdk');

const PIPELINES = '/v3/{project_id}/pipeline/pipelines';
const TOKENS = '/v3/auth/tokens';

// For clients that have no credentials, and so no project, of their own.
const NAMES = { project_id: NORTH };

describe('IAM', () => {
  const bench = emulator();

  /** A client that knows only its region, and where IAM is. */
  function found(region, key) {
    const credential = new BasicCredentials(key).withIamEndpoint(bench.url);
    return [regional(new Region(region, bench.url), credential), credential];
  }

  function login(password) {
    const user = { name: 'ann', password, domain: { name: 'acme' } };
    const scope = { project: { name: 'cn-north-4' } };
    const body = { auth: { identity: { methods: ['password'], password: { user } }, scope } };
    return call(unsigned(bench), 'POST', TOKENS, { body, answers: ['X-Subject-Token'] });
  }

  for (const [region, project] of [['cn-north-4', NORTH], ['cn-east-3', EAST]]) {
    test(`The project of ${region} is found by the region, and signed for`, async () => {
      const [made, credential] = found(region, ANN);

      const list = await call(made, 'GET', PIPELINES);

      assert.deepEqual([...list], []);
      assert.equal(credential.projectId, project);
      assert.equal(sentHeaders()['X-Project-Id'], project);
    });
  }

  test('A user with the action for it finds the project too', async () => {
    const [made, credential] = found('cn-north-4', BOB);

    await call(made, 'GET', PIPELINES);

    assert.equal(credential.projectId, NORTH);
  });

  test('A user without the action for it does not find the project', async () => {
    const [made] = found('cn-north-4', EVE);

    assert.deepEqual(await refusal(403, call(made, 'GET', PIPELINES)),
      [403, 'You have no right to do this action']);
  });

  test('The domain is found by global credentials, and signed for', async () => {
    const credential = new GlobalCredentials(EVE).withIamEndpoint(bench.url);
    const made = regional(new Region('cn-north-4', bench.url), credential);

    const { domains } = await call(made, 'GET', '/v3/auth/domains');

    assert.deepEqual(domains.map(({ name }) => name), ['acme']);
    assert.equal(credential.domainId, domains[0].id);
    assert.equal(sentHeaders()['X-Domain-Id'], domains[0].id);
  });

  test('A token is had by password, used, shown and revoked', async () => {
    const { token, 'X-Subject-Token': issued, httpStatusCode } = await login('password-of-ann');
    const headers = { 'X-Auth-Token': issued };
    const of = (subject) => ({ headers: { 'X-Auth-Token': 'token-of-ann', 'X-Subject-Token': subject } });
    const list = () => call(unsigned(bench), 'GET', PIPELINES, { names: NAMES, headers: { ...headers } });

    const used = await list();
    const shown = await call(unsigned(bench), 'GET', TOKENS, of(issued));
    const revoked = await call(unsigned(bench), 'DELETE', TOKENS, of(issued));

    assert.equal(httpStatusCode, 201);
    assert.deepEqual([token.user.name, token.project.id, token.methods], ['ann', NORTH, ['password']]);
    assert.equal(token.expires_at, '2040-01-02T00:00:00.000000Z');
    assert.deepEqual([...used], []);
    assert.deepEqual(shown.token, token);
    assert.equal(revoked.httpStatusCode, 204);
    assert.deepEqual(await refusal(401, list()), ['APIGW.0307', 'The token must be updated.']);
    assert.deepEqual(await refusal(404, call(unsigned(bench), 'GET', TOKENS, of(issued))),
      [404, 'X-Subject-Token is invalid in the request']);
  });

  test('A token expires after a day of the virtual clock', async () => {
    const { 'X-Subject-Token': issued } = await login('password-of-ann');
    await bench.advance(24 * 3_600_000);

    const calling = call(unsigned(bench), 'GET', PIPELINES, { names: NAMES, headers: { 'X-Auth-Token': issued } });

    const why = 'token expires, expires_at: 2040-01-02T00:00:00.000000Z';
    assert.deepEqual(await refusal(401, calling), ['APIGW.0301', `Incorrect IAM authentication information: ${why}`]);
  });

  test('A wrong password is refused in the nested words of IAM, which the SDK reads', async () => {
    assert.deepEqual(await refusal(401, login('wrong')), [401, 'The username or password is wrong.']);
  });
});
