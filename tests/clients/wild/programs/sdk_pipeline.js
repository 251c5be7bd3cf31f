#!/usr/bin/env node
// Stands for programs on the vendor's SDK for Node: signed by its core, a pipeline started, polled, and answered.
'use strict';

const assert = require('node:assert/strict');

const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { ClientBuilder } = require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder');

const { env } = process;
const PIPELINES = '/v3/{project_id}/pipeline/pipelines';

const credential = new BasicCredentials({
  ak: env.HUAWEICLOUD_SDK_AK, sk: env.HUAWEICLOUD_SDK_SK, projectId: env.HUAWEICLOUD_SDK_PROJECT_ID,
});
const client = new ClientBuilder((made) => made)
  .withCredential(credential).withEndpoint(env.HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4).build();

function call(method, url, { id, query = {}, body = {} } = {}) {
  return client.sendRequest({
    method, url, contentType: 'application/json', pathParams: { id }, queryParams: query, headers: {}, data: body,
  });
}

// Lets seconds of the virtual clock pass, where a program against the cloud would sleep.
async function wait(seconds) {
  const body = JSON.stringify({ ms: seconds * 1000 });
  const answer = await fetch(`${env.RELEASE_EMULATOR_URL}/_emulator/v1/clock/advance`, { method: 'POST', body });
  assert.ok(answer.ok, 'the clock cannot be advanced');
}

async function poll(id, terminal) {
  let status;
  for (let asked = 0; asked < 60; asked += 1) {
    ({ status } = await call('GET', `${PIPELINES}/{id}`, { id }));
    if (status === terminal) return;
    await wait(3);
  }
  assert.fail(`status ${status} instead of ${terminal} after three minutes`);
}

(async () => {
  const { id } = await call('POST', PIPELINES, { body: {
    name: 'shop', model_version: 2, config_mode: 'ui', stages: [
      { name: 'build', tasks: [{ name: 'compile' }] },
      { name: 'deploy', approval_type: 1, tasks: [{ name: 'roll-out' }] }],
  } });

  await call('POST', `${PIPELINES}/{id}/action`, { id, query: { action_id: 'start' } });
  await poll(id, 5);
  await call('POST', `${PIPELINES}/{id}/action`, {
    id, query: { action_id: 'approval' }, body: { task_name: 'deploy', approval_type: 'agree' },
  });
  await poll(id, 2);

  const { count } = await call('GET', `${PIPELINES}/{id}/records`, { id });
  assert.equal(count, 1);
})();
