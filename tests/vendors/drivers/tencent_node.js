// Runs in the vendor's environment: does what it is told on stdin with Tencent's public Node API.
// One JSON document per line in, one out; an error is answered by its public members.
'use strict';

const { VodUploadClient, VodUploadRequest } = require('vod-node-sdk');
const readline = require('readline');

function upload(job) {
  const request = Object.assign(new VodUploadRequest(), job.fields);
  const { secret_id: id, secret_key: key, token } = job.client;
  return new Promise(resolve => {
    new VodUploadClient(id, key, token).upload(job.region, request, (error, data) => {
      if (!error) return resolve(data);
      const { code, message, requestId } = error;
      resolve({ raised: error.constructor.name, code, message, requestId });
    });
  });
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await upload(JSON.parse(line))));
  }
})();
