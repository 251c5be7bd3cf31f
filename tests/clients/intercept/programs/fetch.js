// A script that knows only the URLs of the cloud.
'use strict';

const https = require('node:https');

const version = 'https://iam.cn-north-4.myhuaweicloud.com/v3';

async function main(how) {
  if (how === 'fetch') return (await (await fetch(version)).json()).version.id;
  if (how === 'plain') return (await (await fetch(version.replace('https', 'http'))).json()).version.id;
  if (how === 'own') return (await fetch(`${process.env.RELEASE_EMULATOR_URL}/_emulator/v1/health`)).status;
  return new Promise((resolve, reject) => {
    https.get(version, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

main(process.argv[2]).then(console.log, (error) => {
  console.error(error);
  process.exitCode = 1;
});
