/** What the interop tests with kith share: who is there, content with its .torrent and links, a tracker of ours, one transfer to the end. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ODD_FILES, type TorrentFile, treeOf, writeContent, writeTorrent } from './peers/content.ts';
import { type KithPeer, kithTracker, runKithGet, runKithShare } from './peers/kith.ts';
import { type PeerOptions, type PeerProgram, START_MS_MAX } from './peers/peer.ts';
import { freePort, until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

export const TRANSFER_MS_MAX = 90_000;
export const TEST_MS_MAX = 180_000;
/** kith gives up sooner than the test, and then says why. */
export const PATIENCE = ['--timeout', '60'];
const PIECE_BYTES = 64 * 1024;
const NAME = 'odd content';

/** What the program is given. */
type By = 'torrent' | 'magnet';

export interface Content {
  readonly folder: string;
  readonly torrent: TorrentFile;
  /** Its files and digests. */
  readonly tree: readonly string[];
}

/** A folder of files with awkward names and its .torrent, which names `trackers`. */
export async function oddContent(bench: Workbench, trackers: readonly string[]): Promise<Content> {
  const folder = await bench.place('source');
  await writeContent(folder, NAME, ODD_FILES);
  const torrent = await writeTorrent(join(bench.folder, 'odd.torrent'), folder, NAME, PIECE_BYTES, trackers);
  return { folder, torrent, tree: await treeOf(folder, NAME) };
}

/** The same content with a .torrent that names other trackers: trackers are no part of the info-hash. */
export async function withTrackers(bench: Workbench, content: Content, trackers: readonly string[]): Promise<Content> {
  const torrent = await writeTorrent(join(bench.folder, 'tracked.torrent'), content.folder, NAME, PIECE_BYTES, trackers);
  assert.equal(torrent.infoHash, content.torrent.infoHash);
  return { ...content, torrent };
}

export function magnetOf(torrent: TorrentFile, trackers: readonly string[], peers: readonly string[] = []): string {
  const parameters = [...trackers.map((url) => `tr=${encodeURIComponent(url)}`), ...peers.map((peer) => `x.pe=${peer}`)];
  return [`magnet:?xt=urn:btih:${torrent.infoHash}`, ...parameters].join('&');
}

/** `kith tracker`; its announce addresses. */
export async function startKithTracker(bench: Workbench): Promise<{ httpUrl: string; udpUrl: string; webSocketUrl: string }> {
  const port = await freePort();
  await bench.keep(kithTracker(port)).event('ready', TRANSFER_MS_MAX);
  const place = `127.0.0.1:${port}/announce`;
  return { httpUrl: `http://${place}`, udpUrl: `udp://${place}`, webSocketUrl: `ws://${place}` };
}

/** Resolves when an HTTP tracker counts so many seeds and leechers at least (BEP 48): programs announce when it suits them. */
export async function announced(announceUrl: string, torrent: TorrentFile, seeds: number, leechers: number): Promise<void> {
  const hash = torrent.infoHash.replace(/../g, '%$&');
  const scrapeUrl = `${announceUrl.replace(/announce$/, 'scrape')}?info_hash=${hash}`;
  let last = '';
  const counts = async (): Promise<boolean> => {
    const response = await fetch(scrapeUrl, { signal: AbortSignal.timeout(5_000) });
    last = Buffer.from(await response.arrayBuffer()).toString('latin1');
    return number(last, 'complete') >= seeds && number(last, 'incomplete') >= leechers;
  };
  await until(`${seeds} seeds and ${leechers} leechers at the tracker`, START_MS_MAX, counts, () => `It says: ${last}`);
}

function number(bencoded: string, key: string): number {
  return Number(new RegExp(`${key.length}:${key}i(\\d+)e`).exec(bencoded)?.[1] ?? -1);
}

/** `kith share` on the content, up and serving; also writes a .torrent, whose path is returned with it. */
export async function startShare(
  bench: Workbench,
  content: Content,
  args: readonly string[],
): Promise<{ share: KithPeer; torrent: string }> {
  const path = join(content.folder, content.torrent.name);
  const port = await freePort();
  // Each share its own file: another program may just be reading the one of an earlier share.
  const torrent = join(bench.folder, `shared-${port}.torrent`);
  const all = ['--torrent', torrent, '--tracker-port', String(await freePort()), ...args];
  const share = bench.keep(runKithShare(path, all, { port }));
  await share.link();
  return { share, torrent };
}

/** `kith get` into a fresh folder, to the end, byte for byte. */
export async function getAndCompare(bench: Workbench, source: string, content: Content, args: readonly string[] = []): Promise<void> {
  const target = await bench.place('target');
  const get = bench.keep(runKithGet(source, target, [...PATIENCE, ...args], { port: await freePort() }));
  await get.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(target, content.torrent.name), content.tree);
}

/** What a program shall have in the end; some leave empty files out. */
export function expectedTree(content: Content, program: PeerProgram): readonly string[] {
  return program.skipsEmptyFiles ? content.tree.filter((row) => !/ 0 [0-9a-f]{64}$/.test(row)) : content.tree;
}

export interface LeechOptions {
  /** For `kith share`. */
  readonly args: readonly string[];
  readonly program: Pick<PeerOptions, 'encryption'>;
}

/** The program downloads from `kith share`, to the end. */
export function leechFromKith(t: TestContext, program: PeerProgram, by: By, how: LeechOptions = { args: [], program: {} }): Promise<void> {
  return program.dialsLoopback ? theyDial(t, program, by, how) : weDial(t, program, by, how);
}

/** The program finds kith through kith's own tracker, or through the peer in the link. */
async function theyDial(t: TestContext, program: PeerProgram, by: By, how: LeechOptions): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { share, torrent } = await startShare(bench, content, how.args);
  const folder = await bench.place('target');
  const source = by === 'torrent' ? { torrent } : { magnet: await share.link() };
  const leech = await bench.start(program, { role: 'leech', folder, ...source, ...how.program });
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}

/** A program that does not dial loopback waits at a tracker; kith, told by the tracker, dials it although it is the seed. */
async function weDial(t: TestContext, program: PeerProgram, by: By, how: LeechOptions): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const tracker = await startKithTracker(bench);
  const first = await startShare(bench, content, ['--tracker', tracker.httpUrl]);
  const link = await first.share.link();
  await first.share.finish();
  const folder = await bench.place('target');
  const source = by === 'torrent' ? { torrent: first.torrent } : { magnet: link };
  const leech = await bench.start(program, { role: 'leech', folder, ...source, ...how.program });
  await announced(tracker.httpUrl, { ...content.torrent, infoHash: infoHashOf(link) }, 0, 1);
  await startShare(bench, content, ['--tracker', tracker.httpUrl, ...how.args]);
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}

export function infoHashOf(link: string): string {
  const hash = /urn:btih:([0-9a-f]{40})/.exec(link)?.[1];
  assert.ok(hash !== undefined, `expected a hex info-hash in the link, got ${link}`);
  return hash;
}
