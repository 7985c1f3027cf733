/** BitTorrent v2 in the simulator (BEP 52): swarms of v2, hybrids among peers that know one half only, hashes asked for and served. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '../../src/core/bytes.ts';
import { climb, merkleHeight, merkleRoot } from '../../src/core/merkle.ts';
import { type Member, SwarmWorld } from '../../src/lab/swarm-world.ts';
import { LAYERS_WAIT_MS } from '../../src/transfer/bittorrent/hash-exchange.ts';
import type { HashRange } from '../../src/transfer/bittorrent/hash-messages.ts';
import { type Metainfo, rootAt } from '../../src/transfer/bittorrent/metainfo.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import type { AddTorrent } from '../../src/transfer/bittorrent/torrent-status.ts';
import { addFake, type FakeConnection, type FakePeer, type FakeScript } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { leavesOf, treeTorrent } from './tree-torrent.ts';

const KIB64 = 65_536;
/** Pieces of whole files, of a part of one, of one block and less. */
const LENGTHS = [700_000, 65_536, 20_000, 0, 16_384, 5, 2_000_001];

const hybrid = (): Metainfo => treeTorrent(LENGTHS, KIB64, 'hybrid');
const v2Only = (lengths: readonly number[] = LENGTHS): Metainfo => treeTorrent(lengths, KIB64, 2);

/** Knows the links of the torrent alone. */
function byMagnet({ infoHash, v2 }: Metainfo): Partial<AddTorrent> {
  return { metainfo: null, infoHash, infoHashV2: v2?.infoHash ?? null };
}

/** Knows the info-hash of v2 alone. */
function byV2Magnet({ v2 }: Metainfo): Partial<AddTorrent> {
  const infoHashV2 = v2?.infoHash as Uint8Array;
  return { metainfo: null, infoHash: infoHashV2.slice(0, 20), infoHashV2 };
}

/** A program that has never heard of v2. */
function asV1(metainfo: Metainfo): Partial<AddTorrent> {
  return { metainfo: { ...metainfo, v2: null } };
}

function completes(swarm: SwarmWorld, withinMs = 120_000): void {
  const done = swarm.finish(withinMs);
  assert.ok(done, swarm.members.map(({ node }) => JSON.stringify(node.protocol.inspect())).join('\n'));
  checkNothingLeft(swarm);
}

for (const [what, metainfo] of [
  ['v2', v2Only()],
  ['hybrid', hybrid()],
] as const) {
  test(`a ${what} torrent goes from a seed to leechers, padding left out`, () => {
    const swarm = new SwarmWorld(metainfo, { seed: 1 });
    swarm.seed();
    const leechers = [swarm.leecher(), swarm.leecher(), swarm.leecher()];
    completes(swarm);
    const contentBytes = LENGTHS.reduce((sum, length) => sum + length, 0);
    for (const { torrent } of leechers) assert.equal(torrent.status().downloadedBytes - torrent.status().wastedBytes, contentBytes);
    assert.equal(leechers[0]?.torrent.status().wantedHaveBytes, contentBytes);
  });

  test(`a ${what} torrent comes by its magnet link, piece layers and all`, () => {
    const swarm = new SwarmWorld(metainfo, { seed: 2 });
    swarm.seed();
    const leecher = swarm.leecher({}, {}, byMagnet(metainfo));
    completes(swarm);
    assert.deepEqual(leecher.torrent.metainfo?.v2?.pieceRoots, metainfo.v2?.pieceRoots);
  });
}

test('the layers of thousands of pieces come in several messages, from several peers', () => {
  const metainfo = treeTorrent([16_384 * 3000, 16_384 * 513], 16_384, 2);
  const swarm = new SwarmWorld(metainfo, { seed: 3 });
  swarm.seed();
  swarm.seed();
  const leecher = swarm.leecher({}, {}, byMagnet(metainfo));
  completes(swarm);
  assert.deepEqual(leecher.torrent.metainfo?.v2?.pieceRoots, metainfo.v2?.pieceRoots);
});

