/**
 * The official SDK as a generated client uses it: clients for the users of the fixtures, raw calls, refusals.
 */
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const { BasicCredentials, GlobalCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { ClientBuilder } = require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder');
const { HcClient } = require('@huaweicloud/huaweicloud-sdk-core/HcClient');
const { ClientRequestException } = require('@huaweicloud/huaweicloud-sdk-core/exception/ClientRequestException');
const { DefaultHttpClient } = require('@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient');
const { AuthCache } = require('@huaweicloud/huaweicloud-sdk-core/internal/services/authcache');
const { Logger4jInstance } = require('@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger');

const { FIXTURES } = require('./emulator');

// The SDK prints every refusal, and the suite provokes many.
Logger4jInstance.level = 'off';

// The projects of the fixtures, by the region that each is named after.
const NORTH = '0605767aee00d2562f3cc0123456789a';
const EAST = '1716878bff11e3673f4dd1234567890b';

// Ann may do everything, bob little, eve nothing. The third is a temporary key of ann's.
const [ANN, BOB, TEMPORARY, EVE] = JSON.parse(fs.readFileSync(FIXTURES, 'utf8')).identities.access_keys.map(
  ({ ak, sk, security_token: securityToken }) => ({ ak, sk, securityToken }),
);

/** A client whose requests are signed with `key`, in the project NORTH unless `more` says otherwise. */
function client({ url }, key = ANN, more = {}) {
  const credential = new BasicCredentials({ projectId: NORTH, ...key, ...more });
  return new ClientBuilder((made) => made).withCredential(credential).withEndpoint(url).build();
}

/** A client that finds out its project or domain itself: `credential` has none, and the client has a region. */
function regional(region, credential) {
  AuthCache.instance().authMap.clear();
  return new ClientBuilder((made) => made).withCredential(credential).withRegion(region).build();
}

/** A client without credentials, which signs nothing. The builder of the SDK makes none. */
function unsigned({ url }) {
  return new HcClient(new DefaultHttpClient({}, [url])).withEndpoints([url]);
}

/**
 * A call as generated clients make them: they give an empty object as data where an operation has no body.
 * `answers` are headers to be put into the answer; `changed` is what the HTTP library is told to send otherwise
 * than it was signed.
 */
function call(made, method, url, { names = {}, query = {}, headers = {}, body = {}, answers = [], changed } = {}) {
  return made.sendRequest({
    method, url, contentType: 'application/json', pathParams: names, queryParams: query, headers, data: body,
    responseHeaders: answers, axiosRequestConfig: changed,
  });
}

/** The headers of the request that was sent last. */
function sentHeaders() {
  return DefaultHttpClient.httpReqParam.headers;
}

/** What a call that is refused with `status` was told: the code and the text that the SDK found. */
async function refusal(status, calling) {
  const caught = await calling.then((answer) => assert.fail(`not refused: ${JSON.stringify(answer)}`), (error) => error);
  assert.ok(caught instanceof ClientRequestException, String(caught));
  assert.equal(caught.httpStatusCode, status, caught.errorMsg);
  assert.match(caught.requestId, /^[0-9a-f]{32}$/);
  return [caught.errorCode, caught.errorMsg];
}

/**
 * What the SDK makes of a refusal by ASM: nothing. It knows `error_code` and `error_msg`, and `error.code` and
 * `error.message`, but not ASM's `errorCode` and `errorMsg`; what remains is the text of its HTTP library.
 */
function unread(status) {
  return [undefined, `Request failed with status code ${status}`];
}

module.exports = {
  ANN, BOB, EAST, EVE, NORTH, TEMPORARY, BasicCredentials, ClientBuilder, GlobalCredentials,
  call, client, refusal, regional, sentHeaders, unread, unsigned,
};
