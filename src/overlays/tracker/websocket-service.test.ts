/** The tracker's WebSocket side in the simulator: who is introduced to whom, what the others see of it, and what a hostile client gains. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from '../../core/bytes.ts';
import type { Channel, ChannelHandler } from '../../core/channel.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Host, Protocol } from '../../core/host.ts';
import { rawBytes, RawBytes } from '../../core/raw-bytes.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { SimChannels, type SimNode, World } from '../../sim/index.ts';
import {
  WEBSOCKET_REPLY_BYTES_MAX,
  type WebSocketAnnounce,
  type WebSocketIntroduction,
  type WebSocketTrackerReply,
  webSocketTrackerReply,
  webSocketTrackerRequest,
} from '../../wire/tracker-websocket.ts';
import { AdmitListed, Tracker, type TrackerOptions } from './index.ts';

const SEED = Number(process.env.KITH_SEED ?? 5);
const HASH = latin1Bytes('h'.repeat(20));
const SDP = 'v=0\r\n';

test('offers go one to each of the others, and the answer goes back to who offered', () => {
  const { clients, announce, answer } = scene(3);
  announce(0);
  announce(1);
  announce(2, { offers: offers('a', 'b', 'c') });
  assert.deepEqual(
    [clients[0], clients[1]].map((client) => kinds(client, 'offer').length),
    [1, 1],
  );
  const [offer] = kinds(clients[0], 'offer');
  answer(0, offer?.offerId ?? '');
  const [answered] = kinds(clients[2], 'answer');
  assert.equal(answered?.offerId, offer?.offerId);
  assert.deepEqual(answered?.peerId, idOf(0));
});

test('an answer to an offer never made, or made to another, or a second one, reaches nobody', () => {
  const { clients, tracker, announce, answer } = scene(3);
  announce(0);
  announce(1, { offers: offers('x') });
  announce(2);
  answer(0, 'never made');
  answer(2, 'x');
  assert.equal(kinds(clients[1], 'answer').length, 0);
  answer(0, 'x');
  answer(0, 'x');
  assert.equal(kinds(clients[1], 'answer').length, 1);
  assert.equal(tracker.protocol.inspect().webSocket.answers, 1);
});

test('who says the id of another neither takes its place nor gets its answers', () => {
  const { clients, tracker, announce, answer } = scene(3);
  announce(0);
  announce(1, { offers: offers('mine') });
  announce(2, { peerId: idOf(1) });
  answer(0, 'mine');
  assert.deepEqual([kinds(clients[1], 'answer').length, kinds(clients[2], 'answer').length], [1, 0]);
  assert.equal(tracker.protocol.inspect().peersIntroduced, 3);
});

test('seeds and leechers over WebRTC are counted with the others, until their channel closes', () => {
  const { world, clients, announce, scrape } = scene(2);
  announce(0, { left: 0 });
  announce(1);
  assert.deepEqual(scrape(1), [1, 1]);
  clients[0]?.channel?.close();
  world.runFor(1000);
  assert.deepEqual(scrape(1), [0, 1]);
});

test('a seed is handed no offers of seeds', () => {
  const { clients, announce } = scene(2);
  announce(0, { left: 0 });
  announce(1, { left: 0, offers: offers('a') });
  assert.equal(kinds(clients[0], 'offer').length, 0);
});

test('a torrent that is not on the list is refused in words', () => {
  const { clients, announce } = scene(1, { policy: new AdmitListed() });
  announce(0);
  assert.deepEqual(
    clients[0]?.replies.map((reply) => (reply.kind === 'failure' ? reply.reason : reply.kind)),
    ['this tracker does not serve that torrent'],
  );
});

test('what is no message gets a reason, and a client that floods is cut off while the others stay', () => {
  const { world, clients, tracker, announce } = scene(2);
  announce(1);
  clients[0]?.channel?.send(rawBytes, new RawBytes(utf8Bytes('{"action":')));
  world.runFor(100);
  assert.equal(kinds(clients[0], 'failure').length, 1);
  for (let count = 0; count < 1100; count++) clients[0]?.channel?.send(rawBytes, new RawBytes(utf8Bytes('{}')));
  world.runFor(10_000);
  assert.equal(clients[0]?.closed, true);
  assert.equal(tracker.protocol.inspect().channels, 1);
});

test('an announce with ten offers hands each of the others one, however often it comes', () => {
  const { clients, announce } = scene(3);
  announce(0);
  announce(1);
  for (let count = 0; count < 20; count++) announce(2, { offers: offers('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j') });
  assert.deepEqual(
    [clients[0], clients[1]].map((client) => kinds(client, 'offer').length),
    [20, 20],
  );
});

test('a message over the bound closes its channel alone, and so does silence', () => {
  const { world, clients, tracker, announce } = scene(3);
  announce(1);
  clients[0]?.channel?.send(rawBytes, new RawBytes(new Uint8Array(200_000)));
  world.runFor(5000);
  assert.equal(clients[0]?.closed, true);
  world.runFor(60_000);
  assert.equal(clients[2]?.closed, true, 'it has never announced');
  assert.deepEqual([clients[1]?.closed, tracker.protocol.inspect().channels], [false, 1]);
  world.runFor(600_000);
  assert.equal(tracker.protocol.inspect().peersIntroduced, 0, 'it has not announced for three intervals');
});

test('with all places taken a newcomer gets an ordinary answer of HTTP, and no channel', () => {
  const { clients } = scene(3, { channelsMax: 2 });
  assert.deepEqual(
    clients.map((client) => client.closed),
    [false, false, true],
  );
});

// ---- the scene -----------------------------------------------------------------------------------------------------------------

class Client implements Protocol, ChannelHandler {
  readonly replies: WebSocketTrackerReply[] = [];
  channel: Channel | null = null;
  closed = false;
  private readonly host: Host;
  private readonly url: string;

  constructor(host: Host, url: string) {
    this.host = host;
    this.url = url;
  }

  start(): void {
    new SimChannels(this.host).dial(this.url, WEBSOCKET_REPLY_BYTES_MAX, this);
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }

  onChannelOpen(channel: Channel): void {
    this.channel = channel;
  }

  onChannelMessage(bytes: Uint8Array): void {
    this.replies.push(webSocketTrackerReply.decode(bytes, 0, bytes.length));
  }

  onChannelClosed(): void {
    this.closed = true;
    this.channel = null;
  }
}

interface Scene {
  readonly world: World;
  readonly tracker: SimNode<Tracker>;
  readonly clients: readonly Client[];
  announce(client: number, more?: Partial<WebSocketAnnounce>): void;
  answer(client: number, offerId: string): void;
  /** Seeds and leechers. */
  scrape(client: number): number[];
}

