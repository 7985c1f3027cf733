/** `kith search` as a person uses it, over networks of the tests: rows on stdout, numbers that stay, exit codes that say what was. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BencodeDict, decodeBencodeDict, encodeBencode } from '../../src/wire/bencode.ts';
import { events, type KithProcess, Room } from './kith-process.ts';

const SCRIPT = resolve(import.meta.dirname, '../search/kith-with-web-networks.ts');
const SONG = Buffer.alloc(100_000, 'walrus ');
const NOBODY_HAS = `magnet:?xt=urn:sha1:${'A'.repeat(32)}&xl=1000&dn=nothing`;
const QUIET = { KITH_PORT_MAPPING: 'off', KITH_API_USE: 'off', KITH_LISTEN_PORT: '0', KITH_TRACKER_PORT: '0' };

interface Sharer {
  readonly room: Room;
  readonly node: KithProcess;
  readonly address: string;
}

/** A node that shares a folder with two files on the first network, or on those that are named. */
async function sharer(t: TestContext, networks = 'gnutella', environment: Record<string, string> = {}): Promise<Sharer> {
  const room = new Room(SCRIPT);
  t.after(() => room.close());
  const folder = join(room.folder, 'music');
  mkdirSync(folder);
  writeFileSync(join(folder, 'walrus polka.mp3'), SONG);
  writeFileSync(join(folder, 'walrus facts.txt'), 'They are large.');
  const settings = { KITH_NETWORKS_USE: networks, KITH_LIBRARY_FOLDERS: folder, KITH_GNUTELLA_PORT: '0', KITH_GNUTELLA2_PORT: '0' };
  const node = room.start(['up', '--json'], { ...QUIET, ...settings, ...environment });
  await node.saying(/"event":"library".*\n/);
  await node.saying(/"event":"ready".*\n/);
  const { networks: known } = JSON.parse((await room.run(['status', '--json'])).stdout) as {
    readonly networks: readonly { network: string; address: string }[];
  };
  return { room, node, address: known.find(({ network }) => network === networks.split(',')[0])?.address ?? '' };
}

function searcher(t: TestContext): Room {
  const room = new Room(SCRIPT);
  t.after(() => room.close());
  return room;
}

test('without a node it joins the networks, prints numbered rows, and remembers for the next time', async (t) => {
  const { address } = await sharer(t);
  const room = searcher(t);
  const found = await room.run(['search', 'walrus', '--wait', '10s'], { KITH_GNUTELLA_HOSTS: address });
  assert.equal(found.code, 0, found.stderr);
  assert.match(found.stdout, /^ {3}[12] +100 kB {2}walrus polka\.mp3 {2}\(1 holder, gnutella\)$/m);
  assert.equal(found.stdout.trimEnd().split('\n').length, 2);
  assert.match(found.stderr, /2 rows in .*gnutella: 2 hits\. Everybody has been asked\./);
  assert.match(found.stderr, /To fetch it: .* get [12]/);
  assert.equal(statSync(join(room.folder, 'state/kith/last-search.json')).mode & 0o777, 0o600);
  // No host is named any more: it remembers.
  const again = await room.run(['search', 'walrus', '--kind', 'audio', '--json']);
  const rows = events(again.stdout);
  assert.deepEqual(
    rows.map(({ v, event }) => [v, event]),
    [
      [1, 'row'],
      [1, 'end'],
    ],
  );
  assert.deepEqual([rows[0]?.name, rows[0]?.bytes, rows[0]?.holders], ['walrus polka.mp3', 100_000, 1]);
  assert.match(String(rows[0]?.link), /^magnet:\?xt=urn:sha1:[A-Z2-7]{32}&xt=urn:tree:tiger:[A-Z2-7]{39}&xt=urn:ed2k:[0-9a-f]{32}&dn=/);
});

test('nothing found is code 3, nobody reached is code 5, and nobody known is code 5 at once', async (t) => {
  const { address } = await sharer(t);
  const room = searcher(t);
  const nothing = await room.run(['search', 'zebra'], { KITH_GNUTELLA_HOSTS: address });
  assert.deepEqual([nothing.code, nothing.stdout], [3, '']);
  assert.match(nothing.stderr, /Nothing was found for “zebra”/);
  const nobody = await searcher(t).run(['search', 'zebra', '--wait', '1s'], { KITH_GNUTELLA_HOSTS: '127.0.0.1:1' });
  assert.equal(nobody.code, 5);
  assert.match(nobody.stderr, /nobody to ask on gnutella/);
  const unknown = await searcher(t).run(['search', 'zebra']);
  assert.equal(unknown.code, 5);
  assert.match(unknown.stderr, /--introducer URL.*gnutella\.hosts/);
});

