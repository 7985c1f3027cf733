/** Web seeds in the simulator: what the engine asks of web servers, what it does with what they send, and what it does without them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '../../src/core/hex.ts';
import { type Member, SwarmWorld, torrentOf, torrentOfFiles } from '../../src/lab/swarm-world.ts';
import type { NodeOptions, SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import type { AddTorrent, BitTorrentOptions, WebSeedStatus } from '../../src/transfer/bittorrent/torrent-status.ts';
import type { ContentServer } from '../../src/transfer/http/content-server.ts';
import { addContentServer, addScriptedServer, type ScriptedServer, type WebScript } from '../fixtures/web-world.ts';
import { fakeSeed, addFake } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { treeTorrent } from './tree-torrent.ts';

const URL = 'http://web.sim:6881/';
const MEGABYTE = 1_000_000;
const PIECE = 65_536;
const POISON = 7;

interface Scene {
  readonly swarm: SwarmWorld;
  readonly web: SimNode<ContentServer>;
}

function withUrl(metainfo: Metainfo, webSeeds: readonly string[] = [URL]): Metainfo {
  return { ...metainfo, webSeeds };
}

/** A swarm whose content lies on a web server of ours. */
function webSwarm(metainfo: Metainfo, options: Partial<WorldOptions> = {}, link: NodeOptions = {}): Scene {
  const swarm = new SwarmWorld(withUrl(metainfo), { seed: 1, ...options });
  return { swarm, web: addContentServer(swarm.world, 'web.sim', metainfo, link) };
}

interface ScriptedScene {
  readonly swarm: SwarmWorld;
  readonly server: ScriptedServer;
  readonly leecher: Member;
}

/** A leecher of 40 pieces in one file, whose only source does what the script says. */
function scripted(
  script: WebScript,
  more: { metainfo?: Metainfo; engine?: Partial<BitTorrentOptions>; spec?: Partial<AddTorrent> } = {},
): ScriptedScene {
  const swarm = new SwarmWorld(withUrl(more.metainfo ?? torrentOf(40, PIECE)), { seed: 1 });
  const server = addScriptedServer(swarm.world, 'web.sim', script).protocol;
  return { swarm, server, leecher: swarm.leecher({}, more.engine, more.spec) };
}

function seedOf(leecher: Member): WebSeedStatus {
  const [status] = leecher.torrent.status().webSeeds;
  assert.ok(status !== undefined);
  return status;
}

function wasted(leecher: Member): number {
  return leecher.torrent.status().wastedBytes;
}

test('a web server that is offered while a torrent has nobody brings it whole; of many offered only so many are kept', () => {
  const swarm = new SwarmWorld(torrentOf(40, PIECE), { seed: 1 });
  addContentServer(swarm.world, 'web.sim', swarm.metainfo);
  const leecher = swarm.leecher();
  swarm.world.runFor(30_000);
  assert.equal(leecher.torrent.status().wantedHaveBytes, 0);
  // A holder of the file in another network, found since.
  leecher.torrent.webSeeds.offer(URL);
  assert.ok(swarm.finish(120_000), JSON.stringify(leecher.torrent.status()));
  for (let index = 0; index < 1_000; index++) leecher.torrent.webSeeds.offer(`http://web${index}.sim:6881/`);
  assert.ok(leecher.torrent.status().webSeeds.length <= 100);
});

for (const mode of ['reference', 'bytes'] as const) {
  test(`a torrent whose only source is a web server comes whole, in a few requests (${mode} mode)`, () => {
    const { swarm, web } = webSwarm(torrentOf(400, PIECE), { mode });
    const leecher = swarm.leecher();
    assert.ok(swarm.finish(120_000), JSON.stringify(leecher.torrent.status()));
    assert.equal(web.protocol.sentBytes, swarm.metainfo.totalBytes);
    assert.ok(web.protocol.requests <= 8, `${web.protocol.requests} requests for 26 MB`);
    assert.deepEqual([seedOf(leecher).state, wasted(leecher)], ['idle', 0]);
    checkNothingLeft(swarm);
  });
}

test('both modes of the simulator give the same run', () => {
  const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
    const { swarm } = webSwarm(torrentOf(40, PIECE), { mode });
    for (let count = 0; count < 3; count++) swarm.leecher();
    assert.ok(swarm.finish(60_000));
    return swarm.world.traceHash();
  });
  assert.equal(reference, bytes);
});

