/** The upload server as strangers see it: Gnutella's, Gnutella2's and FastTrack's ways of asking, browsers, and those who mean it ill. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addSharer, type Sharer, sharedFile } from '../../../test/fixtures/file-world.ts';
import { addRawClient, type RawWebClient, requestOf } from '../../../test/fixtures/raw-web-client.ts';
import { base32Of } from '../../core/base32.ts';
import { latin1 } from '../../core/bytes.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import type { TransferOptions } from './file-transfers.ts';
import { decodeThex } from './thex.ts';
import { UploadSlots } from './upload-slots.ts';

const FILE = sharedFile(1_000_000, 3, 'Zebra <quilt> anthem.mp3');
const SHA1 = `urn:sha1:${base32Of(FILE.hashes.sha1 as Uint8Array)}`;
const TREE = `urn:tree:tiger:${base32Of(FILE.hashes.tiger as Uint8Array)}`;
const N2R = `/uri-res/N2R?${SHA1}`;
const SLOW = { upBytesPerSecond: 20_000, downBytesPerSecond: 1_000_000 };

interface Scene {
  readonly world: World;
  readonly sharer: Sharer;
  ask(target: string, headers?: Readonly<Record<string, string>>, method?: string): RawWebClient;
}

function scene(options: Partial<TransferOptions> = {}, link = {}): Scene {
  const world = new World({ seed: 1 });
  const sharer = addSharer(world, [FILE], options, link);
  const ask = (target: string, headers = {}, method = 'GET') => addRawClient(world, sharer, requestOf(target, headers, method));
  return { world, sharer, ask };
}

test('a file is had by each of its hashes, and by its number with its name, and by nothing else', () => {
  const { world, ask } = scene();
  const name = encodeURIComponent(FILE.name);
  const good = [N2R, `/uri-res/n2r?${TREE}`, `/get/3/${name}`, `/3/${name}`, `/.hash=${hexOf(FILE.hashes.uu as Uint8Array)}`].map(
    (target) => ask(target),
  );
  const bad = [
    '/uri-res/N2R?urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB',
    '/get/3/other',
    '/get/4/x',
    '/get/3/../etc/passwd',
    '/%',
    '/..%2f..%2fetc',
  ].map((target) => ask(target));
  world.runFor(5_000);
  assert.deepEqual(
    good.map(({ status, bodyBytes }) => [status, bodyBytes]),
    good.map(() => [200, FILE.bytes]),
  );
  assert.deepEqual(
    bad.map(({ status }) => status),
    bad.map(() => 404),
  );
});

test('a range is 206, one behind the end 416, and HEAD says what GET would bring', () => {
  const { world, ask } = scene();
  const [part, behind, head] = [ask(N2R, { range: 'bytes=10-19' }), ask(N2R, { range: 'bytes=1000000-' }), ask(N2R, {}, 'HEAD')];
  world.runFor(3_000);
  assert.deepEqual([part.status, part.header('content-range'), part.bodyBytes], [206, 'bytes 10-19/1000000', 10]);
  assert.deepEqual([behind.status, behind.header('content-range')], [416, 'bytes */1000000']);
  assert.deepEqual([head.status, head.header('content-length'), head.bodyBytes], [200, '1000000', 0]);
});

test('the head of a file says its URN, where its tree is, and its name', () => {
  const { world, ask } = scene();
  const client = ask(N2R, {}, 'HEAD');
  world.runFor(2_000);
  assert.equal(client.header('x-gnutella-content-urn'), SHA1);
  assert.equal(client.header('x-thex-uri'), `/uri-res/N2X?${SHA1};${base32Of(FILE.hashes.tiger as Uint8Array)}`);
  assert.equal(client.header('content-disposition'), "inline; filename*=UTF-8''Zebra%20%3Cquilt%3E%20anthem.mp3");
  assert.equal(client.header('x-content-type-options'), 'nosniff');
});

test('the tree that is sent is that of the file', () => {
  const { world, ask } = scene();
  const client = ask(`/uri-res/N2X?${SHA1}`);
  world.runFor(2_000);
  const [head] = client.heads;
  assert.equal(head?.headers.get('content-type'), 'application/dime');
  assert.ok(decodeThex(head.body, FILE.hashes.tiger as Uint8Array, FILE.bytes, 0).parts.length > 24);
});

