/** Announcing in the simulator: to our tracker over UDP, to a scripted one over HTTP; tiers (BEP 12), events, retries and farewells. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from '../../core/bytes.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Fetcher, FetchLimits, FetchOperation, Host, Protocol } from '../../core/host.ts';
import { Tracker } from '../../overlays/tracker/index.ts';
import { World } from '../../sim/index.ts';
import { decodeAnnounceQuery, encodeAnnounceReply, encodeFailure, encodeScrapeReply, type HttpAnnounce } from '../../wire/tracker-http.ts';
import { udpTrackerResponse } from '../../wire/tracker-udp.ts';
import { Announcer } from './announcer.ts';
import { UdpTrackerClient } from './udp-tracker-client.ts';

const SEED = Number(process.env.KITH_SEED ?? 77);
const INFO_HASH = latin1Bytes('i'.repeat(20));
const TICK = 0;
const FETCHED = 1;
const FETCH_MS = 20;
const MINUTE = 60_000;

interface Script {
  /** The body that a URL answers with, or null for no answer. */
  (url: string): Uint8Array | null;
}

/** A peer that does nothing but announce. */
class AnnouncingPeer implements Protocol, Fetcher {
  readonly announcer: Announcer;
  readonly udp: UdpTrackerClient;
  readonly urls: string[] = [];
  readonly found = new Set<string>();
  readonly from: string[] = [];
  left = 100;
  partialSeed = false;
  private readonly host: Host;
  private readonly script: Script;
  private readonly fetches: [string, FetchOperation][] = [];

  constructor(host: Host, tiers: string[][], script: Script = () => null, isPrivate = false) {
    this.host = host;
    this.script = script;
    this.udp = new UdpTrackerClient(host);
    const spec = { infoHash: INFO_HASH, peerId: latin1Bytes('-KT0100-abcdefghijkl'), port: 6881, key: 7, tiers, private: isPrivate };
    this.announcer = new Announcer(host, this.udp, this, spec, this);
  }

  start(): void {
    this.host.bind(udpTrackerResponse, this.udp);
    this.announcer.start(this.host.now());
    this.host.setTimer(1000, TICK, 0);
  }

  onTimer(kind: number, arg: number): void {
    if (kind === FETCHED) {
      const [url, operation] = this.fetches[arg] as [string, FetchOperation];
      const body = this.script(url);
      if (body === null) operation.onFetched(0, new Uint8Array(0), 'connection refused');
      else operation.onFetched(200, body, '');
      return;
    }
    this.udp.tick(this.host.now());
    this.announcer.tick(this.host.now());
    this.host.setTimer(1000, TICK, 0);
  }

  fetch(url: string, _limits: FetchLimits, operation: FetchOperation): void {
    this.urls.push(url);
    this.host.setTimer(FETCH_MS, FETCHED, this.fetches.push([url, operation]) - 1);
  }

  counters() {
    return { uploaded: 1, downloaded: 2, left: this.left, partialSeed: this.partialSeed };
  }

  onPeers(endpoints: readonly Endpoint[], from: string): void {
    for (const endpoint of endpoints) this.found.add(formatEndpoint(endpoint));
    this.from.push(from);
  }

  /** What was announced over HTTP, in order: host and event. */
  events(): string[] {
    return this.urls.map((url) => `${new URL(url).hostname} ${queryOf(url).event}`);
  }

  stop(): void {}

  inspect(): unknown {
    return this.announcer.status();
  }
}

test('the first announce leaves at once, and peers of one swarm find each other over UDP', () => {
  const { world, tracker, peers } = udpWorld(3);
  world.runFor(500);
  assert.equal(tracker.protocol.inspect().udp.announces, 3);
  const found = peers.map((peer) => peer.protocol.found.size);
  assert.deepEqual(
    found.toSorted((a, b) => a - b),
    [0, 1, 2],
  );
  assert.equal(peers[0]?.protocol.announcer.status()[0]?.state, 'working');
});

test('a world in which everything is encoded runs the same way', () => {
  const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
    const { world } = udpWorld(10, { mode, faults: { loss: 0.1 } });
    world.runFor(5 * MINUTE);
    return world.traceHash();
  });
  assert.equal(reference, bytes);
});

test('BEP 15: announces arrive through 30% loss by retransmission and another round', () => {
  const { world, tracker, peers } = udpWorld(20, { faults: { loss: 0.3 } });
  const all = world.runUntil(() => peers.every((peer) => peer.protocol.announcer.status()[0]?.state === 'working'), 30 * MINUTE);
  assert.ok(all, `seed ${SEED}`);
  assert.equal(tracker.protocol.inspect().peers, 20);
});

