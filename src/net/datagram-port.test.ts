/** What codecs may rely on when a datagram arrives. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Codec } from '../core/codec.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { SocketHost } from './socket-host.ts';

/** Keeps a slice of what comes, as codecs do with what outlives a datagram. */
const sliced: Codec<Uint8Array> = {
  name: 'sliced',
  size: (message) => message.length,
  encode: (message, into, offset) => {
    into.set(message, offset);
    return offset + message.length;
  },
  decode: (bytes, start, end) => {
    const kept = bytes.slice(start, end);
    bytes[start] = 0;
    return kept;
  },
};

test('a slice that a codec keeps of a datagram is a copy, as it is in the simulator', async () => {
  const host = new SocketHost({ address: '127.0.0.1', streamPort: null });
  await host.open();
  const arrived = new Promise<Uint8Array>((resolve) => host.bind(sliced, { onDatagram: (_from, message) => resolve(message) }));
  host.send(host.peer(host.self.datagram as Endpoint), sliced, Uint8Array.of(1, 2, 3));
  const message = await arrived;
  await host.close();
  assert.deepEqual([message.constructor, [...message]], [Uint8Array, [1, 2, 3]]);
});

test('a datagram to an address that no datagram can go to is lost, and harms nobody: strangers name such addresses', async () => {
  const host = new SocketHost({ address: '127.0.0.1', streamPort: null });
  await host.open();
  const arrived = new Promise<Uint8Array>((resolve) => host.bind(sliced, { onDatagram: (_from, message) => resolve(message) }));
  for (const nowhere of ['127.0.0.1:0', '0.0.0.0:0', '255.255.255.255:9', '224.0.0.1:9', '[::1]:9', '[fe80::1]:9']) {
    host.send(host.peer(parseEndpoint(nowhere) as Endpoint), sliced, Uint8Array.of(1));
  }
  host.send(host.peer(host.self.datagram as Endpoint), sliced, Uint8Array.of(2));
  assert.deepEqual([...(await arrived)], [2]);
  await host.close();
});
