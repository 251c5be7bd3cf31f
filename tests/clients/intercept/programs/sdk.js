// The official SDK for Node as an application uses it in production: a region, and keys in the environment.
'use strict';

const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { ClientBuilder } = require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder');
const { Region } = require('@huaweicloud/huaweicloud-sdk-core');

const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk } = process.env;
const region = new Region('cn-north-4', 'https://servicestage.cn-north-4.myhuaweicloud.com');
const client = new ClientBuilder((made) => made).withCredential(new BasicCredentials({ ak, sk })).withRegion(region).build();

client.sendRequest({
  method: 'GET', url: '/v3/{project_id}/pipeline/pipelines', contentType: 'application/json', pathParams: {},
  queryParams: {}, headers: {}, data: {}, responseHeaders: [],
}).then((list) => console.log([...list].length), (error) => {
  console.error(error);
  process.exitCode = 1;
});
