/** TLS streams of the socket host, against a server of Node's own: the certificate of test/fixtures/tls is for localhost and 127.0.0.1. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Recorder } from '../../test/conformance/stream-recorder.ts';
import { Script } from '../../test/conformance/script.ts';
import { noteCodec, notes } from '../../test/notes-protocol.ts';
import { endpointOf } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { SocketHost } from './socket-host.ts';

const FIXTURES = new URL('../../test/fixtures/tls/', import.meta.url);
const CERTIFICATE = readFileSync(new URL('certificate.pem', FIXTURES), 'utf8');

const ROOTS = tls.getCACertificates('default');

/** Echoes what it is sent; a stream of a host to it, asked to be of a server of that name. */
async function dialled(t: TestContext, name: string, trusted: boolean): Promise<Recorder> {
  tls.setDefaultCACertificates(trusted ? [...ROOTS, CERTIFICATE] : ROOTS);
  const server = tls.createServer({ cert: CERTIFICATE, key: readFileSync(new URL('key.pem', FIXTURES)) }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null, streamPort: null });
  await host.open();
  t.after(async () => {
    server.close();
    await host.close();
  });
  const near = new Recorder();
  const { port } = server.address() as AddressInfo;
  host
    .run((asHost) => new Script(asHost))
    .act((asHost) => {
      const stream = asHost.connect(asHost.peer(endpointOf('127.0.0.1', port) as Endpoint), notes, near, name);
      stream.send(noteCodec, { text: 'said before it was open' });
    });
  const deadlineMs = performance.now() + 10_000;
  while (near.log.length < 2 && near.closed === null && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 2));
  return near;
}

test('a TLS stream carries messages both ways, and can be paused and reset', async (t) => {
  for (const name of ['localhost', '127.0.0.1']) {
    const near = await dialled(t, name, true);
    assert.deepEqual(near.log, ['open', 'said before it was open'], near.detail);
    near.stream?.pause();
    near.stream?.send(noteCodec, { text: 'again' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(near.log.length, 2);
    near.stream?.resume();
    while (near.log.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    near.stream?.reset();
    while (near.closed === null) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.equal(near.closed, 'local');
  }
});

test('a certificate that nobody vouches for, or that is for another name, opens no stream', async (t) => {
  const stranger = await dialled(t, 'localhost', false);
  assert.deepEqual([stranger.log, stranger.closed, stranger.detail], [[], 'unreachable', 'DEPTH_ZERO_SELF_SIGNED_CERT']);
  const misnamed = await dialled(t, 'mirror.example', true);
  assert.deepEqual([misnamed.log, misnamed.closed, misnamed.detail], [[], 'unreachable', 'ERR_TLS_CERT_ALTNAME_INVALID']);
});
