/**
 * Proves that ASM meshes and grayscale releases can be created, shown, listed, updated and ended with the
 * official Node SDK, and what it makes of ASM's refusals, whose keys it does not know.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { emulator } = require('./emulator');
const { EAST, ANN, call, client, refusal, unread } = require('./sdk');

const MESHES = '/v1/{project_id}/meshes';
const MESH = `${MESHES}/{mesh_id}`;
const ALL = '/v2/meshes/{mesh_id}/releases';
const RELEASES = '/v2/meshes/{mesh_id}/namespaces/{namespace}/releases';
const RELEASE = `${RELEASES}/{release_id}`;

const AT = { mesh_id: 'mesh-one', namespace: 'default', release_id: 'reviews-v2' };

function deployment(image) {
  return { kind: 'Deployment', spec: { template: { spec: { containers: [{ name: 'app', image }] } } } };
}

function release(name = 'reviews-v2', serviceName = 'reviews') {
  const grayDeployments = [{ template: deployment('shop/reviews:2') }];
  const spec = { serviceName, version: 'v2', grayDeployments };
  return { kind: 'Release', apiVersion: 'asm/v2', metadata: { name }, spec };
}

function mesh(name = 'mesh-one') {
  const nodes = { fieldSelector: { key: 'UID', operator: 'In', values: ['node-1'] } };
  const extendParams = { clusters: [{ clusterID: 'cluster-1', installation: { nodes } }] };
  const spec = { type: 'InCluster', version: 'v1.18.7-r5', extendParams };
  return { apiVersion: 'v1', kind: 'Mesh', metadata: { name }, spec };
}

describe('ASM', () => {
  const bench = emulator();

  async function create(body = release()) {
    return call(client(bench), 'POST', RELEASES, { names: AT, body });
  }

  async function listed() {
    const { items } = await call(client(bench), 'GET', ALL, { names: AT });
    return items.map((item) => [item.metadata.name, item.status.phase]);
  }

  test('A release is created, runs a step later, and is found by name and by uid', async () => {
    const created = await create();

    await bench.advance();
    const byName = await call(client(bench), 'GET', RELEASE, { names: AT });
    const byUid = await call(client(bench), 'GET', RELEASE, { names: { ...AT, release_id: created.metadata.uid } });

    assert.equal(created.httpStatusCode, 201);
    assert.deepEqual([created.kind, created.apiVersion, created.status.phase], ['Release', 'asm/v2', 'Creating']);
    assert.equal(byName.status.phase, 'Running');
    assert.deepEqual(byUid, byName);
    assert.deepEqual(await listed(), [['reviews-v2', 'Running']]);
  });

  test('A release gets a newer image by PUT', async () => {
    await create();
    await bench.advance();
    const body = { spec: { grayDeployments: [{ template: deployment('shop/reviews:3') }] } };

    const updated = await call(client(bench), 'PUT', RELEASE, { names: AT, body });

    const { spec } = await call(client(bench), 'GET', RELEASE, { names: AT });
    assert.deepEqual(updated, { httpStatusCode: 200 });
    assert.deepEqual(spec.grayDeployments[0].template, deployment('shop/reviews:3'));
  });

  test('A release is ended by DELETE with an action', async () => {
    await create();
    await bench.advance();

    const ended = await call(client(bench), 'DELETE', RELEASE, { names: AT, query: { action: 'end' } });

    assert.deepEqual(ended, { httpStatusCode: 200 });
    assert.deepEqual(await listed(), []);
    assert.deepEqual(await refusal(404, call(client(bench), 'GET', RELEASE, { names: AT })), unread(404));
  });

  test('A taken name, an unknown mesh and a bad request are refused in words that the SDK does not read', async () => {
    await create();

    assert.deepEqual(await refusal(409, create()), unread(409));
    assert.deepEqual(await refusal(400, create(release('No name'))), unread(400));
    const ending = call(client(bench), 'DELETE', RELEASE, { names: AT, query: { action: 'none' } });
    assert.deepEqual(await refusal(400, ending), unread(400));
    const listing = call(client(bench), 'GET', ALL, { names: { mesh_id: 'other' } });
    assert.deepEqual(await refusal(404, listing), unread(404));
  });

  test('A mesh is created, listed and shown, and is gone a step after its deletion', async () => {
    const created = await call(client(bench), 'POST', MESHES, { body: mesh() });
    const names = { mesh_id: created.metadata.uid };
    await bench.advance();

    const { kind, items } = await call(client(bench), 'GET', MESHES);
    const shown = await call(client(bench), 'GET', MESH, { names });
    await call(client(bench), 'DELETE', MESH, { names });
    await bench.advance();

    assert.equal(created.httpStatusCode, 201);
    assert.equal(kind, 'MeshList');
    assert.deepEqual(items.map((item) => item.metadata.uid), [created.metadata.uid]);
    assert.deepEqual([shown.metadata.name, shown.status.phase], ['mesh-one', 'Running']);
    assert.deepEqual(await refusal(404, call(client(bench), 'GET', MESH, { names })), unread(404));
  });

  test('A mesh and its releases are seen in their project alone', async () => {
    const { metadata } = await call(client(bench), 'POST', MESHES, { body: mesh() });
    const east = client(bench, ANN, { projectId: EAST });

    const { items } = await call(east, 'GET', MESHES);

    assert.deepEqual(items, []);
    assert.deepEqual(await refusal(404, call(east, 'GET', ALL, { names: { mesh_id: metadata.uid } })), unread(404));
  });
});
