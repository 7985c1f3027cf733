/** The tracker's rules over both protocols, in the simulator: who is told of whom, who is refused, and what is bounded. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { CloseReason, Host, Protocol, Stream, StreamHandler } from '../../core/host.ts';
import { World } from '../../sim/index.ts';
import { httpRequest, httpResponses } from '../../wire/http.ts';
import { type HttpResponse, NO_BODY } from '../../wire/http-head.ts';
import { decodeAnnounceReply, encodeAnnounceQuery, type HttpAnnounce, type HttpTrackerAnswer } from '../../wire/tracker-http.ts';
import {
  type UdpAnnounceResponse,
  type UdpTrackerRequest,
  type UdpTrackerResponse,
  udpTrackerRequest,
  udpTrackerResponse,
} from '../../wire/tracker-udp.ts';
import { AdmitListed, Tracker, type TrackerOptions } from './index.ts';

const SEED = Number(process.env.KITH_SEED ?? 5);
const HASH = latin1Bytes('h'.repeat(20));
const OTHER_HASH = latin1Bytes('o'.repeat(20));
const PLAIN: HttpAnnounce = {
  infoHash: HASH,
  peerId: latin1Bytes('-XX0000-abcdefghijkl'),
  port: 7000,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  event: 'none',
  numwant: -1,
  key: null,
  ip: null,
  trackerId: null,
};

/** Says what the test tells it to and keeps the answers. */
class Client implements Protocol, StreamHandler<HttpResponse> {
  readonly host: Host;
  readonly datagrams: UdpTrackerResponse[] = [];
  readonly responses: HttpResponse[] = [];
  closed: CloseReason | null = null;
  stream: Stream | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(udpTrackerResponse, { onDatagram: (_from, message) => this.datagrams.push(message) });
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
  onOpen(): void {}
  onMessage(response: HttpResponse): void {
    this.responses.push(response);
  }
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.stream?.end();
  }
  onClose(reason: CloseReason): void {
    this.closed = reason;
    this.stream = null;
  }
}

test('BEP 15: without a right connection id an announce is answered by an error, and changes nothing', () => {
  const { tracker, ask } = trackerWorld();
  const wrong = ask(0, udpAnnounce({ high: 1, low: 2 }, 7000));
  assert.equal(wrong.action, 'error');
  assert.equal(tracker.protocol.inspect().peers, 0);
});

test('BEP 15: a connection id is good for two minutes, not for four, and for its receiver only', () => {
  const { world, ask } = trackerWorld(2);
  const connection = connect(ask, 0);
  assert.equal(ask(1, udpAnnounce(connection, 7000)).action, 'error');
  assert.equal(ask(0, udpAnnounce(connection, 7000)).action, 'announce');
  world.runFor(119_000);
  assert.equal(ask(0, udpAnnounce(connection, 7000)).action, 'announce');
  world.runFor(121_000);
  assert.equal(ask(0, udpAnnounce(connection, 7000)).action, 'error');
});

test('connection ids differ from client to client and from minute to minute', () => {
  const { world, ask } = trackerWorld(2);
  const seen = [connect(ask, 0), connect(ask, 1)];
  world.runFor(60_000);
  seen.push(connect(ask, 0));
  assert.equal(new Set(seen.map(({ high, low }) => `${high} ${low}`)).size, 3);
});

test('peers are told of each other, not of themselves, and the same address and port is one peer', () => {
  const { ask, tracker } = trackerWorld(3);
  const connections = [0, 1, 2].map((client) => connect(ask, client));
  const announce = (client: number, port: number, left = 1) =>
    ask(client, { ...udpAnnounce(connections[client] as never, port), left } as UdpTrackerRequest) as UdpAnnounceResponse;
  assert.equal(announce(0, 7000).peers.length, 0);
  assert.equal(announce(0, 7000).peers.length, 0);
  assert.equal(announce(0, 7001).peers.length, 6);
  const third = announce(1, 7000, 0);
  assert.deepEqual([third.seeders, third.leechers, third.peers.length], [1, 2, 12]);
  assert.equal(tracker.protocol.inspect().peers, 3);
});