/** So many clients with a channel to the tracker, one after the other. */
function scene(count: number, options: Partial<TrackerOptions> = {}): Scene {
  const world = new World({ seed: SEED });
  const tracker = world.addNode((host) => new Tracker(host, { channels: new SimChannels(host), ...options }));
  const url = `ws://${formatEndpoint(tracker.endpoint)}/`;
  const clients: Client[] = [];
  for (let index = 0; index < count; index++) {
    clients.push(world.addNode((host) => new Client(host, url)).protocol);
    world.runFor(500);
  }
  const say = (index: number, request: Parameters<typeof webSocketTrackerRequest.size>[0]): void => {
    clients[index]?.channel?.send(webSocketTrackerRequest, request);
    world.runFor(500);
  };
  return {
    world,
    tracker,
    clients,
    announce: (index, more = {}) => say(index, { ...plain(index), ...more }),
    answer: (index, offerId) => say(index, { kind: 'answer', infoHash: HASH, peerId: idOf(index), toPeerId: idOf(9), offerId, sdp: SDP }),
    scrape(index) {
      say(index, { kind: 'scrape', infoHashes: [HASH] });
      const [file] = kinds(clients[index], 'scraped').at(-1)?.files ?? [];
      return [file?.seeders ?? -1, file?.leechers ?? -1];
    },
  };
}

function plain(index: number): WebSocketAnnounce {
  return {
    kind: 'announce',
    infoHash: HASH,
    peerId: idOf(index),
    uploaded: 0,
    downloaded: 0,
    left: 1,
    event: 'started',
    numwant: 0,
    offers: [],
    trackerId: null,
  };
}

function offers(...ids: string[]): WebSocketAnnounce['offers'] {
  return ids.map((offerId) => ({ offerId, sdp: SDP }));
}

function idOf(index: number): Uint8Array {
  return latin1Bytes(`-XX0000-${String(index).padStart(12, '0')}`);
}

function kinds<K extends WebSocketTrackerReply['kind']>(client: Client | undefined, kind: K) {
  type Wanted = K extends 'offer' | 'answer' ? WebSocketIntroduction : Extract<WebSocketTrackerReply, { kind: K }>;
  return (client?.replies ?? []).filter((reply): reply is WebSocketTrackerReply & Wanted => reply.kind === kind);
}
