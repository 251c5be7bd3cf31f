/**
 * Proves that names with escapes in a path are verified as the official Node SDK signs them, which is not how
 * the other SDKs do. It puts a name into the path as it is, takes what Node's old URL parser makes of it, and
 * escapes that once more: of a space it sends %20 and signs %2520, of a `+` it sends + and signs %2B.
 */
'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { emulator } = require('./emulator');
const { ANN, NORTH, BasicCredentials, ClientBuilder, call, client, refusal, sentHeaders, unread } = require('./sdk');

const RELEASES = '/v2/meshes/{mesh_id}/namespaces/{namespace}/releases';

const RELEASE = {
  metadata: { name: 'reviews-v2' },
  spec: { serviceName: 'reviews', version: 'v2', grayDeployments: [{ template: { kind: 'Deployment' } }] },
};

describe('paths', () => {
  const bench = emulator();

  /** The mesh of a release that is created and found at a path with this name. */
  async function meshCalled(name) {
    const names = { mesh_id: name, namespace: 'default' };
    const { metadata: { uid } } = await call(client(bench), 'POST', RELEASES, { names, body: RELEASE });
    const release = { ...names, release_id: uid };
    const { metadata } = await call(client(bench), 'GET', `${RELEASES}/{release_id}`, { names: release });
    assert.equal(metadata.uid, uid);
    return metadata.meshID;
  }

  for (const [what, name] of [
    ['a space', 'mesh one'],
    ['a plus sign', 'mesh+one'],
    ['letters beyond ASCII', 'größe-中文-😀'],
    ['reserved characters', 'm:1*(2)!,;=@&[3]'],
    ['a quote, a bar and a caret, which only the old URL parser escapes,', "m'1|2^3"],
    ['characters that every parser escapes', 'm"1<2>{3}`4'],
    ['a percent sign without digits', 'mesh%one'],
  ]) {
    test(`A name with ${what} is verified, and arrives`, async () => {
      assert.equal(await meshCalled(name), name);
    });
  }

  for (const [what, name, escaped] of [
    ['a space and a slash', 'a b/c', 'a%20b%2Fc'],
    ['a plus sign', 'a+b', 'a%2Bb'],
    ['letters beyond ASCII', 'größe', 'gr%C3%B6%C3%9Fe'],
    ['escapes in small letters', 'ö ö', '%c3%b6%20%c3%b6'],
  ]) {
    test(`A name that the caller escaped, with ${what}, is verified, and arrives`, async () => {
      assert.equal(await meshCalled(escaped), name);
    });
  }

  test('A client with a user agent of its own is verified in the same way', async () => {
    const made = new ClientBuilder((hcClient) => hcClient)
      .withCredential(new BasicCredentials({ ...ANN, projectId: NORTH })).withEndpoint(bench.url)
      .withOptions({ customUserAgent: 'shop/1.0' }).build();
    const names = { mesh_id: 'mesh one', namespace: 'default' };

    const { metadata } = await call(made, 'POST', RELEASES, { names, body: RELEASE });

    assert.equal(sentHeaders()['User-Agent'], 'huaweicloud-usdk-nodejs/3.0; shop/1.0');
    assert.equal(metadata.meshID, 'mesh one');
  });

  test('Where the SDK signs another path than it sends, the request is refused', async () => {
    // Of the first it sends .../meshes/b, and of the second it does not sign what follows the question mark.
    for (const name of ['a/../b', 'a?b']) {
      const show = call(client(bench), 'GET', '/v1/{project_id}/meshes/{mesh_id}', { names: { mesh_id: name } });

      assert.deepEqual(await refusal(401, show), unread(401), name);
    }
  });
});