test('a tracker that was restarted refuses old connection ids, and gets the peer back at once', () => {
  const { world, tracker, peers } = udpWorld(1);
  const peer = peers[0] as (typeof peers)[0];
  world.runFor(2000);
  world.crash(tracker);
  world.restart(tracker);
  world.at(world.now + 1000, () => peer.protocol.announcer.announce('none'));
  world.runFor(3000);
  assert.equal(tracker.protocol.inspect().udp.wrongIds, 1);
  assert.equal(tracker.protocol.inspect().peers, 1);
});

test('stop takes leave of the tracker, and idle tells when that is done', () => {
  const { world, tracker, peers } = udpWorld(2);
  const [peer] = peers;
  world.runFor(2 * MINUTE);
  world.at(world.now, () => peer?.protocol.announcer.stop());
  world.runFor(5);
  assert.equal(peer?.protocol.announcer.idle, false);
  world.runFor(2000);
  assert.equal(peer?.protocol.announcer.idle, true);
  assert.equal(tracker.protocol.inspect().peers, 1);
});

test('a port that the router has for us is told at once to trackers of the world; one in our network keeps hearing where we listen', () => {
  const { world, peers } = httpWorld([['http://a/announce'], ['http://10.0.0.9/announce']], () => reply(1800));
  const peer = peers[0] as (typeof peers)[0];
  // The first announces are still under way.
  world.at(FETCH_MS / 2, () => peer.protocol.announcer.setPort(7000));
  world.runFor(MINUTE);
  const told = (host: string): number[] =>
    peer.protocol.urls.filter((url) => new URL(url).hostname === host).map((url) => queryOf(url).port);
  assert.deepEqual(told('a'), [6881, 7000]);
  assert.deepEqual(told('10.0.0.9'), [6881]);
});

test('completed is told once, by who has downloaded here', () => {
  const { world, peers } = httpWorld([['http://a/announce']], () => reply(60));
  const peer = peers[0] as (typeof peers)[0];
  world.at(1000, () => {
    peer.protocol.left = 0;
    peer.protocol.announcer.announce('completed');
  });
  world.runFor(3 * MINUTE);
  assert.deepEqual(peer.protocol.events().slice(0, 4), ['a started', 'a completed', 'a none', 'a none']);
});

test('BEP 21: a partial seed says paused with every announce, and never completed', () => {
  const { world, peers } = httpWorld([['http://a/announce']], () => reply(60));
  const peer = peers[0] as (typeof peers)[0];
  world.at(1000, () => {
    peer.protocol.partialSeed = true;
    peer.protocol.announcer.announce('completed');
  });
  world.runFor(3 * MINUTE);
  assert.deepEqual(new Set(peer.protocol.events().slice(1)), new Set(['a paused']));
});

test('BEP 12: in a tier the next tracker is tried at once, and the one that works goes to the front', () => {
  const works = (url: string) => (url.includes('//c/') ? reply(60) : null);
  const { world, peers } = httpWorld([['http://a/announce', 'http://b/announce', 'http://c/announce']], works);
  const peer = peers[0] as (typeof peers)[0];
  world.runFor(1000);
  assert.equal(peer.protocol.announcer.status()[0]?.url, 'http://c/announce');
  const before = peer.protocol.urls.length;
  world.runFor(70_000);
  assert.deepEqual(peer.protocol.events().slice(before), ['c none']);
});

test('BEP 12: the trackers of a tier are shuffled', () => {
  const first = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { world, peers } = httpWorld([['http://a/x', 'http://b/x', 'http://c/x']], () => reply(60), false, seed);
    world.runFor(10);
    first.add(new URL(peers[0]?.protocol.urls[0] as string).hostname);
  }
  assert.equal(first.size, 3);
});

test('all tiers are announced to, those of a private torrent one after the other', () => {
  const tiers = [['http://a/announce'], ['http://b/announce'], ['http://c/announce']];
  const works = (url: string) => (url.includes('//a/') ? null : reply(60));
  const open = httpWorld(tiers, works);
  open.world.runFor(1000);
  assert.deepEqual(open.peers[0]?.protocol.events(), ['a started', 'b started', 'c started']);
  const closed = httpWorld(tiers, works, true);
  closed.world.runFor(1000);
  assert.deepEqual(closed.peers[0]?.protocol.events(), ['a started', 'b started']);
});

test('a tracker that fails is asked again, later and later', () => {
  const { world, peers } = httpWorld([['http://a/announce']], () => null);
  const peer = peers[0] as (typeof peers)[0];
  const counts: number[] = [];
  for (let step = 0; step < 4; step++) {
    world.runFor(30 * MINUTE);
    counts.push(peer.protocol.urls.length);
  }
  assert.ok((counts[0] as number) >= 7 && (counts[0] as number) <= 10, `${counts}`);
  assert.ok((counts[3] as number) - (counts[2] as number) <= 2, `${counts}`);
});