test('a run is the same whether messages are encoded or not', () => {
  const traces = (['reference', 'bytes'] as const).map((mode) => {
    const metainfo = hybrid();
    const swarm = new SwarmWorld(metainfo, { seed: 4, mode });
    swarm.seed();
    swarm.leecher({}, {}, byMagnet(metainfo));
    swarm.leecher({}, {}, asV1(metainfo));
    assert.ok(swarm.finish(60_000));
    return swarm.world.traceHash();
  });
  assert.equal(traces[0], traces[1]);
});

for (const [what, seedAs, leecherAs] of [
  ['a v1 seed feeds a hybrid leecher', asV1, () => ({})],
  ['a hybrid seed feeds a v1 leecher, padding included', () => ({}), asV1],
  ['a hybrid seed feeds a leecher that knows the v2 link alone', () => ({}), byV2Magnet],
  ['a hybrid leecher with a link gets along with a v1 seed, as one of v1', asV1, byMagnet],
] as const) {
  test(what, () => {
    const metainfo = hybrid();
    const swarm = new SwarmWorld(metainfo, { seed: 5 });
    swarm.seed({}, {}, seedAs(metainfo));
    swarm.leecher({}, {}, leecherAs(metainfo));
    completes(swarm);
  });
}

test('two that know one half each are one swarm through a hybrid that knows both', () => {
  const metainfo = hybrid();
  const swarm = new SwarmWorld(metainfo, { seed: 6 });
  swarm.seed({}, {}, asV1(metainfo));
  swarm.leecher();
  const far = swarm.leecher({}, {}, byV2Magnet(metainfo));
  completes(swarm);
  assert.ok(far.watch.metadata);
});

test('a hybrid is in two swarms at its tracker', () => {
  const swarm = new SwarmWorld(hybrid(), { seed: 14 });
  swarm.seed();
  swarm.leecher({}, {}, asV1(swarm.metainfo));
  swarm.world.runFor(1000);
  const { torrents, peers } = swarm.tracker.protocol.inspect();
  assert.deepEqual({ torrents, peers }, { torrents: 2, peers: 3 });
});

test('a hybrid that goes on as v1 is known by that alone, and says so', () => {
  const metainfo = hybrid();
  const swarm = new SwarmWorld(metainfo, { seed: 15 });
  swarm.seed({}, {}, asV1(metainfo));
  const leecher = swarm.leecher({}, {}, byMagnet(metainfo));
  assert.ok(swarm.finish(60_000));
  assert.equal(leecher.torrent.metainfo?.v2, null);
  assert.deepEqual(leecher.torrent.infoHashes.onWire, [metainfo.infoHash]);
  const script: FakeScript = { infoHash: metainfo.v2?.infoHash.slice(0, 20) as Uint8Array };
  const fake = addFake(swarm, script, [leecher.node]).protocol;
  swarm.world.runFor(2000);
  assert.ok(fake.connection.isClosed);
});

test('a link that names v2 alone is not satisfied with SHA-1', () => {
  const metainfo = hybrid();
  const swarm = new SwarmWorld(metainfo, { seed: 7 });
  const script = { ...refusing('silence'), infoHash: metainfo.infoHash };
  const leecher = swarm.leecher({}, {}, byV2Magnet(metainfo));
  swarm.seed({}, {}, { ...asV1(metainfo), peers: [leecher.node.endpoint] });
  addFake(swarm, script, [leecher.node]);
  swarm.world.runFor(3 * LAYERS_WAIT_MS);
  assert.equal(leecher.torrent.state, 'metadata');
});

for (const [pieceKiB, pieces] of [
  [256, 40],
  [16_384, 3],
] as const) {
  test(`a piece of ${pieceKiB} KiB that fails in v2 costs its bad blocks, and the poisoner is known at once`, () =>
    poisoned(pieceKiB * 1024, pieces));
}

