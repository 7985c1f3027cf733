/** Everyday matters of torrents that run on real sockets and files: other files wanted, another folder, other peers, in the middle of a download. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StoreFailure } from '../../src/core/host.ts';
import { sha1 } from '../../src/core/sha1.ts';
import { ENGINE_DEFAULTS, Watch } from '../../src/lab/swarm-world.ts';
import { SocketHost } from '../../src/net/index.ts';
import {
  type AddTorrent,
  BitTorrent,
  type BitTorrentOptions,
  encodeInfo,
  IpFilterParser,
  type Metainfo,
  parseInfo,
  type Torrent,
} from '../../src/transfer/bittorrent/index.ts';

const PIECE_BYTES = 65_536;
const LENGTHS = [20 * PIECE_BYTES, 20 * PIECE_BYTES, 20 * PIECE_BYTES + 5];
const RATE = 3_000_000;
const WAIT_MS_MAX = 20_000;

class Setting {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-matters-'));
  readonly metainfo: Metainfo;
  private readonly hosts: SocketHost[] = [];
  private readonly content = randomBytes(LENGTHS.reduce((sum, length) => sum + length, 0));

  constructor(t: TestContext) {
    t.after(async () => {
      for (const host of this.hosts) await host.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
    mkdirSync(join(this.folder, 'seed', 'content'), { recursive: true });
    for (const index of LENGTHS.keys()) writeFileSync(join(this.folder, 'seed', 'content', `${index}`), this.bytesOf(index));
    const files = LENGTHS.map((length, index) => ({ path: ['content', `${index}`], length, pad: false, executable: false, symlink: null }));
    const hashes = Array.from({ length: Math.ceil(this.content.length / PIECE_BYTES) }, (_, piece) =>
      sha1(this.content.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES)),
    );
    const info = encodeInfo({
      name: 'content',
      files,
      pieceBytes: PIECE_BYTES,
      pieceHashes: new Uint8Array(Buffer.concat(hashes)),
      private: false,
    });
    this.metainfo = parseInfo(info, { trackers: [], webSeeds: [] });
  }

  bytesOf(file: number): Uint8Array {
    const start = LENGTHS.slice(0, file).reduce((sum, length) => sum + length, 0);
    return this.content.subarray(start, start + (LENGTHS[file] as number));
  }

  async node(name: string, options: Partial<BitTorrentOptions> = {}): Promise<{ host: SocketHost; engine: BitTorrent }> {
    const host = new SocketHost({ address: '127.0.0.1', stateFolder: join(this.folder, `${name}-state`) });
    await host.open();
    this.hosts.push(host);
    let engine: BitTorrent | null = null;
    host.run((each) => {
      engine = new BitTorrent(each, { ...ENGINE_DEFAULTS, ...options });
      return engine;
    });
    assert.ok(engine !== null);
    return { host, engine };
  }

  add(engine: BitTorrent, location: string, peer: SocketHost | null, more: Partial<AddTorrent> = {}): { torrent: Torrent; watch: Watch } {
    const watch = new Watch(() => Date.now());
    const torrent = engine.add({
      metainfo: this.metainfo,
      infoHash: this.metainfo.infoHash,
      name: null,
      trackers: [],
      peers: [peer?.self.stream ?? null].filter((endpoint) => endpoint !== null),
      location: join(this.folder, location),
      selectOnly: null,
      writable: true,
      recheck: 'trust',
      sequential: false,
      paused: false,
      uploadRateMax: 0,
      downloadRateMax: 0,
      observer: watch,
      ...more,
    });
    return { torrent, watch };
  }

  /** A seed that is not too fast, and a leecher that has begun. */
  async pair(): Promise<{ seed: Torrent; engine: BitTorrent; torrent: Torrent; watch: Watch }> {
    const { host, engine: seeding } = await this.node('seed', { uploadRateMax: RATE });
    const seed = this.add(seeding, 'seed', null).torrent;
    await until(() => seed.state === 'seeding');
    const { engine } = await this.node('leecher');
    const { torrent, watch } = this.add(engine, 'leecher', host);
    await until(() => watch.pieces > 10);
    return { seed, engine, torrent, watch };
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `it did not happen: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a file deselected in the middle stays on disk and in the resume record, and comes when it is wanted again', async (t) => {
  const setting = new Setting(t);
  const { engine, torrent, watch } = await setting.pair();
  torrent.setFilePriorities(new Map([[0, 0]]));
  await until(() => torrent.state === 'seeding');
  const had = torrent.status().piecesHave;
  assert.ok(had >= 40 && had < 61, `${had} pieces`);
  assert.equal(statSync(join(setting.folder, 'leecher', 'content', '0')).size, LENGTHS[0]);
  assert.deepEqual(readFileSync(join(setting.folder, 'leecher', 'content', '2')), Buffer.from(setting.bytesOf(2)));
  engine.remove(torrent.infoHashHex);
  await until(() => torrent.state === 'stopped');
  const again = setting.add(engine, 'leecher', null, { peers: torrent.spec.peers, filePriorities: new Map([[0, 0]]) });
  await until(() => again.torrent.state === 'seeding');
  assert.deepEqual([again.torrent.status().piecesHave, again.torrent.status().checkedBytes], [had, 0]);
  again.torrent.setFilePriorities(new Map([[0, 7]]));
  assert.equal(again.torrent.state, 'downloading');
  await until(() => again.torrent.state === 'seeding' && again.torrent.status().piecesHave === 61);
  assert.deepEqual(readFileSync(join(setting.folder, 'leecher', 'content', '0')), Buffer.from(setting.bytesOf(0)));
  assert.equal(watch.order.length + again.watch.order.length, 61);
});

test('a download and its seed are both moved in the middle, part from nobody, and end with every byte right', async (t) => {
  const setting = new Setting(t);
  const { seed, torrent, watch } = await setting.pair();
  const outcomes: (StoreFailure | null)[] = [];
  const onMoved = (failure: StoreFailure | null): void => void outcomes.push(failure);
  torrent.content.moveTo(join(setting.folder, 'leecher moved'), { onMoved });
  seed.content.moveTo(join(setting.folder, 'seed moved'), { onMoved });
  await until(() => outcomes.length === 2);
  assert.deepEqual(outcomes, [null, null]);
  assert.ok(!torrent.isComplete, 'it was complete before it was moved');
  await until(() => torrent.state === 'seeding');
  assert.deepEqual([watch.states, watch.failure], [['checking', 'downloading', 'seeding'], null]);
  for (const index of LENGTHS.keys()) {
    for (const name of ['leecher moved', 'seed moved']) {
      assert.deepEqual(
        readFileSync(join(setting.folder, name, 'content', `${index}`)),
        Buffer.from(setting.bytesOf(index)),
        `${name}, file ${index}`,
      );
    }
  }
  assert.deepEqual([readdirSync(join(setting.folder, 'leecher')), existsSync(join(setting.folder, 'seed', 'content'))], [[], false]);
});

test('a move and a recheck that are asked for in the middle of each other both happen', async (t) => {
  const setting = new Setting(t);
  const { engine } = await setting.node('seed');
  const { torrent, watch } = setting.add(engine, 'seed', null);
  await until(() => torrent.state === 'seeding');
  for (const [round, firstMove] of [true, false].entries()) {
    const to = join(setting.folder, `moved ${round}`);
    let failure: StoreFailure | null | undefined;
    const operation = { onMoved: (outcome: StoreFailure | null): void => void (failure = outcome) };
    if (firstMove) torrent.content.moveTo(to, operation);
    torrent.verifyAgain();
    if (!firstMove) torrent.content.moveTo(to, operation);
    await until(() => failure !== undefined && torrent.state === 'seeding');
    assert.deepEqual([failure, torrent.status().location, torrent.status().piecesHave, watch.failure], [null, to, 61, null]);
  }
});

test('who has no room waits, and goes on when the reserve is less', async (t) => {
  const setting = new Setting(t);
  const { host, engine: seeding } = await setting.node('seed');
  setting.add(seeding, 'seed', null);
  const { engine } = await setting.node('leecher', { diskReserveBytes: 2 ** 52 });
  const { torrent, watch } = setting.add(engine, 'leecher', host);
  await until(() => torrent.state === 'paused');
  assert.ok((torrent.status().shortage?.freeBytes ?? 0) > 0 && watch.pieces === 0);
  assert.ok(!existsSync(join(setting.folder, 'leecher')));
  engine.diskGuard.setReserve(0);
  await until(() => torrent.state === 'seeding');
});

test('a peer that comes onto the list of addresses is parted from with the reason', async (t) => {
  const setting = new Setting(t);
  const { engine, torrent, watch } = await setting.pair();
  const parser = new IpFilterParser();
  parser.push('127.0.0.1\n');
  engine.setIpFilter(parser.finish().filter);
  assert.equal(torrent.status().peers, 0);
  assert.deepEqual(watch.partings, ['local: blocked by the IP filter']);
});