test('a leecher that nobody could be named to is asked back soon, whoever met somebody in half an hour', () => {
  const { ask, get } = trackerWorld(2);
  const lonely = announceOver(get, 0, PLAIN);
  assert.deepEqual(lonely.kind === 'peers' ? [lonely.intervalSeconds, lonely.minIntervalSeconds] : [], [15, 15]);
  const met = announceOver(get, 1, { ...PLAIN, left: 0 });
  assert.deepEqual(met.kind === 'peers' ? [met.intervalSeconds, met.minIntervalSeconds] : [], [1800, 120]);
  const overUdp = ask(0, udpAnnounce(connect(ask, 0), 7000)) as UdpAnnounceResponse;
  assert.equal(overUdp.intervalSeconds, 1800);
});

test('stopped removes the peer and is told of nobody', () => {
  const { ask, tracker } = trackerWorld(2);
  const [a, b] = [connect(ask, 0), connect(ask, 1)];
  ask(0, udpAnnounce(a, 7000));
  ask(1, udpAnnounce(b, 7000));
  const answer = ask(1, { ...udpAnnounce(b, 7000), event: 'stopped' } as UdpTrackerRequest) as UdpAnnounceResponse;
  assert.deepEqual([answer.leechers, answer.peers.length], [1, 0]);
  assert.equal(tracker.protocol.inspect().peers, 1);
});

test('numwant is bounded, and a client that announces without a port is not handed out', () => {
  const { ask, tracker } = trackerWorld(2, { numwantMax: 30, numwantDefault: 10 });
  const connection = connect(ask, 0);
  for (let port = 1; port <= 100; port++) ask(0, udpAnnounce(connection, port));
  const given = (numwant: number) => {
    const answer = ask(0, { ...udpAnnounce(connection, 0), numwant } as UdpTrackerRequest) as UdpAnnounceResponse;
    return answer.peers.length / 6;
  };
  assert.deepEqual([given(-1), given(0), given(5), given(1000)], [10, 0, 5, 30]);
  assert.equal(tracker.protocol.inspect().peers, 100);
});

test('UDP and HTTP serve one swarm; scrapes of both count downloads once', () => {
  const { ask, get } = trackerWorld(2);
  const connection = connect(ask, 0);
  ask(0, udpAnnounce(connection, 7000));
  for (let round = 0; round < 2; round++) ask(0, { ...udpAnnounce(connection, 7000), left: 0, event: 'completed' } as UdpTrackerRequest);
  const answer = announceOver(get, 1, PLAIN);
  assert.ok(answer.kind === 'peers');
  assert.deepEqual(answer.endpoints.map(formatEndpoint), ['10.0.0.2:7000']);
  assert.deepEqual([answer.complete, answer.incomplete], [1, 1]);
  assert.deepEqual(answer.externalIp, new Uint8Array([10, 0, 0, 3]));
  const scraped = ask(0, { action: 'scrape', connection, transaction: 1, infoHashes: [HASH, OTHER_HASH] });
  assert.deepEqual(scraped.action === 'scrape' && scraped.torrents, [
    { seeders: 1, completed: 1, leechers: 1 },
    { seeders: 0, completed: 0, leechers: 0 },
  ]);
  const body = latin1(get(1, `/scrape?info_hash=${latin1(HASH)}`).body);
  assert.equal(body, `d5:filesd20:${latin1(HASH)}d8:completei1e10:downloadedi1e11:downloadersi1e10:incompletei1eeee`);
});