test('FastTrack hears its own headers, and its connection ends with the answer', () => {
  const { world, ask } = scene({ kazaa: { userName: 'zoe', address: '1.2.3.4:1214', supernode: '5.6.7.8:1214' } });
  const client = ask(`/.hash=${hexOf(FILE.hashes.uu as Uint8Array)}`, { range: 'bytes=0-9' });
  world.runFor(2_000);
  assert.deepEqual(
    ['x-kazaa-username', 'x-kazaa-network', 'x-kazaa-ip', 'x-kazaatag'].map((name) => client.header(name)),
    ['zoe', 'KaZaA', '1.2.3.4:1214', '4=Zebra <quilt> anthem.mp3'],
  );
  assert.equal(client.header('connection'), 'close');
});

test('who asks whom else there is, hears of those who said that they have it; not of himself, nor of who has it no more', () => {
  const { world, sharer, ask } = scene();
  const first = ask(N2R, { 'x-alt': '11.22.33.44:6347,55.66.77.88' }, 'HEAD');
  world.runFor(1_000);
  const second = ask(N2R, { 'x-nalt': '55.66.77.88' }, 'HEAD');
  world.runFor(1_000);
  const third = ask(N2R, {}, 'HEAD');
  world.runFor(1_000);
  assert.equal(first.header('x-alt'), undefined);
  assert.deepEqual(second.header('x-alt')?.split(',').sort(), ['11.22.33.44:6347', '55.66.77.88']);
  assert.equal(third.header('x-alt'), '11.22.33.44:6347');
  assert.ok(sharer.protocol.uploads.requests === 3);
});

test('a browser is shown a page, with what is shared if that is told to strangers', () => {
  const encoder = { encodePackets: (files: readonly { id: number }[]) => Uint8Array.from(files, ({ id }) => id) };
  const [shy, open] = [scene(), scene({ browse: encoder })];
  const [page, list] = [shy, open].map(({ ask }) => ask('/', { accept: 'text/html' })) as [RawWebClient, RawWebClient];
  const [closed, packets] = [shy, open].map(({ ask }) => ask('/', { accept: 'application/x-gnutella-packets' })) as [
    RawWebClient,
    RawWebClient,
  ];
  for (const { world } of [shy, open]) world.runFor(2_000);
  assert.match(latin1(page.heads[0]?.body ?? new Uint8Array(0)), /not listed/);
  assert.match(
    latin1(list.heads[0]?.body ?? new Uint8Array(0)),
    /<a href="\/get\/3\/Zebra%20%3Cquilt%3E%20anthem.mp3">Zebra &lt;quilt&gt; anthem.mp3<\/a>/,
  );
  assert.deepEqual([closed.status, packets.status, packets.heads[0]?.body[0]], [403, 200, 3]);
});

test('a push proxy passes a push on for the one who asks, and for nobody else', () => {
  const passed: string[] = [];
  const pushProxy = {
    passPush: (guid: Uint8Array, to: Endpoint) => passed.push(`${hexOf(guid)} ${formatEndpoint(to)}`) > 0 && guid[0] === 0,
  };
  const { world, sharer } = scene({ pushProxy });
  const [own, gone, other] = [0, 1, 2].map(() => addRawClient(world, sharer, '')) as [RawWebClient, RawWebClient, RawWebClient];
  world.runFor(500);
  const say = (client: RawWebClient, target: string, node: string) => client.say(requestOf(target, { 'x-node': node }));
  world.at(world.now, () => {
    say(own, '/gnutella/push-proxy?ServerId=AAAQEAYEAUDAOCAJBIFQYDIOB4', formatEndpoint(own.endpoint));
    say(gone, `/gnet/push-proxy?guid=${'ff'.repeat(16)}`, formatEndpoint(gone.endpoint));
    say(other, '/gnutella/push-proxy?ServerId=AAAQEAYEAUDAOCAJBIFQYDIOB4', '9.9.9.9:99');
  });
  world.runFor(1_000);
  assert.deepEqual([own.status, gone.status, other.status], [202, 410, 400]);
  assert.equal(passed[0], `000102030405060708090a0b0c0d0e0f ${formatEndpoint(own.endpoint)}`);
});