test('a folder comes over the borders of its files, padding and empty files included (BEP 19, 47)', () => {
  const files = torrentOfFiles([10, 0, 200_000, 65_526, 1, 300_000], PIECE);
  const padded = { ...files, files: files.files.map((file, index) => ({ ...file, pad: index === 3 })) };
  const swarm = new SwarmWorld(withUrl(padded), { seed: 1 });
  const web = addContentServer(swarm.world, 'web.sim', padded);
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.equal(web.protocol.sentBytes, padded.totalBytes - 65_526);
});

for (const version of [2, 'hybrid'] as const) {
  test(`a torrent of version ${version} comes from a web server alone, and its padding from nobody (BEP 19, 52)`, () => {
    const lengths = [10, 0, 200_000, 65_536, 1, 300_000];
    const { swarm, web } = webSwarm(treeTorrent(lengths, PIECE, version));
    const leecher = swarm.leecher();
    assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
    const contentBytes = lengths.reduce((sum, length) => sum + length, 0);
    assert.deepEqual([web.protocol.sentBytes, leecher.torrent.status().downloadedBytes, wasted(leecher)], [contentBytes, contentBytes, 0]);
    // One a file, and one more for the file in whose middle it begins.
    assert.deepEqual([web.protocol.requests, seedOf(leecher).state], [6, 'idle']);
    checkNothingLeft(swarm);
  });
}

test('httpseeds are asked for pieces of a hybrid without their padding (BEP 17, 52)', () => {
  const metainfo = { ...treeTorrent([100_000, 70_000], PIECE, 'hybrid'), httpSeeds: [`${URL}seed.php`] };
  const swarm = new SwarmWorld(metainfo, { seed: 1 });
  const server = addScriptedServer(swarm.world, 'web.sim', (connection, { target }) => {
    const [, piece, first, last] = /&piece=(\d+)(?:&ranges=(\d+)-(\d+))?$/.exec(target) ?? [];
    const bytes = last === undefined ? Math.min(PIECE, metainfo.totalBytes - Number(piece) * PIECE) : Number(last) + 1 - Number(first);
    connection.answer(200, { 'content-length': bytes }, bytes);
  }).protocol;
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.deepEqual([server.requests.length, leecher.torrent.status().downloadedBytes, wasted(leecher)], [4, 170_000, 0]);
});

test('only the files that are wanted are asked for', () => {
  const { swarm, web } = webSwarm(torrentOfFiles([500_000, 500_000, 500_000], PIECE));
  swarm.leecher({}, {}, { selectOnly: [1] });
  assert.ok(swarm.finish(60_000));
  assert.ok(web.protocol.sentBytes < 500_000 + 2 * PIECE, `${web.protocol.sentBytes}`);
});

test('a magnet link with a web seed gets its metadata from a peer and its content from the server', () => {
  const metainfo = torrentOf(100, PIECE);
  const swarm = new SwarmWorld(metainfo, { seed: 1 });
  const web = addContentServer(swarm.world, 'web.sim', metainfo);
  swarm.seed({}, { uploadSlots: 0 });
  const leecher = swarm.leecher({}, {}, { metainfo: null, webSeeds: [URL] });
  assert.ok(
    swarm.world.runUntil(() => leecher.watch.completeAtMs !== null, 60_000),
    JSON.stringify(leecher.torrent.status()),
  );
  assert.equal(web.protocol.sentBytes, metainfo.totalBytes);
});

test('httpseeds hand out pieces, and are left alone as long as they say (BEP 17)', () => {
  const metainfo = { ...torrentOf(12, PIECE), httpSeeds: [`${URL}seed.php`] };
  const swarm = new SwarmWorld(metainfo, { seed: 1 });
  const times: number[] = [];
  const server = addScriptedServer(swarm.world, 'web.sim', (connection, { target }, count) => {
    times.push(swarm.world.now);
    if (count === 3) return connection.say('HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n50');
    const piece = Number(/[?&]piece=(\d+)$/.exec(target)?.[1]);
    const bytes = Math.min(PIECE, metainfo.totalBytes - piece * PIECE);
    connection.answer(200, { 'content-length': bytes }, bytes);
  }).protocol;
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(120_000), JSON.stringify(leecher.torrent.status()));
  assert.equal(server.requests.length, 13);
  const hash = hexOf(metainfo.infoHash);
  const told = /^\/seed\.php\?info_hash=(\S+)&piece=/.exec(server.requests[0]?.target ?? '')?.[1] ?? '';
  assert.equal(
    hexOf(
      Uint8Array.from(told.match(/%..|./g) ?? [], (part) => (part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0))),
    ),
    hash,
  );
  assert.ok((times[3] as number) - (times[2] as number) >= 50_000, 'it was asked again too soon');
});