test('a partial seed counts as incomplete and is no downloader, and meets only who wants something (BEP 21)', () => {
  const { get } = trackerWorld(4);
  const of = (answer: ReturnType<typeof announceOver>) => (answer.kind === 'peers' ? answer.endpoints.map(formatEndpoint) : []);
  announceOver(get, 0, { ...PLAIN, left: 0 });
  announceOver(get, 1, PLAIN);
  announceOver(get, 1, { ...PLAIN, event: 'paused' });
  assert.deepEqual(of(announceOver(get, 2, { ...PLAIN, event: 'paused' })), []);
  assert.deepEqual(of(announceOver(get, 0, { ...PLAIN, left: 0, event: 'none' })), []);
  assert.deepEqual(of(announceOver(get, 3, PLAIN)).length, 3);
  assert.deepEqual(of(announceOver(get, 2, { ...PLAIN, event: 'paused' })), ['10.0.0.5:7000']);
  const body = latin1(get(0, `/scrape?info_hash=${latin1(HASH)}`).body);
  assert.match(body, /8:completei1e10:downloadedi0e11:downloadersi1e10:incompletei3e/);
  // Who chooses more files is a downloader again.
  announceOver(get, 1, PLAIN);
  assert.match(latin1(get(0, `/scrape?info_hash=${latin1(HASH)}`).body), /11:downloadersi2e10:incompletei3e/);
});

test('an address of its own choice is taken from a private sender only', () => {
  const { get } = trackerWorld(2);
  announceOver(get, 0, { ...PLAIN, ip: '203.0.113.5' });
  const answer = announceOver(get, 1, PLAIN);
  assert.deepEqual(answer.kind === 'peers' && answer.endpoints.map(formatEndpoint), ['203.0.113.5:7000']);
});

test('only listed torrents are served where there is a list', () => {
  const policy = new AdmitListed();
  policy.add(HASH);
  const { get, tracker } = trackerWorld(1, { policy });
  assert.equal(announceOver(get, 0, PLAIN).kind, 'peers');
  assert.deepEqual(announceOver(get, 0, { ...PLAIN, infoHash: OTHER_HASH }), {
    kind: 'failure',
    reason: 'this tracker does not serve that torrent',
    retryInMinutes: null,
  });
  policy.delete(HASH);
  assert.equal(announceOver(get, 0, PLAIN).kind, 'failure');
  assert.equal(tracker.protocol.inspect().refused, 2);
});

test('an address that announces too often is told to come back later, others are served', () => {
  const { world, get } = trackerWorld(2, { announcesPerAddressMax: 5 });
  for (let round = 0; round < 5; round++) assert.equal(announceOver(get, 0, PLAIN).kind, 'peers');
  const refused = announceOver(get, 0, PLAIN);
  assert.deepEqual(refused.kind === 'failure' && refused.retryInMinutes, 10);
  assert.equal(announceOver(get, 1, PLAIN).kind, 'peers');
  world.runFor(601_000);
  assert.equal(announceOver(get, 0, PLAIN).kind, 'peers');
});

test('a full tracker refuses new torrents', () => {
  const { get } = trackerWorld(1, { swarmsMax: 1 });
  assert.equal(announceOver(get, 0, PLAIN).kind, 'peers');
  assert.deepEqual(announceOver(get, 0, { ...PLAIN, infoHash: OTHER_HASH }), {
    kind: 'failure',
    reason: 'this tracker is full',
    retryInMinutes: null,
  });
});

test('peers that stay away for 45 minutes are forgotten', () => {
  const { world, get, tracker } = trackerWorld(1);
  announceOver(get, 0, PLAIN);
  world.runFor(44 * 60_000);
  assert.equal(tracker.protocol.inspect().peers, 1);
  world.runFor(3 * 60_000);
  assert.deepEqual([tracker.protocol.inspect().peers, tracker.protocol.inspect().torrents], [0, 0]);
});

