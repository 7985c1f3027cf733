/** The same servents on real sockets, deflated, beside strangers who mean harm. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { after, test } from 'node:test';
import { endpointPort } from '../../src/core/endpoint.ts';
import { encodeToBytes } from '../../src/core/codec.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { SocketHost } from '../../src/net/index.ts';
import { type GnutellaOptions, GnutellaServent, newGuid } from '../../src/overlays/gnutella/index.ts';
import { Packet, packetCodec, PacketType } from '../../src/overlays/gnutella/packet.ts';
import { SEED } from '../codec-laws.ts';
import { until } from '../interop/peers/process-group.ts';
import { Found, sharing } from './networks.ts';

const WAIT_MS_MAX = 30_000;
const hosts: SocketHost[] = [];
after(() => Promise.all(hosts.map((host) => host.close())));

async function servent(options: Partial<GnutellaOptions>): Promise<{ host: SocketHost; node: GnutellaServent }> {
  const host = new SocketHost({ address: '127.0.0.1' });
  await host.open();
  hosts.push(host);
  const node = host.run(
    (each) =>
      new GnutellaServent(each, {
        compression: zlibCompression,
        isReachable: true,
        tickMs: 100,
        queryHopMs: 300,
        linksWanted: 16,
        ...options,
      }),
  );
  return { host, node };
}

async function network(): Promise<{ host: SocketHost; node: GnutellaServent }[]> {
  const [first, second] = [await servent({ mode: 'ultrapeer' }), await servent({ mode: 'ultrapeer' })];
  second.node.connect(first.host.self.stream as Endpoint);
  const above = [first, second].map(({ host }) => host.self.stream as Endpoint);
  const leaves = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      servent({ mode: 'leaf', ultrapeersOfLeaf: 1, hosts: [above[index % 2] as Endpoint], files: sharing(`zebra ${index}.mp3`) }),
    ),
  );
  const all = [first, second, ...leaves];
  await until(
    'six leaves of two ultrapeers',
    WAIT_MS_MAX,
    () => first.node.counts().leaves + second.node.counts().leaves === 6 && first.node.counts().links === 1,
    () => JSON.stringify(all.map(({ node }) => node.inspect())),
  );
  return all;
}

test('over sockets, deflated both ways, a leaf finds what all others have; a file with a fancied name by that', {
  timeout: 60_000,
}, async () => {
  const all = await network();
  const found = new Found();
  all[2]?.node.search({ words: ['zebra'], limit: 5 }, found);
  await until('five hits', WAIT_MS_MAX, () => found.ended);
  assert.deepEqual(
    found.names,
    [1, 2, 3, 4, 5].map((index) => `zebra ${index}.mp3`),
  );
  for (const { holder } of found.hits) assert.ok(holder.endpoint !== null && endpointPort(holder.endpoint) > 0);
});

/** What a stranger sends, until the other side hangs up or `ms` is over; the bytes that came back. */
function stranger(port: number, parts: readonly Uint8Array[], ms: number): Promise<number> {
  return new Promise((over) => {
    let received = 0;
    const socket = connect({ host: '127.0.0.1', port });
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (bytes) => (received += bytes.length));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      over(received);
    });
    for (const part of parts) socket.write(part);
  });
}

test('garbage, bombs and floods from strangers cost their own connections, and nobody else notices', { timeout: 100_000 }, async () => {
  const all = await network();
  const port = endpointPort(all[0]?.host.self.stream as Endpoint);
  const random = new Random(SEED);
  const greeting = new TextEncoder().encode(
    'GNUTELLA CONNECT/0.6\r\nX-Ultrapeer: False\r\nX-Query-Routing: 0.1\r\nAccept-Encoding: deflate\r\n\r\nGNUTELLA/0.6 200 OK\r\nContent-Encoding: deflate\r\n\r\n',
  );
  const bomb = zlibCompression.deflate(new Uint8Array(32 << 20));
  const query = encodeToBytes(
    packetCodec,
    new Packet(newGuid(random), PacketType.query, 7, 0, Uint8Array.of(0x80, 0, 122, 101, 98, 114, 97, 0)),
  );
  const flood = new Uint8Array(query.length * 20_000);
  for (let at = 0; at < flood.length; at += query.length) {
    flood.set(query, at);
    random.fill(flood.subarray(at, at + 16));
  }
  const deflater = zlibCompression.deflater();
  const attacks = [
    ...Array.from({ length: 60 }, () => [random.fill(new Uint8Array(1 + random.below(5_000)))]),
    ...Array.from({ length: 20 }, () => [greeting, random.fill(new Uint8Array(1 + random.below(5_000)))]),
    [greeting, bomb],
    [greeting, deflater.push(flood)],
    [new TextEncoder().encode(`GNUTELLA CONNECT/0.6\r\n${'a: b\r\n'.repeat(5_000)}`)],
  ];
  const asked = random.fill(new Uint8Array(4));
  const before = process.memoryUsage().rss;
  const received = await Promise.all(attacks.map((parts) => stranger(port, parts, 8_000)));
  assert.ok(
    received.every((bytes) => bytes < 200_000),
    `${Math.max(...received)} bytes for ${asked.length} lines`,
  );
  const grown = (process.memoryUsage().rss - before) / (1 << 20);
  assert.ok(grown < 300, `${grown} MiB more`);
  const found = new Found();
  all[3]?.node.search({ words: ['zebra'], limit: 5 }, found);
  await until(
    'five hits',
    WAIT_MS_MAX,
    () => found.ended && found.hits.length === 5,
    () => JSON.stringify(all.map(({ node }) => node.inspect())),
  );
});

test('datagrams of any kind are survived, and answered with less than came', { timeout: 60_000 }, async () => {
  const { host, node } = await servent({ mode: 'ultrapeer' });
  const port = endpointPort(host.self.datagram as Endpoint);
  const random = new Random(SEED);
  const socket = createSocket('udp4');
  let received = 0;
  let sent = 0;
  socket.on('message', (bytes) => (received += bytes.length));
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  for (let count = 0; count < 3_000; count++) {
    const type = [PacketType.ping, PacketType.pong, PacketType.vendor, PacketType.hit, PacketType.push, PacketType.query][
      random.below(6)
    ] as number;
    const payload = random.fill(new Uint8Array(random.below(60)));
    const bytes = random.chance(0.2) ? payload : encodeToBytes(packetCodec, new Packet(newGuid(random), type, 1, 0, payload));
    sent += bytes.length;
    socket.send(bytes, port, '127.0.0.1');
    if (count % 100 === 0) await new Promise((later) => setTimeout(later, 2));
  }
  await until('the last of them', WAIT_MS_MAX, () => node.datagrams.unwanted > 100);
  assert.ok(received < sent / 10, `${received} bytes for ${sent}`);
  socket.close();
});