function poisoned(pieceBytes: number, pieces: number): void {
  const swarm = new SwarmWorld(treeTorrent([pieces * pieceBytes], pieceBytes, 2), { seed: 8, links: { upBytesPerSecond: 400_000 } });
  swarm.seed();
  swarm.seed();
  const poisoner = swarm.seed({ corruptReads: 0.2 });
  const leecher = swarm.leecher();
  let suspected = 0;
  swarm.world.runFor(1);
  const { downloader } = leecher.torrent.exchange as NonNullable<typeof leecher.torrent.exchange>;
  const { suspect } = downloader;
  downloader.suspect = (piece, sources): void => {
    if (new Set(sources).size > 1) suspected++;
    suspect.call(downloader, piece, sources);
  };
  completes(swarm, 300_000);
  assert.equal(suspected, 0);
  const bans = leecher.watch.partings.filter((parting) => /bad block|failed its hash/.test(parting));
  assert.equal(bans.length, 1, bans.join('\n'));
  assert.ok(poisoner.torrent.status().uploadedBytes > 0);
  assert.ok(swarm.wasteMax < 0.1, `${swarm.wasteMax} of the content was thrown away`);
}

// ---- what is asked and answered --------------------------------------------------------------------------------------------

interface Answer {
  readonly range: HashRange;
  /** Null: it was refused. */
  readonly hashes: Uint8Array | null;
}

/** What a seed of the torrent answers to each of these. */
function answers(metainfo: Metainfo, ranges: readonly HashRange[], seedSpec: Partial<AddTorrent> = {}): Answer[] {
  const swarm = new SwarmWorld(metainfo, { seed: 9 });
  const seed = swarm.seed({}, {}, seedSpec);
  const script: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      for (const range of ranges) connection.say({ id: PeerMessageId.hashRequest, range });
    },
  };
  const fake = addFake(swarm, script, [seed.node]).protocol;
  swarm.world.runFor(5000);
  const said = fake.connection.messages;
  return ranges.map((range) => {
    const mine = said.filter((message) => 'range' in message && sameRange(message.range, range));
    assert.equal(mine.length, 1, JSON.stringify(range));
    const [message] = mine;
    return { range, hashes: message?.id === PeerMessageId.hashes ? message.hashes : null };
  });
}

function sameRange(a: HashRange, b: HashRange): boolean {
  return a.base === b.base && a.index === b.index && a.count === b.count && a.proofLayers === b.proofLayers && equalBytes(a.root, b.root);
}

/** The ranges that BEP 52 allows of leaves and of piece hashes, with all uncles. */
function allowedRanges(metainfo: Metainfo, uncles: (height: number) => number): HashRange[] {
  const { pieces, roots } = metainfo.v2 as NonNullable<Metainfo['v2']>;
  const ranges: HashRange[] = [];
  for (const file of pieces.files) {
    const root = rootAt(roots, file.file);
    for (const base of new Set([0, pieces.pieceLayer])) {
      if (base >= file.height) continue;
      const width = 2 ** (file.height - base);
      for (let count = 2; count <= Math.min(width, 512); count *= 2) {
        for (let index = 0; index < width; index += count)
          ranges.push({ root, base, index, count, proofLayers: uncles(file.height - base) });
      }
    }
  }
  return ranges;
}