test('mistakes are named: a network that is none, a kind, words that are none', async (t) => {
  const room = searcher(t);
  const network = await room.run(['search', 'a', '--in', 'gnutela']);
  assert.deepEqual([network.code, /Did you mean gnutella\?/.test(network.stderr)], [2, true]);
  assert.equal((await room.run(['search', 'a', '--kind', 'song'])).code, 2);
  const none = await room.run(['search', '--in', 'g2']);
  assert.deepEqual([none.code, /no word to look for/.test(none.stderr)], [2, true]);
});

test('a node that takes part searches for a command, and one file of two networks is one row', async (t) => {
  const both = await sharer(t, 'gnutella,gnutella2');
  const statuses = JSON.parse((await both.room.run(['status', '--json'])).stdout) as { networks: { address: string }[] };
  const [one, other] = statuses.networks.map(({ address }) => address) as [string, string];
  const searching = await sharer(t, 'gnutella,gnutella2', { KITH_GNUTELLA_HOSTS: one, KITH_GNUTELLA2_HOSTS: other });
  const found = await searching.room.run(['search', 'polka', '--ranked']);
  assert.equal(found.code, 0, found.stderr);
  assert.equal(found.stdout, '   1     100 kB  walrus polka.mp3  (2 holders, gnutella gnutella2)\n');
  assert.match((await searching.room.run(['status'])).stdout, /^network {5}gnutella2: member, 1 neighbour, at 127/m);
});

test('Ctrl-C ends a search with code 130, and what was found is kept', async (t) => {
  const { address } = await sharer(t);
  const room = searcher(t);
  // A second network that never has a neighbour keeps it waiting.
  const process = room.start(['search', 'polka', '--in', 'gnutella,g2'], { KITH_GNUTELLA_HOSTS: address });
  await process.saying(/walrus polka/);
  process.kill('SIGINT');
  const { code, stderr } = await process.ended;
  assert.deepEqual([code, /What was found is kept/.test(stderr)], [130, true]);
  assert.ok(statSync(join(room.folder, 'state/kith/last-search.json')).size > 100);
});

test('an introducer tells a newcomer of a member that has told of itself, and is told nothing by who only searches', async (t) => {
  const town = new Room(SCRIPT);
  t.after(() => town.close());
  const introducer = town.start(['introducer', '--port', '0']);
  const [url = ''] = await introducer.saying(/^http:\S+/m);
  const { address } = await sharer(t, 'gnutella', { KITH_NETWORKS_INTRODUCERS: url });
  const room = searcher(t);
  const found = await room.run(['search', 'polka', '--in', 'gnutella', '--introducer', url]);
  assert.equal(found.code, 0, found.stderr);
  const kept = await (await fetch(`${url}?get=1&net=gnutella`)).text();
  assert.match(kept, new RegExp(`^H\\|${address}\\|\\d+\r\n$`));
  introducer.kill('SIGINT');
  assert.equal((await introducer.ended).code, 130);
  // It is dead: the newcomer of before does without, and so does one of the next run of the introducer.
  assert.equal((await room.run(['search', 'polka', '--in', 'gnutella', '--introducer', url])).code, 0);
  const again = town.start(['introducer', '--port', '0']);
  const [next = ''] = await again.saying(/^http:\S+/m);
  assert.match(await (await fetch(`${next}?hostfile=1`)).text(), new RegExp(`^${address}\r\n$`));
});

test('share --on lets networks find what is shared, and its link has the hashes that they know it by', async (t) => {
  const room = searcher(t);
  writeFileSync(join(room.here, 'quiet song.mp3'), SONG);
  const sharing = room.start(['share', 'quiet song.mp3', '--on', 'gnutella', '--json'], { ...QUIET, KITH_GNUTELLA_PORT: '0' });
  const [, address = ''] = await sharing.saying(/"event":"network","network":"gnutella","address":"([\d.:]+)","files":1/);
  const [, link = ''] = await sharing.saying(/"event":"link","link":"([^"]+)"/);
  assert.match(
    link,
    /^magnet:\?xt=urn:btih:[0-9a-f]{40}&.*&xt=urn:sha1:[A-Z2-7]{32}&xt=urn:tree:tiger:[A-Z2-7]{39}&xt=urn:ed2k:[0-9a-f]{32}$/,
  );
  const found = await room.run(['search', 'quiet', '--alone'], { KITH_GNUTELLA_HOSTS: address });
  assert.match(found.stdout, /quiet song\.mp3/);
  const [urn = ''] = /urn:sha1:[A-Z2-7]{32}/.exec(link) ?? [];
  assert.match((await room.run(['search', '--hash', urn], { KITH_GNUTELLA_HOSTS: address })).stdout, /quiet song\.mp3/);
  const mistake = await room.run(['share', 'quiet song.mp3', '--on', 'gnutele']);
  assert.deepEqual([mistake.code, /Did you mean gnutella/.test(mistake.stderr)], [2, true]);
});

