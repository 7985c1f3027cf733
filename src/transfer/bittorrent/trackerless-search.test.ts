import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { World } from '../../sim/world.ts';
import { SideBySide } from '../../core/side-by-side.ts';
import type { FoundHandler, PeerFinder } from './peer-finder.ts';
import { TrackerlessSearch } from './trackerless-search.ts';

const MINUTE = 60_000;
const PEER = parseEndpoint('10.0.0.9:80') as Endpoint;

/** A search beside a finder that notes what it is asked and answers when told to. */
class Scene implements PeerFinder {
  isJoined = true;
  isPrivate = false;
  isComplete = false;
  isHungry = false;
  infoHashes = { onWire: [new Uint8Array(20)] };
  answers = true;
  readonly asked: string[] = [];
  readonly found: Endpoint[] = [];
  readonly search: TrackerlessSearch;
  private readonly world = new World({ seed: 1 });
  private readonly host: Host;
  private seconds = 0;

  constructor(port = 6881) {
    this.host = this.world.addNode((host) => new SideBySide(host)).host;
    this.search = new TrackerlessSearch(this.host, this, port, this);
  }

  getPeers(_infoHash: Uint8Array, handler: FoundHandler, { isSeed }: { isSeed: boolean }): void {
    this.note('looks', handler, isSeed);
  }

  announce(_infoHash: Uint8Array, port: number, handler: FoundHandler, { isSeed }: { isSeed: boolean }): void {
    this.note(`announces ${port}`, handler, isSeed);
  }

  private note(what: string, handler: FoundHandler, isSeed: boolean): void {
    this.asked.push(`${this.seconds} ${what}${isSeed ? ' as a seed' : ''}`);
    handler.onPeers([PEER]);
    if (this.answers) handler.onPeersDone({ peers: 1, stored: 8 });
  }

  addNode(): void {}

  onPeersFound(endpoints: readonly Endpoint[]): void {
    this.found.push(...endpoints);
  }

  runTo(seconds: number): void {
    for (; this.seconds < seconds; this.seconds++) {
      this.search.tick(this.host.now());
      this.world.runFor(1000);
    }
  }
}

test('a torrent is announced at once, and every 15 minutes', () => {
  const scene = new Scene();
  scene.isComplete = true;
  scene.search.start();
  scene.runTo(3600);
  assert.deepEqual(
    scene.asked,
    ['0', '900', '1800', '2700'].map((at) => `${at} announces 6881 as a seed`),
  );
  assert.equal(scene.found.length, 4);
});

test('who has few peers asks again soon, and less and less often', () => {
  const scene = new Scene();
  scene.isHungry = true;
  scene.search.start();
  scene.runTo(3600);
  const times = scene.asked.map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(times.slice(0, 5), [0, 10, 30, 70, 150]);
  assert.ok(times.every((time, index) => index === 0 || time - (times[index - 1] as number) <= (15 * MINUTE) / 1000));
  assert.ok(times.length < 15, `${times.length} searches in an hour`);
});

test('who does not listen only looks', () => {
  const scene = new Scene(0);
  scene.search.start();
  scene.runTo(1);
  assert.deepEqual(scene.asked, ['0 looks']);
});

test('a private torrent is never asked for, and what is found when it turns out to be private is not used (BEP 27)', () => {
  const scene = new Scene();
  scene.isPrivate = true;
  scene.search.start();
  scene.runTo(2000);
  assert.deepEqual(scene.asked, []);
  scene.search.onPeers([PEER]);
  assert.deepEqual(scene.found, []);
});

test('nobody is asked before there is somebody, after the end, and while a search is under way', () => {
  const scene = new Scene();
  scene.isJoined = false;
  scene.search.start();
  scene.runTo(10);
  assert.deepEqual(scene.asked, []);
  [scene.isJoined, scene.answers] = [true, false];
  scene.runTo(2000);
  assert.deepEqual(scene.asked, ['10 announces 6881']);
  scene.search.stop();
  scene.search.onPeersDone();
  scene.runTo(4000);
  scene.search.onPeers([PEER]);
  assert.deepEqual([scene.asked.length, scene.found.length], [1, 1]);
});

test('BEP 52: a hybrid is announced under both of its hashes, one after the other', () => {
  const scene = new Scene();
  scene.infoHashes = { onWire: [new Uint8Array(20), new Uint8Array(20).fill(1)] };
  scene.search.start();
  scene.runTo(1000);
  assert.deepEqual(
    scene.asked,
    ['0', '1', '901', '902'].map((at) => `${at} announces 6881`),
  );
});

test('a new port is announced at once; when a search is under way, as soon as it has ended', () => {
  const scene = new Scene();
  scene.search.start();
  scene.runTo(10);
  scene.search.setPort(7000);
  scene.answers = false;
  scene.runTo(20);
  scene.search.setPort(7001);
  scene.search.onPeersDone();
  scene.runTo(30);
  assert.deepEqual(scene.asked, ['0 announces 6881', '10 announces 7000', '20 announces 7001']);
});