test('BEP 52: every range of leaves and of piece hashes is answered, and leads to the root by its uncles', () => {
  const metainfo = treeTorrent([65_536 * 5 + 20_000, 65_536, 40_000], KIB64, 2);
  const { pieces, roots } = metainfo.v2 as NonNullable<Metainfo['v2']>;
  const ranges = allowedRanges(metainfo, (layers) => layers - 1).slice(0, 60);
  assert.ok(ranges.length > 25);
  for (const { range, hashes } of inBatches(metainfo, ranges)) {
    assert.notEqual(hashes, null, JSON.stringify({ ...range, root: '' }));
    const nodes = (hashes as Uint8Array).subarray(0, 32 * range.count);
    const uncles = (hashes as Uint8Array).subarray(32 * range.count);
    const top = range.base + merkleHeight(range.count);
    const claimed = climb(merkleRoot(nodes, range.base, range.count), range.index / range.count, uncles);
    assert.deepEqual(claimed, range.root);
    const file = pieces.files.find(({ file: index }) => equalBytes(rootAt(roots, index), range.root));
    assert.equal(uncles.length / 32, (file?.height as number) - top);
    if (range.base === 0 && range.index === 0) {
      const first = leavesOf(pieces, file?.firstPiece as number);
      assert.deepEqual(nodes.subarray(0, Math.min(nodes.length, first.length)), first.subarray(0, nodes.length));
    }
  }
});

test('BEP 52: layers that the range itself covers are left out of the uncles, and are counted', () => {
  const metainfo = treeTorrent([16_384 * 64], 16_384, 2);
  const root = rootAt(metainfo.v2?.roots as Uint8Array, 0);
  const counts = answers(
    metainfo,
    [0, 1, 2, 3, 5].map((proofLayers) => ({ root, base: 0, index: 8, count: 8, proofLayers })),
  ).map(({ hashes }) => (hashes as Uint8Array).length / 32 - 8);
  assert.deepEqual(counts, [0, 0, 0, 1, 3]);
});

/** Requests of one peer wait in a queue that has an end. */
function inBatches(metainfo: Metainfo, ranges: readonly HashRange[]): Answer[] {
  const all: Answer[] = [];
  for (let at = 0; at < ranges.length; at += 10) all.push(...answers(metainfo, ranges.slice(at, at + 10)));
  return all;
}

test('what BEP 52 does not allow is refused, and the connection stays', () => {
  const metainfo = treeTorrent([65_536 * 8], KIB64, 2);
  const root = rootAt(metainfo.v2?.roots as Uint8Array, 0);
  const good: HashRange = { root, base: 2, index: 0, count: 2, proofLayers: 1 };
  const refused: HashRange[] = [
    { ...good, root: new Uint8Array(32).fill(7) },
    { ...good, count: 0 },
    { ...good, count: 1 },
    { ...good, count: 3 },
    { ...good, count: 1024 },
    { ...good, count: 16 },
    { ...good, index: 1 },
    { ...good, index: 8 },
    { ...good, index: 0xffff_fffe },
    { ...good, base: 1, count: 4 },
    { ...good, base: 5 },
    { ...good, base: 0xffff_ffff },
    { ...good, proofLayers: 3 },
    { ...good, proofLayers: 0xffff_ffff },
  ];
  const all = answers(metainfo, [...refused, good]);
  assert.deepEqual(
    all.map(({ hashes }) => hashes !== null),
    [...refused.map(() => false), true],
  );
});

test('leaves of a piece that is not there are refused', () => {
  const metainfo = treeTorrent([65_536 * 8], KIB64, 2);
  const root = rootAt(metainfo.v2?.roots as Uint8Array, 0);
  const swarm = new SwarmWorld(metainfo, { seed: 10 });
  const leecher = swarm.leecher();
  const range = { root, base: 0, index: 0, count: 4, proofLayers: 0 };
  const script: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.hashRequest, range });
    },
  };
  const fake = addFake(swarm, script, [leecher.node]).protocol;
  swarm.world.runFor(2000);
  assert.equal(fake.connection.heard(PeerMessageId.hashReject).length, 1);
});