test('get fetches a row from its holder, here or by the node, and a link by its hash alone', async (t) => {
  const { address } = await sharer(t);
  const hosts = { KITH_GNUTELLA_HOSTS: address };
  const room = searcher(t);
  const [row] = events((await room.run(['search', 'polka', '--json'], hosts)).stdout);
  const here = await room.run(['get', '1', '-o', 'here'], hosts);
  assert.equal(here.code, 0, here.stderr);
  assert.equal(here.stdout, `${join(room.here, 'here', 'walrus polka.mp3')}\n`);
  assert.deepEqual(readFileSync(here.stdout.trimEnd()), SONG);
  const byHash = await room.run(['get', String(row?.link), '-o', 'hash', '--json'], hosts);
  const done = events(byHash.stdout).at(-1);
  assert.deepEqual([byHash.code, done?.event, done?.bytes], [0, 'done', SONG.length], byHash.stderr);
  const node = room.start(['up', '--json'], { ...QUIET, ...hosts, KITH_NETWORKS_USE: 'gnutella', KITH_GNUTELLA_PORT: '0' });
  await node.saying(/"event":"ready"/);
  const byNode = await room.run(['get', '1', '-o', 'node']);
  assert.equal(byNode.stdout, `${join(room.here, 'node', 'walrus polka.mp3')}\n`, byNode.stderr);
  assert.deepEqual(readFileSync(byNode.stdout.trimEnd()), SONG);
  assert.match((await room.run(['ls'])).stdout, /^f1 {2}walrus polka\.mp3 {2}100 kB {2}\/.*polka\.mp3$/m);
  assert.equal((await room.run(['get', '1', '--add', '-o', 'node'])).stdout, 'f1\n');
  assert.match((await room.run(['info', 'f1'])).stdout, /^checked {4}it is right, by its hash|every part is right$/m);
  // A hash that nobody has: it rests until it is told to go on.
  assert.equal((await room.run(['get', NOBODY_HAS, '--add'])).stdout, 'f2\n');
  assert.match((await room.run(['pause', 'f2'])).stdout, /^f2 {2}nothing {2}1\.0 kB {2}0 B, paused\n$/);
  assert.match((await room.run(['resume', 'f2'])).stdout, /^f2 {2}nothing {2}1\.0 kB {2}(opening|.*looking for holders)\n$/);
  assert.equal((await room.run(['rm', 'f1', 'f2', '--data'])).code, 0);
  assert.equal(existsSync(byNode.stdout.trimEnd()), false);
  assert.deepEqual(JSON.parse((await room.run(['ls', '--json'])).stdout).fetches, []);
  assert.equal((await room.run(['rm', 'f1'])).code, 3);
});

test('a torrent of the node whose info dictionary has a hash of its file comes from a holder in a search network', async (t) => {
  const { address } = await sharer(t);
  const room = searcher(t);
  writeFileSync(join(room.here, 'polka.mp3'), SONG);
  assert.equal((await room.run(['create', 'polka.mp3', '--tracker', 'http://127.0.0.1:9/announce', '-o', 'plain.torrent'])).code, 0);
  const torrent = decodeBencodeDict(readFileSync(join(room.here, 'plain.torrent')));
  const sha1 = createHash('sha1').update(SONG).digest();
  // The keys of a dictionary are in their order: this one comes last.
  const info = new Map([...(torrent.get('info') as BencodeDict), ['sha1', sha1] as const]);
  writeFileSync(join(room.here, 'polka.torrent'), encodeBencode(new Map([...torrent, ['info', info]])));
  const hosts = { KITH_GNUTELLA_HOSTS: address, KITH_NETWORKS_USE: 'gnutella', KITH_GNUTELLA_PORT: '0' };
  const node = room.start(['up', '--json'], { ...QUIET, ...hosts });
  await node.saying(/"event":"ready"/);
  const got = await room.run(['get', 'polka.torrent', '-o', 'got']);
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(readFileSync(join(room.here, 'got', 'polka.mp3')), SONG);
});

test('get says what it cannot: a row that is none is code 3, a hash that nobody has 5 or 6, an option of torrents 2', async (t) => {
  const { address } = await sharer(t);
  const hosts = { KITH_GNUTELLA_HOSTS: address };
  const room = searcher(t);
  assert.equal((await room.run(['get', '7'])).code, 3);
  const nobody = await room.run(['get', NOBODY_HAS, '--timeout', '2'], hosts);
  assert.deepEqual([nobody.code, /nobody was found who has it/.test(nobody.stderr)], [5, true]);
  const alone = await searcher(t).run(['get', NOBODY_HAS]);
  assert.deepEqual([alone.code, /There is nobody to ask for nothing/.test(alone.stderr)], [5, true]);
  const listed = await room.run(['get', NOBODY_HAS, '--list'], hosts);
  assert.deepEqual([listed.code, /There is no --list here/.test(listed.stderr)], [2, true]);
});
