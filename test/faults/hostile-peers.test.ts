/** Peers that mean harm or are broken, over real sockets, against `kith share` and `kith get`: they cost little and stop nobody. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import { metadataMessage } from '../../src/transfer/bittorrent/metadata-messages.ts';
import { parseMetainfo } from '../../src/transfer/bittorrent/parse-metainfo.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { type KithProcess, Room } from '../cli/kith-process.ts';
import { PEAK_MB_MAX, PeakMemory, peakMegabytes } from './peak-memory.ts';
import { handshakeFor, RawClient, repeatedMessage } from './raw-client.ts';
import { metadataOf, ScriptedSeed, type SeedManners } from './scripted-seed.ts';

const FLOOD_BYTES_MAX = 256 << 20;
const room = new Room();
const content = randomBytes(6_000_000);
const origin = join(room.folder, 'origin');
let metainfo: Metainfo;

before(async () => {
  mkdirSync(origin);
  writeFileSync(join(origin, 'content'), content);
  const made = await room.run(['create', join(origin, 'content'), '--piece-size', '32KiB', '-o', join(room.folder, 'x.torrent')]);
  assert.equal(made.code, 0, made.stderr);
  metainfo = parseMetainfo(readFileSync(join(room.folder, 'x.torrent')));
});
after(() => room.close());

interface Sharing {
  readonly process: KithProcess;
  readonly link: string;
  readonly port: number;
}

async function share(...more: string[]): Promise<Sharing> {
  const process = room.start([
    ...['share', join(origin, 'content'), '--piece-size', '32KiB'],
    ...['--port', '0', '--tracker-port', '0', ...more],
  ]);
  const link = await process.link();
  return { process, link, port: Number(/x\.pe=127\.0\.0\.1:(\d+)/.exec(link)?.[1]) };
}

async function stillServes({ process, link }: Sharing, name: string): Promise<void> {
  const to = join(room.folder, name);
  const got = await room.run(['get', link, '-o', to]);
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(to, 'content')).equals(content));
  const peak = peakMegabytes(process.pid);

  assert.ok(peak < PEAK_MB_MAX, `sharing took ${peak} MB`);
  process.kill('SIGINT');
  const ended = await process.ended;
  assert.equal(ended.code, 130, ended.stderr);
}

test('a seed hangs up on garbage, on frames over their bound and on streams that end early, and goes on', async () => {
  const sharing = await share();
  const greeting = handshakeFor(metainfo.infoHash);
  const frame = (length: number, id: number, rest = 0): Uint8Array => {
    const bytes = new Uint8Array(5 + rest);
    new DataView(bytes.buffer).setUint32(0, length);
    bytes[4] = id;
    return bytes;
  };
  const hostile: readonly (readonly [what: string, parts: readonly Uint8Array[]])[] = [
    ['random bytes', [randomBytes(100_000)]],
    ['a web request', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['another info-hash', [handshakeFor(new Uint8Array(20))]],
    ['a frame of 4 GB', [greeting, frame(0xffff_ffff, PeerMessageId.bitfield)]],
    ['a block of 2 GB', [greeting, frame(0x7fff_ffff, PeerMessageId.piece, 8)]],
    ['a bitfield of the wrong length', [greeting, frame(1001, PeerMessageId.bitfield, 1000)]],
    ['have for a piece that is none', [greeting, repeatedMessage({ id: PeerMessageId.have, piece: 0xffff_ffff }, 1)]],
    ['a request beyond the end', [greeting, repeatedMessage({ id: PeerMessageId.request, piece: 0, begin: 0, length: 1 << 30 }, 1)]],
    ['a short have', [greeting, frame(2, PeerMessageId.have, 1)]],
    [
      'an extension that is no bencoding',
      [greeting, repeatedMessage({ id: PeerMessageId.extended, extension: 0, payload: randomBytes(500) }, 1)],
    ],
  ];
  for (const [what, parts] of hostile) {
    const client = new RawClient(sharing.port);
    await client.write(Buffer.concat(parts));
    await client.closed.catch(() => assert.fail(what));
  }
  for (const cut of [0, 1, 19, 20, 67]) {
    const client = new RawClient(sharing.port);
    await client.write(greeting.subarray(0, cut));
    client.socket.end();
    await client.closed;
  }
  await stillServes(sharing, 'after garbage');
});

test('a thousand connections at once, most of them mute or slow, do not keep others from being served', async () => {
  const sharing = await share('--limit-up', '3MB');
  const to = join(room.folder, 'in the crowd');
  const getting = room.start(['get', sharing.link, '-o', to]);
  await getting.saying(/1 peer/, 'stderr');
  const greeting = handshakeFor(metainfo.infoHash);
  const crowd = Array.from({ length: 1000 }, () => new RawClient(sharing.port));
  let at = 0;
  const slow = setInterval(() => {
    for (const client of crowd) if (client.isOpen) client.socket.write(greeting.subarray(at, at + 1));
    at++;
  }, 1000);
  const from = performance.now();
  const late = await room.run(['get', sharing.link, '-o', join(room.folder, 'a latecomer')]);
  assert.equal(late.code, 0, late.stderr);
  // Its share of the upload takes four seconds; a door closed to it is tried again after fifteen.
  const seconds = (performance.now() - from) / 1000;
  assert.ok(seconds < 14, `the latecomer took ${seconds} s`);
  const got = await getting.ended;
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(to, 'content')).equals(content));
  clearInterval(slow);
  for (const client of crowd) client.close();
  await Promise.all(crowd.map(({ closed }) => closed));
  await stillServes(sharing, 'after the crowd');
});

test('five hundred keys at once, and paddings without end, do not keep others from being served', async () => {
  const sharing = await share('--encryption', 'prefer');
  const clients = Array.from({ length: 500 }, () => new RawClient(sharing.port));
  for (const client of clients) await client.write(randomBytes(96));
  const endless = new RawClient(sharing.port);
  await endless.flood(randomBytes(10_000), FLOOD_BYTES_MAX);
  assert.ok(!endless.isOpen);
  await stillServes(sharing, 'after keys');
  const answers = await Promise.all(clients.map((client) => client.closed));
  assert.ok(
    answers.some((bytes) => bytes >= 96),
    'expected a key in answer to some',
  );
});

test('peers that ask without end and never read the answers cost bounded memory', async () => {
  const sharing = await share();
  const request = { id: PeerMessageId.request, piece: 1, begin: 0, length: 16_384 } as const;
  const ask = encodeToBytes(metadataMessage, { type: 'request', piece: 0 });
  const introduction = Buffer.from('d1:md11:ut_metadatai3eee');
  const floods: readonly (readonly [what: string, first: readonly Uint8Array[], flood: Uint8Array])[] = [
    ['requests while choked', [], repeatedMessage(request, 4000)],
    ['requests', [repeatedMessage({ id: PeerMessageId.interested }, 1)], repeatedMessage(request, 4000)],
    [
      'requests for metadata',
      [repeatedMessage({ id: PeerMessageId.extended, extension: 0, payload: introduction }, 1)],
      repeatedMessage({ id: PeerMessageId.extended, extension: 1, payload: ask }, 2000),
    ],
  ];
  await Promise.all(
    floods.map(async ([what, first, flood]) => {
      const client = new RawClient(sharing.port);
      client.socket.pause();
      await client.write(Buffer.concat([handshakeFor(metainfo.infoHash), ...first]));
      const sent = await client.flood(flood, FLOOD_BYTES_MAX);
      assert.ok(sent < FLOOD_BYTES_MAX, `${what}: took all of ${sent} bytes`);
      client.close();
    }),
  );
  await stillServes(sharing, 'after floods');
});

// ---- against those who fetch ----------------------------------------------------------------------------------------------------

const HOSTILE_SEEDS: readonly (readonly [what: string, manners: () => SeedManners])[] = [
  [
    'sends wrong blocks',
    () => ({
      infoHash: metainfo.infoHash,
      block: (_piece, _begin, length) => randomBytes(length),
      ...metadataOf(metainfo.infoBytes),
    }),
  ],
  [
    'sends every tenth block wrong',
    () => ({
      infoHash: metainfo.infoHash,
      block: (piece, begin, length) => {
        const start = piece * metainfo.pieceBytes + begin;
        return piece % 10 === 0 ? randomBytes(length) : content.subarray(start, start + length);
      },
      ...metadataOf(metainfo.infoBytes),
    }),
  ],
  ['takes requests and answers none', () => ({ infoHash: metainfo.infoHash, block: () => null, ...metadataOf(metainfo.infoBytes) })],
  [
    'sends metadata without end',
    () => ({ infoHash: metainfo.infoHash, block: () => null, metadataBytes: 64 << 20, metadata: () => randomBytes(16_384) }),
  ],
  [
    'has metadata of another hash',
    () => ({ infoHash: metainfo.infoHash, block: () => null, ...metadataOf(new Uint8Array(metainfo.infoBytes.length)) }),
  ],
  ['never sends its metadata', () => ({ infoHash: metainfo.infoHash, block: () => null, metadataBytes: metainfo.infoBytes.length })],
];

for (const [what, manners] of HOSTILE_SEEDS) {
  test(`a download beside a seed that ${what} is right in the end`, async () => {
    const sharing = await share('--limit-up', '6MB');
    const hostile = await ScriptedSeed.open(manners());
    const to = join(room.folder, what);
    const peak = new PeakMemory(room.folder, 'get');
    const got = await room.run(['get', sharing.link, '--peer', hostile.address, '-o', to], peak.environment);
    hostile.close();
    assert.equal(got.code, 0, got.stderr);
    assert.ok(hostile.counts.handshakes > 0, 'nobody came to it');
    assert.ok(readFileSync(join(to, 'content')).equals(content));
    const megabytes = peak.take();
    assert.ok(megabytes < PEAK_MB_MAX, `took ${megabytes} MB`);
    sharing.process.kill('SIGINT');
    await sharing.process.ended;
  });
}