test('a peer that asks for leaves without end is refused in the end', () => {
  const metainfo = treeTorrent([16_384 * 4096], 16_384 * 64, 2);
  const root = rootAt(metainfo.v2?.roots as Uint8Array, 0);
  const swarm = new SwarmWorld(metainfo, { seed: 11 });
  const seed = swarm.seed();
  const script: FakeScript = {
    tickMs: 100,
    onTick: (connection) =>
      connection.say({ id: PeerMessageId.hashRequest, range: { root, base: 0, index: 0, count: 512, proofLayers: 0 } }),
  };
  const fake = addFake(swarm, script, [seed.node]).protocol;
  swarm.world.runFor(10_000);
  assert.equal(fake.connection.heard(PeerMessageId.hashes).length, 8);
  assert.ok(fake.connection.heard(PeerMessageId.hashReject).length > 50);
  assert.equal(fake.connection.isClosed, false);
});

// ---- peers that mean no good ------------------------------------------------------------------------------------------------

/** Says that it has everything and gives no hashes. */
function refusing(how: 'rejects' | 'silence'): FakeScript {
  return {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.haveAll });
    },
    onMessage(connection, message) {
      if (message.id === PeerMessageId.hashRequest && how === 'rejects')
        connection.say({ id: PeerMessageId.hashReject, range: message.range });
    },
  };
}

/** Answers with hashes of its own making. */
function lying(make: (range: HashRange) => Uint8Array): FakeScript {
  return {
    ...refusing('silence'),
    onMessage(connection: FakeConnection, message) {
      if (message.id === PeerMessageId.hashRequest)
        connection.say({ id: PeerMessageId.hashes, range: message.range, hashes: make(message.range) });
    },
  };
}

/** A leecher with a link meets the fakes first, and a seed later. */
function meeting(script: FakeScript, count: number): { swarm: SwarmWorld; leecher: Member; fakes: FakePeer[] } {
  const metainfo = v2Only([65_536 * 100]);
  const swarm = new SwarmWorld(metainfo, { seed: 12 });
  const leecher = swarm.leecher(
    {},
    {},
    { ...byMagnet(metainfo), metainfo: { ...metainfo, v2: { ...(metainfo.v2 as NonNullable<Metainfo['v2']>), pieceRoots: null } } },
  );
  const fakes = Array.from({ length: count }, () => addFake(swarm, script, [leecher.node]).protocol);
  swarm.world.runFor(200);
  swarm.seed();
  return { swarm, leecher, fakes };
}

for (const [what, script] of [
  ['reject', refusing('rejects')],
  ['are silent', refusing('silence')],
] as const) {
  test(`peers that ${what} when asked for hashes hold up nobody`, () => completes(meeting(script, 4).swarm, 30_000));
}

for (const [what, make] of [
  ['wrong hashes', (range: HashRange) => new Uint8Array(32 * range.count).fill(1)],
  ['too few hashes', (range: HashRange) => new Uint8Array(32 * (range.count - 1))],
  ['no hashes', () => new Uint8Array(0)],
  ['hashes and uncles too many', (range: HashRange) => new Uint8Array(32 * (range.count + 30))],
] as const) {
  test(`who answers with ${what} is cut off, and the download goes on`, () => {
    const { swarm, leecher, fakes } = meeting(lying(make), 2);
    completes(swarm);
    assert.ok(fakes.every((fake) => fake.connection.isClosed));
    assert.match(leecher.watch.partings.join('\n'), /hashes that lead to another root/);
  });
}

test('hashes that nobody asked for change nothing', () => {
  const metainfo = v2Only();
  const swarm = new SwarmWorld(metainfo, { seed: 13 });
  swarm.seed();
  const leecher = swarm.leecher();
  const range = { root: rootAt(metainfo.v2?.roots as Uint8Array, 0), base: 2, index: 0, count: 8, proofLayers: 5 };
  const script: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.hashes, range, hashes: new Uint8Array(256) });
      connection.say({ id: PeerMessageId.hashReject, range });
    },
  };
  addFake(swarm, script, [leecher.node]);
  completes(swarm);
});
