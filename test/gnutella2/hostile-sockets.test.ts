/** Strangers with real sockets before a hub: garbage, damaged greetings and packets, by connection and datagram. It stays, and its leaf finds what it has. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { concatBytes, latin1Bytes } from '../../src/core/bytes.ts';
import { encodeToBytes } from '../../src/core/codec.ts';
import { bytesOfHex } from '../../src/core/hex.ts';
import { Random } from '../../src/core/random.ts';
import { partCodec } from '../../src/overlays/gnutella2/datagram.ts';
import { connectHead, replyHead } from '../../src/wire/gnutella-handshake.ts';
import { SEED } from '../codec-laws.ts';
import { RawClient } from '../faults/raw-client.ts';
import { RawDatagrams } from '../faults/raw-datagrams.ts';
import { mutate } from '../mutate.ts';
import { GTKG_LNI, GTKG_PATCH, GTKG_QH2, GTKG_RESET, MLDONKEY_Q2 } from './recorded-packets.ts';
import { SocketNodes } from './socket-nodes.ts';

const CLIENTS = 200;
const DATAGRAMS = 20_000;
const CLOSE_MS_MAX = 10_000;
const G2 = 'application/x-gnutella2';

const random = new Random(SEED, 41);
const nodes = new SocketNodes();
const PACKETS = [GTKG_LNI, GTKG_RESET, GTKG_PATCH, GTKG_QH2, MLDONKEY_Q2].map((hex) => bytesOfHex(hex) as Uint8Array);
const GREETING = concatBytes([
  connectHead([
    ['Accept', G2],
    ['X-Hub', 'False'],
  ]).bytes,
  replyHead(200, 'OK', [['Content-Type', G2]]).bytes,
]);

before(async () => {
  await nodes.grow(2, ['hub', 'leaf']);
});
after(() => nodes.close());

function hubPort(): number {
  return nodes.hubs[0]?.port ?? 0;
}

async function assertUnharmed(): Promise<void> {
  const [hub, leaf] = nodes.nodes;
  assert.equal((await leaf?.find(['song0']))?.length, 1, `seed ${SEED}`);
  assert.equal((await hub?.find(['song1']))?.length, 1, `seed ${SEED}`);
}

test('damaged greetings and packets cost whoever says them his connection', { timeout: 60_000 }, async () => {
  const samples = [GREETING, concatBytes([GREETING, ...PACKETS]), latin1Bytes('GET /uri-res/N2R?x HTTP/1.1\r\n\r\n'), ...PACKETS];
  for (let count = 0; count < CLIENTS; count++) {
    const client = new RawClient(hubPort());
    await client.write(random.chance(0.1) ? random.fill(new Uint8Array(random.below(5_000))) : mutate(samples, random));
    client.close();
  }
  await assertUnharmed();
});

test('a connection that says nothing but the same for ever is hung up on', { timeout: 60_000 }, async () => {
  const bomb = new Uint8Array(deflateSync(new Uint8Array(8 << 20)));
  const deflating = concatBytes([
    connectHead([
      ['Accept', G2],
      ['X-Hub', 'False'],
    ]).bytes,
    replyHead(200, 'OK', [
      ['Content-Type', G2],
      ['Content-Encoding', 'deflate'],
    ]).bytes,
  ]);
  for (const [begin, rest] of [
    [new Uint8Array(0), latin1Bytes('GNUTELLA CONNECT/0.6\r\n'.padEnd(4_096, 'x'))],
    [GREETING, new Uint8Array(4_096)],
    [deflating, bomb],
  ] as const) {
    const client = new RawClient(hubPort());
    await client.write(begin);
    const over = await Promise.race([
      client.flood(rest, 64 << 20).then(() => client.closed.then(() => true)),
      new Promise<boolean>((late) => setTimeout(() => late(false), CLOSE_MS_MAX).unref()),
    ]);
    client.close();
    assert.ok(over, `${rest.length} bytes again and again`);
  }
  await assertUnharmed();
});

test('damaged datagrams are dropped, and answered with less than they are', { timeout: 60_000 }, async () => {
  const stranger = await RawDatagrams.to(hubPort());
  const samples = PACKETS.map((data, index) => encodeToBytes(partCodec, { flags: 0, sequence: index, part: 1, count: 1, data }));
  samples.push(bytesOfHex('474e4402020001015000514b52') as Uint8Array);
  let sent = 0;
  for (let count = 0; count < DATAGRAMS; count++) {
    const bytes = random.chance(0.1) ? random.fill(new Uint8Array(random.below(1_500))) : mutate(samples, random);
    sent += bytes.length;
    await stranger.send(bytes);
  }
  await assertUnharmed();
  assert.ok(stranger.receivedBytes < sent, `${stranger.receivedBytes} bytes for ${sent}`);
  stranger.close();
});