test('BEP 31: a tracker that says never is not asked again, one that says 5 minutes is asked then', () => {
  const says = (url: string) => (url.includes('//a/') ? latin1Bytes('d14:failure reason2:no8:retry in5:nevere') : encodeFailure('busy', 5));
  const { world, peers } = httpWorld([['http://a/announce'], ['http://b/announce']], says);
  const peer = peers[0] as (typeof peers)[0];
  world.runFor(4 * MINUTE);
  assert.deepEqual(peer.protocol.events(), ['a started', 'b started']);
  world.runFor(10 * MINUTE);
  assert.ok(peer.protocol.events().length > 2);
  assert.ok(!peer.protocol.events().slice(2).includes('a started'));
});

test('a hungry torrent asks as early as the tracker allows, a content one at the interval', () => {
  const { world, peers } = httpWorld([['http://a/announce']], () => reply(1000, 100));
  const peer = peers[0] as (typeof peers)[0];
  for (let second = 1; second < 1000; second++) world.at(second * 1000, () => second < 500 && peer.protocol.announcer.needPeers());
  world.runFor(490_000);
  assert.equal(peer.protocol.urls.length, 5);
  world.runFor(600_000);
  assert.equal(peer.protocol.urls.length, 6);
});

test('the HTTP announce carries what trackers expect, the tracker id, and an existing query', () => {
  const { world, peers } = httpWorld([['http://a/announce?passkey=1#x', 'wss://b/']], () => reply(60));
  world.runFor(1 * MINUTE + 10_000);
  const [first, second] = peers[0]?.protocol.urls ?? [];
  assert.ok(first?.startsWith('http://a/announce?passkey=1&info_hash='), first);
  const announce = queryOf(first as string);
  assert.deepEqual(announce.infoHash, INFO_HASH);
  assert.deepEqual([announce.port, announce.left, announce.uploaded, announce.downloaded, announce.key], [6881, 100, 1, 2, '00000007']);
  assert.equal(announce.numwant, 200);
  assert.equal(queryOf(second as string).trackerId, null);
  assert.deepEqual(
    peers[0]?.protocol.announcer
      .status()
      .map(({ url, state, message }) => [url, state, message])
      .toSorted(),
    [
      ['http://a/announce?passkey=1#x', 'working', ''],
      ['wss://b/', 'failed', 'WebRTC is not in use here'],
    ],
  );
});

test('trackers that are added later are announced to at once, known ones once', () => {
  const { world, peers } = httpWorld([['http://a/announce']], () => reply(60));
  const peer = peers[0] as (typeof peers)[0];
  world.at(1000, () => peer.protocol.announcer.addTrackers([['http://a/announce'], ['http://b/announce']]));
  world.runFor(2000);
  assert.deepEqual(peer.protocol.events(), ['a started', 'b started']);
});

test('BEP 48: a scrape over HTTP and UDP shows in the status', () => {
  const counts = [{ seeders: 5, completed: 6, leechers: 7 }];
  const { world, peers } = httpWorld([['http://a/announce']], (url) =>
    url.includes('/scrape?') ? encodeScrapeReply([INFO_HASH], counts) : reply(600),
  );
  world.at(1000, () => peers[0]?.protocol.announcer.scrape());
  world.runFor(2000);
  assert.deepEqual(shown(peers[0]?.protocol.announcer), [5, 7]);
  const udp = udpWorld(4);
  udp.world.at(1000, () => udp.peers[0]?.protocol.announcer.scrape());
  udp.world.runFor(2000);
  assert.deepEqual(shown(udp.peers[0]?.protocol.announcer), [0, 4]);
});

function udpWorld(count: number, options: { mode?: 'reference' | 'bytes'; faults?: { loss: number } } = {}) {
  const world = new World({ seed: SEED, ...options });
  const tracker = world.addNode((host) => new Tracker(host));
  world.name('tracker.example', tracker);
  const port = ((tracker.endpoint[4] as number) << 8) | (tracker.endpoint[5] as number);
  const peers = Array.from({ length: count }, () =>
    world.addNode((host) => new AnnouncingPeer(host, [[`udp://tracker.example:${port}/announce`]])),
  );
  return { world, tracker, peers };
}

function httpWorld(tiers: string[][], script: Script, isPrivate = false, seed = SEED) {
  const world = new World({ seed });
  const peers = [world.addNode((host) => new AnnouncingPeer(host, tiers, script, isPrivate))];
  return { world, peers };
}

function reply(intervalSeconds: number, minIntervalSeconds = intervalSeconds): Uint8Array {
  return encodeAnnounceReply({
    intervalSeconds,
    minIntervalSeconds,
    complete: 1,
    incomplete: 1,
    downloaded: 0,
    peers: parseEndpoint('10.9.8.7:80') as Uint8Array,
    peers6: new Uint8Array(0),
    externalIp: new Uint8Array(4),
  });
}

function queryOf(url: string): HttpAnnounce {
  return decodeAnnounceQuery(url.slice(url.indexOf('?') + 1));
}

function shown(announcer: Announcer | undefined): (number | undefined)[] {
  const [status] = announcer?.status() ?? [];
  return [status?.seeders, status?.leechers];
}