test('one connection serves many requests, and closes when the client says so or is silent', () => {
  const { world, clients, get, tracker } = trackerWorld(2);
  const responses = [get(0, '/stats'), get(0, '/nothing'), get(0, '/announce')];
  assert.deepEqual(
    responses.map(({ status }) => status),
    [200, 404, 200],
  );
  assert.match(latin1(responses[0]?.body as Uint8Array), /^BitTorrent tracker\n/);
  assert.match(latin1(responses[2]?.body as Uint8Array), /failure reason.*info_hash is missing/);
  get(1, '/', [['connection', 'close']]);
  world.runFor(1000);
  assert.deepEqual([clients[0]?.protocol.closed, clients[1]?.protocol.closed], [null, 'ended']);
  world.runFor(31_000);
  assert.equal(clients[0]?.protocol.closed, 'reset');
  assert.equal(tracker.protocol.inspect().httpConnections, 0);
});

test('at the bound of connections the one silent for longest gives way', () => {
  const { world, clients, get } = trackerWorld(3, { connectionsMax: 2 });
  get(0, '/');
  get(1, '/');
  get(0, '/');
  get(2, '/');
  world.runFor(1000);
  assert.deepEqual(
    clients.map(({ protocol }) => protocol.closed),
    [null, 'reset', null],
  );
});

test('a method that no tracker knows ends the connection', () => {
  const { world, clients, get } = trackerWorld(1);
  assert.equal(get(0, '/announce', [], 'POST').status, 405);
  world.runFor(1000);
  assert.equal(clients[0]?.protocol.closed, 'ended');
});

/** A tracker and clients at 10.0.0.2 and up; `ask` and `get` run the world until the answer is there. */
function trackerWorld(count = 1, options: Partial<TrackerOptions> = {}) {
  const world = new World({ seed: SEED });
  const tracker = world.addNode((host) => new Tracker(host, options));
  const clients = Array.from({ length: count }, () => world.addNode((host) => new Client(host)));
  world.runFor(1);

  const ask = (index: number, request: UdpTrackerRequest): UdpTrackerResponse => {
    const client = clients[index]?.protocol as Client;
    const before = client.datagrams.length;
    world.at(world.now, () => client.host.send(client.host.peer(tracker.endpoint), udpTrackerRequest, request));
    assert.ok(world.runUntil(() => client.datagrams.length > before, 1000));
    return client.datagrams[before] as UdpTrackerResponse;
  };

  const get = (index: number, target: string, headers: [string, string][] = [], method = 'GET'): HttpResponse => {
    const client = clients[index]?.protocol as Client;
    const before = client.responses.length;
    world.at(world.now, () => {
      client.stream ??= client.host.connect(client.host.peer(tracker.endpoint), httpResponses, client);
      client.stream.send(httpRequest, { method, target, minor: 1, headers: new Map(headers), body: NO_BODY });
    });
    assert.ok(world.runUntil(() => client.responses.length > before, 1000));
    return client.responses[before] as HttpResponse;
  };

  return { world, tracker, clients, ask, get };
}

function connect(ask: (client: number, request: UdpTrackerRequest) => UdpTrackerResponse, client: number) {
  const answer = ask(client, { action: 'connect', transaction: 9 });
  assert.ok(answer.action === 'connect' && answer.transaction === 9);
  return answer.connection;
}

function announceOver(get: (client: number, target: string) => HttpResponse, client: number, announce: HttpAnnounce): HttpTrackerAnswer {
  return decodeAnnounceReply(get(client, `/announce?${encodeAnnounceQuery(announce)}`).body);
}

function udpAnnounce(connection: { high: number; low: number }, port: number): UdpTrackerRequest {
  return {
    action: 'announce',
    connection,
    transaction: 3,
    infoHash: HASH,
    peerId: PLAIN.peerId,
    downloaded: 0,
    left: 1,
    uploaded: 0,
    event: 'none',
    ip: 0,
    key: 0,
    numwant: -1,
    port,
    urlData: '',
  };
}