// ---- peers and servers ---------------------------------------------------------------------------------------------------------

test('peers that are fast enough leave nothing for the web server', () => {
  const { swarm, web } = webSwarm(torrentOf(100, PIECE));
  for (let count = 0; count < 3; count++) swarm.seed();
  const leecher = swarm.leecher({ downBytesPerSecond: MEGABYTE });
  assert.ok(swarm.finish(60_000));
  assert.ok(web.protocol.sentBytes < 0.85 * swarm.metainfo.totalBytes, `${web.protocol.sentBytes} bytes`);
  assert.ok(wasted(leecher) < 2 * PIECE, `${wasted(leecher)} bytes twice`);
});

test('a web server that trickles holds up nobody: peers take what it has claimed from behind', () => {
  const { swarm } = webSwarm(torrentOf(200, PIECE), {}, { upBytesPerSecond: 20_000 });
  swarm.seed({ upBytesPerSecond: MEGABYTE });
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  const ideal = swarm.metainfo.totalBytes / MEGABYTE;
  assert.ok((leecher.watch.completeAtMs as number) / 1000 < 1.1 * ideal + 2, `${leecher.watch.completeAtMs} ms, ideal ${ideal} s`);
});

test('a web server that is the only seed of a crowd sends little more than one copy', () => {
  const { swarm, web } = webSwarm(torrentOf(256, 4 * PIECE), {}, { upBytesPerSecond: MEGABYTE });
  for (let count = 0; count < 12; count++) swarm.leecher({ upBytesPerSecond: MEGABYTE, downBytesPerSecond: 4 * MEGABYTE });
  assert.ok(swarm.finish(600_000));
  const copies = web.protocol.sentBytes / swarm.metainfo.totalBytes;
  assert.ok(copies < 2, `${copies} copies`);
});

test('what departed peers have left half done is finished by the server', () => {
  const { swarm } = webSwarm(torrentOf(4, 16 * PIECE));
  let blocks = 0;
  const fake = addFake(
    swarm,
    fakeSeed((connection, request) => blocks++ < 20 && connection.sayBlock(request)),
  );
  const leecher = swarm.leecher({}, {}, { webSeeds: [], peers: [fake.endpoint] });
  assert.ok(swarm.finish(120_000), JSON.stringify(leecher.torrent.status()));
});

test('the download limit holds for web seeds', () => {
  const { swarm } = webSwarm(torrentOf(1000, PIECE));
  const leecher = swarm.leecher({}, { downloadRateMax: MEGABYTE });
  swarm.world.runFor(5000);
  const before = leecher.torrent.status().downloadedBytes;
  swarm.world.runFor(10_000);
  const rate = (leecher.torrent.status().downloadedBytes - before) / 10;
  assert.ok(Math.abs(rate - MEGABYTE) < 0.05 * MEGABYTE, `${rate} bytes a second`);
});

test('a slow disk holds the server back', () => {
  const { swarm } = webSwarm(torrentOf(1200, PIECE));
  const leecher = swarm.leecher({ diskBytesPerSecond: 5 * MEGABYTE });
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.ok((leecher.watch.completeAtMs as number) > 14_000);
});

test('a paused torrent lets go of its web server, and goes on where it was', () => {
  const { swarm, web } = webSwarm(torrentOf(400, PIECE), {}, { upBytesPerSecond: MEGABYTE });
  const leecher = swarm.leecher();
  swarm.world.runFor(5000);
  leecher.torrent.pause();
  swarm.world.runFor(1000);
  const sent = web.protocol.sentBytes;
  swarm.world.runFor(60_000);
  assert.ok(web.protocol.sentBytes === sent && sent > 0, `${web.protocol.sentBytes} bytes after ${sent}`);
  leecher.torrent.resume();
  assert.ok(swarm.finish(60_000));
  assert.ok(web.protocol.sentBytes < 1.1 * swarm.metainfo.totalBytes);
  checkNothingLeft(swarm);
});

test('a recheck in the middle goes on with the web server after it', () => {
  const { swarm } = webSwarm(torrentOf(200, PIECE), {}, { upBytesPerSecond: MEGABYTE });
  const leecher = swarm.leecher();
  swarm.world.runFor(5000);
  leecher.torrent.verifyAgain();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  checkNothingLeft(swarm);
});

