/** A node that nobody asks has none of the libraries of its API in memory, whoever knocks. */

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';

const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});

function libraries(): string[] {
  return ['fastify', 'zod', 'prom-client'].filter((name) => loaded.some((url) => url.includes(`/node_modules/${name}/`)));
}

test('the libraries of the API are loaded by the first request with the token, those of metrics by the first that wants them', async () => {
  const { ServedNode } = await import('./served-node.ts');
  const served = await ServedNode.open();
  try {
    assert.ok(loaded.some((url) => url.endsWith('/src/node/api/api-server.ts')));
    for (const path of ['/healthz', '/readyz', '/api/v1/node', '/nothing']) {
      assert.ok([200, 401].includes((await served.ask('GET', path, { headers: { authorization: '' } })).status), path);
    }
    assert.deepEqual(libraries(), []);
    assert.equal((await served.ask('GET', '/api/v1/node')).status, 200);
    assert.deepEqual(libraries(), ['fastify', 'zod']);
    assert.equal((await served.ask('GET', '/metrics')).status, 200);
    assert.deepEqual(libraries(), ['fastify', 'zod', 'prom-client']);
  } finally {
    await served.close();
  }
});