test('more than there are slots for wait in a line on their connections, and are served when it is their turn', () => {
  const slots = new UploadSlots({ slotsMax: 1, pollSecondsMin: 10, pollSecondsMax: 20 });
  const { world, ask } = scene({ slots }, SLOW);
  const first = ask(N2R, { range: 'bytes=0-399999', 'x-queue': '0.1' });
  world.runFor(1_000);
  const [second, third] = [ask(N2R, { 'x-queue': '0.1' }), ask(N2R, { 'x-queue': '0.1' })];
  const unskilled = ask(N2R);
  world.runFor(1_000);
  assert.equal(first.status, 206);
  assert.deepEqual([second.status, second.header('x-queue')], [503, 'position=1,length=1,limit=1,pollMin=10,pollMax=20']);
  assert.equal(third.header('x-queue'), 'position=2,length=2,limit=1,pollMin=10,pollMax=20');
  assert.deepEqual([unskilled.status, unskilled.header('x-queue'), unskilled.header('retry-after')], [503, undefined, '10']);
  for (let poll = 0; poll < 4; poll++) {
    world.runFor(11_000);
    for (const waiting of [third, second])
      if (waiting.status === 503) world.at(world.now, () => waiting.say(requestOf(N2R, { 'x-queue': '0.1', range: 'bytes=0-9' })));
  }
  world.runFor(10_000);
  assert.deepEqual([second.status, second.bodyBytes, third.status], [206, 10, 206]);
});

test('who asks sooner than he was told to, again and again, loses his place', () => {
  const slots = new UploadSlots({ slotsMax: 1, pollSecondsMin: 30, pollSecondsMax: 60 });
  const { world, ask } = scene({ slots }, SLOW);
  ask(N2R, { 'x-queue': '0.1' });
  world.runFor(1_000);
  const hasty = ask(N2R, { 'x-queue': '0.1' });
  for (let poll = 0; poll < 4; poll++) {
    world.runFor(1_000);
    world.at(world.now, () => hasty.say(requestOf(N2R, { 'x-queue': '0.1' })));
  }
  world.runFor(2_000);
  assert.deepEqual([slots.waitingCount, hasty.header('connection')], [0, 'close']);
});

test('PARQ keeps the place of one who hangs up, under his id and for his host alone', () => {
  const slots = new UploadSlots({ slotsMax: 1, pollSecondsMin: 10, pollSecondsMax: 20, lifetimeSeconds: 300 });
  const takers = [0, 1, 2, 3].map((index) => ({ hostKey: `10.0.0.${index}` }));
  const request = (index: number, id: string | null = null, skill: 0 | 1 | 2 = 2) =>
    slots.request({ taker: { hostKey: takers[index]?.hostKey as string }, fileKey: 'f', skill, id }, `id${index}`, 0);
  const running = { hostKey: '10.0.0.9' };
  slots.request({ taker: running, fileKey: 'f', skill: 0, id: null }, 'x', 0);
  const waiting = { hostKey: '10.0.0.1' };
  const place = slots.request({ taker: waiting, fileKey: 'f', skill: 2, id: null }, 'mine', 0);
  assert.deepEqual(place, {
    answer: 'queued',
    place: { position: 1, length: 1, limit: 1, pollSecondsMin: 10, pollSecondsMax: 20, id: 'mine' },
  });
  slots.left(waiting);
  assert.equal((request(2) as { place: { position: number } }).place.position, 2);
  const thief = slots.request({ taker: { hostKey: '10.0.0.3' }, fileKey: 'f', skill: 2, id: 'mine' }, 'his', 11_000);
  assert.equal((thief as { place: { position: number } }).place.position, 3);
  slots.release(running);
  assert.equal(slots.request({ taker: { hostKey: '10.0.0.1' }, fileKey: 'f', skill: 2, id: 'mine' }, 'new', 11_000).answer, 'granted');
});

test('a host that gets much waits behind one that gets nothing, however early it came', () => {
  const slots = new UploadSlots({ slotsMax: 2, slotsPerHostMax: 2 });
  const ask = (hostKey: string, now: number) =>
    slots.request({ taker: { hostKey }, fileKey: `${now}`, skill: 1, id: null }, `${hostKey}${now}`, now);
  assert.deepEqual([ask('greedy', 1).answer, ask('greedy', 2).answer], ['granted', 'granted']);
  const positions = [ask('greedy', 3), ask('greedy', 4), ask('modest', 5)].map((answer) => ('place' in answer ? answer.place.position : 0));
  assert.deepEqual(positions, [1, 2, 1]);
});

test('who holds a hundred connections does not keep others out', () => {
  const { world, sharer, ask } = scene({ connectionsMax: 20 }, SLOW);
  const floods = Array.from({ length: 15 }, () => addRawClient(world, sharer as SimNode, 'GET /'));
  world.runFor(2_000);
  const client = ask(N2R, { range: 'bytes=0-9' });
  world.runFor(3_000);
  assert.equal(client.status, 206);
  world.runFor(60_000);
  assert.ok(floods.every(({ closed }) => closed !== null));
});