// ---- servers that are odd, broken or hostile ------------------------------------------------------------------------------------

test('a server without ranges brings the file whole, once', () => {
  const total = torrentOf(40, PIECE).totalBytes;
  const { swarm, server, leecher } = scripted((connection) => connection.answer(200, { 'content-length': total }, total));
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.ok(server.requests.length <= 2, `${server.requests.length} requests`);
  assert.equal(wasted(leecher), 0);
});

test('a server without ranges and a peer bring a file together', () => {
  const total = torrentOf(40, PIECE).totalBytes;
  const { swarm, leecher } = scripted((connection) => connection.answer(200, { 'content-length': total }, total));
  swarm.seed({ upBytesPerSecond: 200_000 });
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
});

test('a redirect to a mirror is followed', () => {
  const { swarm } = scripted((connection) => connection.answer(302, { location: 'http://mirror.sim:6881/content', 'content-length': 0 }));
  addContentServer(swarm.world, 'mirror.sim', swarm.metainfo);
  assert.ok(swarm.finish(60_000));
});

test('a server whose file has another length is told apart by its first answer, and not asked again', () => {
  for (const script of [
    (connection) => connection.answer(200, { 'content-length': 1000 }, 1000),
    (connection) => connection.answer(206, { 'content-length': 10, 'content-range': 'bytes 0-9/1000' }, 10),
    (connection) => connection.answer(416, { 'content-range': 'bytes */1000', 'content-length': 0 }),
  ] satisfies WebScript[]) {
    const { swarm, server, leecher } = scripted(script);
    swarm.world.runFor(3_600_000);
    const { state, message } = seedOf(leecher);
    assert.deepEqual(
      [state, message, server.requests.length],
      ['failed', `has 1000 bytes where ${swarm.metainfo.totalBytes} are expected`, 1],
    );
  }
});

test('a file that is not there bars its pieces alone, and is looked for again after a while', () => {
  const metainfo = torrentOfFiles([PIECE, PIECE, PIECE], PIECE);
  let there = false;
  const { swarm, server, leecher } = scripted(
    (connection, request) =>
      request.target.endsWith('/1') && !there ? connection.answer(404, { 'content-length': 0 }) : connection.serve(request, PIECE),
    { metainfo },
  );
  swarm.world.runFor(300_000);
  assert.equal(leecher.torrent.status().piecesHave, 2);
  assert.equal(server.requests.filter(({ target }) => target.endsWith('/1')).length, 1);
  there = true;
  assert.ok(swarm.finish(1_000_000), JSON.stringify(leecher.torrent.status()));
});

test('a server that fails is asked less and less often, and as late as it says', () => {
  const times: number[] = [];
  const { swarm } = scripted((connection, _request, count) => {
    times.push(connection.stream === null ? 0 : count);
    connection.answer(500, { 'content-length': 0 });
  });
  swarm.world.runFor(3_600_000);
  assert.ok(times.length >= 6 && times.length <= 11, `${times.length} requests in an hour`);
  const late = scripted((connection) => connection.answer(429, { 'retry-after': 3000, 'content-length': 0 }));
  late.swarm.world.runFor(3_600_000);
  assert.ok(late.server.requests.length <= 2, `${late.server.requests.length} requests`);
  assert.equal(seedOf(late.leecher).message, 'answers 429 Words');
});

test('a body that is cut off is taken as far as it came, and the rest is asked for later', () => {
  let begin = -1;
  const { swarm, server, leecher } = scripted((connection, request, count) => {
    const total = swarm.metainfo.totalBytes;
    if (count > 1) return connection.serve(request, total);
    begin = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1]);
    const bytes = total - begin;
    connection.answer(206, { 'content-length': bytes, 'content-range': `bytes ${begin}-${total - 1}/${total}` }, 2 * PIECE + 100);
    connection.stream?.end();
  });
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.match(server.requests[1]?.headers.get('range') ?? '', new RegExp(`^bytes=${begin + 2 * PIECE}-`));
});

test('a body that never ends is cut where it should, and one that stalls is given up', () => {
  const endless = scripted((connection) => connection.answer(200, {}, 41 * PIECE));
  assert.ok(endless.swarm.finish(60_000), JSON.stringify(endless.leecher.torrent.status()));
  const stalling = scripted((connection, request, count) =>
    count === 1
      ? connection.answer(200, { 'content-length': stalling.swarm.metainfo.totalBytes }, 3 * PIECE)
      : connection.serve(request, stalling.swarm.metainfo.totalBytes),
  );
  assert.ok(stalling.swarm.finish(120_000), JSON.stringify(stalling.leecher.torrent.status()));
});

