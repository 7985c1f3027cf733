/** What the HTTP fetcher promises: one answer, in a later event, within its bounds. */

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { HttpFetcher } from './fetcher.ts';

async function serving(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function fetched(
  t: TestContext,
  url: string,
  bytesMax = 1000,
  timeoutMs = 5000,
): Promise<{ status: number; text: string; detail: string }> {
  const fetcher = new HttpFetcher();
  t.after(() => fetcher.close());
  return new Promise((resolve) => {
    let inside = true;
    fetcher.fetch(
      url,
      { bytesMax, timeoutMs },
      {
        onFetched: (status, body, detail) => {
          assert.equal(inside, false, 'answered from inside the call');
          resolve({ status, text: new TextDecoder().decode(body), detail });
        },
      },
    );
    inside = false;
  });
}

test('an answer comes whole, with our name in the request, whatever its status', async (t) => {
  const url = await serving(t, (request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end(`${request.headers['user-agent']}`);
  });
  const { status, text } = await fetched(t, `${url}/`);
  assert.equal(status, 200);
  assert.match(text, /^kith\/\d+\.\d+\.\d+/);
  assert.equal((await fetched(t, `${url}/missing`)).status, 404);
});

test('redirects are followed, but not for ever', async (t) => {
  const url = await serving(t, (request, response) => {
    if (request.url === '/end') response.end('here');
    else response.writeHead(302, { location: request.url === '/once' ? 'end' : '/circle' }).end();
  });
  assert.equal((await fetched(t, `${url}/once`)).text, 'here');
  assert.deepEqual(await fetched(t, `${url}/circle`), { status: 0, text: '', detail: 'expected at most 5 redirects' });
});

test('an answer over its bound, one that never ends, and none at all are told as such', async (t) => {
  const url = await serving(t, (request, response) => {
    response.write('x'.repeat(request.url === '/large' ? 2000 : 10));
  });
  assert.match((await fetched(t, `${url}/large`)).detail, /at most 1000 bytes/);
  assert.match((await fetched(t, `${url}/endless`, 1000, 100)).detail, /within 100 ms/);
  assert.equal((await fetched(t, 'http://127.0.0.1:1/')).detail, 'ECONNREFUSED');
  for (const bad of ['ftp://127.0.0.1/', 'no url', 'http://[']) assert.match((await fetched(t, bad)).detail, /expected an http/);
});

test('a redirect whose body never ends is not read on while the next answer is used', async (t) => {
  const left = Promise.withResolvers<void>();
  const url = await serving(t, (request, response) => {
    if (request.url === '/end') {
      response.end('here');
      return;
    }
    response.on('close', left.resolve);
    response.writeHead(302, { location: '/end' });
    response.write('x'.repeat(100_000));
  });
  assert.equal((await fetched(t, `${url}/start`)).text, 'here');
  await left.promise;
});