test('a server that brings less than it was asked for is asked for the rest', () => {
  const { swarm, leecher } = scripted((connection, request) => {
    const total = swarm.metainfo.totalBytes;
    const begin = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? 'bytes=0-')?.[1]);
    const end = Math.min(total, begin + 5 * PIECE);
    connection.answer(206, { 'content-length': end - begin, 'content-range': `bytes ${begin}-${end - 1}/${total}` }, end - begin);
  });
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
});

test('parts that are not those asked for, compressed ones and multipart ones are refused', () => {
  for (const [headers, message] of [
    [{ 'content-range': 'bytes 0-9/2599765' }, /sends bytes from 0 on instead of/],
    [{ 'content-type': 'multipart/byteranges; boundary=x' }, /without saying which/],
    [{ 'content-encoding': 'gzip', 'content-range': 'bytes 0-9/2599765' }, /sends it as gzip/],
  ] as const) {
    const { swarm, leecher } = scripted(
      (connection, request, count) => {
        if (count === 1) connection.serve(request, swarm.metainfo.totalBytes, POISON);
        else connection.answer(206, { 'content-length': 10, ...headers }, 10);
      },
      { spec: { webSeeds: ['http://web.sim:6881/other'] }, metainfo: torrentOf(40, PIECE) },
    );
    swarm.world.runFor(5000);
    const messages = leecher.torrent.status().webSeeds.map((seed) => seed.message);
    assert.ok(messages.some((said) => message.test(said)) || /failed its hash/.test(messages.join()), messages.join('; '));
  }
});

test('a server with other content is banned by the first piece that fails, and the rest comes from peers', () => {
  const { swarm, server, leecher } = scripted((connection, request) => connection.serve(request, swarm.metainfo.totalBytes, POISON));
  swarm.world.runFor(10_000);
  const { state, message } = seedOf(leecher);
  assert.equal(state, 'banned', message);
  assert.match(message, /^sent piece \d+ and it failed its hash$/);
  const asked = server.requests.length;
  swarm.seed();
  assert.ok(swarm.finish(60_000), JSON.stringify(leecher.torrent.status()));
  assert.equal(server.requests.length, asked);
  checkNothingLeft(swarm);
});

test('of a server and a peer that share a piece, the one whose block was bad is banned', () => {
  const metainfo = torrentOf(2, 64 * 16_384);
  const { swarm, leecher } = scripted(
    (connection, request) => {
      const total = metainfo.totalBytes;
      connection.serve(request, total, POISON);
    },
    { metainfo },
  );
  swarm.seed({ upBytesPerSecond: 100_000 });
  assert.ok(swarm.finish(120_000), JSON.stringify(leecher.torrent.status()));
  assert.equal(seedOf(leecher).state, 'banned');
  assert.ok(!leecher.watch.partings.some((parting) => /failed its hash|bad block/.test(parting)), leecher.watch.partings.join('; '));
});

test('hundreds of web seeds in a torrent are bounded, and each server gets a few connections', () => {
  const urls = Array.from({ length: 300 }, (_, index) => `${URL}mirror${index}/`);
  const metainfo = torrentOf(40, PIECE);
  const swarm = new SwarmWorld(withUrl(metainfo, urls), { seed: 1 });
  const server = addScriptedServer(swarm.world, 'web.sim', (connection, request) =>
    connection.serve(request, metainfo.totalBytes),
  ).protocol;
  const leecher = swarm.leecher();
  assert.ok(swarm.finish(60_000));
  assert.equal(leecher.torrent.status().webSeeds.length, 32);
  assert.ok(server.openMax <= 4, `${server.openMax} connections`);
});

test('a web seed is seen among the peers while it works', () => {
  const { swarm } = webSwarm(torrentOf(400, PIECE), {}, { upBytesPerSecond: MEGABYTE });
  const leecher = swarm.leecher();
  swarm.world.runFor(5000);
  const [row] = leecher.torrent.peers();
  assert.deepEqual([row?.endpoint, row?.flags], [URL, 'DW']);
  assert.ok((row?.downloadRate ?? 0) > 0.8 * MEGABYTE);
});
