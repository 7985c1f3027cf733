/**
 * Answers queries (BEP 5, 32, 33, 44, 51). Owns the tokens, the limit on floods and its counts. A reply goes to the address that asked,
 * which may be forged: it has at most 1024 bytes (1400 with an item), and nobody is sent more of them in a second than the options say.
 */

import { KademliaEvent } from '../../core/events.ts';
import type { Endpoint, Peer } from '../../core/host.ts';
import { CONTACT_V4_BYTES, CONTACT_V6_BYTES, type Contact } from './contact.ts';
import { FloodLimit } from './flood-limit.ts';
import type { Kademlia } from './kademlia.ts';
import { krpc } from './krpc.ts';
import {
  type AnnouncePeerQuery,
  type GetPeersQuery,
  type GetQuery,
  type ItemFields,
  KrpcCode,
  type KrpcQuery,
  type KrpcReply,
  type PutQuery,
  type SampleQuery,
  WANT_V4,
  WANT_V6,
} from './krpc-messages.ts';
import type { Network } from './network.ts';
import type { NodeId } from './node-id.ts';
import { Tokens } from './tokens.ts';

/** BEP 32: no datagram is larger. */
const REPLY_BYTES_MAX = 1024;
/** An item of BEP 44 has 1100 bytes by itself: contacts have what is left of a packet. */
const ITEM_REPLY_BYTES_MAX = 1400;
/** All of a reply but contacts, values, filters and the transaction id: envelope, id, `ip`, token and the frame of the values. */
const REPLY_BASE_BYTES = 110;
const FILTERS_BYTES = 534;
const VALUE_V4_BYTES = 8;
const VALUE_V6_BYTES = 21;
/** BEP 51; 400 bytes. */
const SAMPLES_MAX = 20;
const SAMPLE_INTERVAL_MS = 600_000;

const REJECTED_FLOOD = 1;
const REJECTED_TOKEN = 2;
const REJECTED_ARGUMENTS = 3;
const REJECTED_FULL = 4;

export class Responder {
  readonly counters = { queries: 0, replies: 0, errors: 0, flooded: 0 };
  private readonly node: Kademlia;
  private issuedTokens: Tokens | null = null;
  private readonly flood: FloodLimit;

  constructor(node: Kademlia) {
    this.node = node;
    this.flood = new FloodLimit(node.options.queriesPerSecond);
  }

  private get tokens(): Tokens {
    this.issuedTokens ??= new Tokens(this.node.host.random, this.node.host.now());
    return this.issuedTokens;
  }

  onQuery(peer: Peer, query: KrpcQuery): void {
    const { node } = this;
    const from = node.host.endpoint(peer);
    const network = node.networkOf(from);
    if (network === null || node.options.readOnly) return;
    this.counters.queries++;
    if (!this.flood.admits(from, node.host.now())) {
      this.counters.flooded++;
      node.host.tap(KademliaEvent.rejected, REJECTED_FLOOD, 0, 0);
      return;
    }
    this.respond(peer, from, network, query);
    if (query.method !== 'invalid' && !query.readOnly) network.askedBy(query.id, from);
  }

  private respond(peer: Peer, from: Endpoint, network: Network, query: KrpcQuery): void {
    switch (query.method) {
      case 'get_peers':
        return this.send(peer, this.getPeers(from, network, query));
      case 'find_node':
        return this.send(peer, this.nodesReply(from, network, query));
      case 'ping':
        return this.send(peer, this.reply(query.transaction, from));
      case 'announce_peer':
        return this.announcePeer(peer, from, network, query);
      case 'get':
        return this.send(peer, this.get(from, network, query));
      case 'put':
        return this.put(peer, from, query);
      case 'sample_infohashes':
        return this.send(peer, this.sample(from, network, query));
      case 'unknown':
        if (query.target === null) return this.refuse(peer, from, query, KrpcCode.unknownMethod, 'method unknown', REJECTED_ARGUMENTS);
        return this.send(peer, this.nodesReply(from, network, { ...query, target: query.target }));
      case 'invalid':
        return this.refuse(peer, from, query, KrpcCode.protocol, 'missing or invalid arguments', REJECTED_ARGUMENTS);
    }
  }

  private getPeers(from: Endpoint, network: Network, query: GetPeersQuery): KrpcReply {
    const { target, transaction } = query;
    const scrape = query.scrape ? network.peers.scrape(target) : null;
    // BEP 33: with filters in the reply there is room for the contacts of one family.
    const want = scrape === null ? query.want : 0;
    const reply = this.nodesReply(from, network, { ...query, want });
    let left = REPLY_BYTES_MAX - REPLY_BASE_BYTES - (scrape === null ? 0 : FILTERS_BYTES) - transaction.length;
    left -= contactBytes(reply);
    const isV4 = network.family === 4;
    const countMax = Math.min(this.node.options.replyPeersMax, Math.floor(left / (isV4 ? VALUE_V4_BYTES : VALUE_V6_BYTES)));
    const values = network.peers.pick(target, Math.max(0, countMax), query.noseed);
    const token = this.tokens.issue(from, this.node.host.now());
    return { ...reply, token, scrape, values: isV4 ? values : null, values6: isV4 ? null : values };
  }

  private announcePeer(peer: Peer, from: Endpoint, network: Network, query: AnnouncePeerQuery): void {
    const { host } = this.node;
    if (!this.tokens.accepts(query.token, from, host.now())) {
      return this.refuse(peer, from, query, KrpcCode.protocol, 'bad token', REJECTED_TOKEN);
    }
    const endpoint = from.slice();
    if (!query.impliedPort) {
      endpoint[endpoint.length - 2] = query.port >> 8;
      endpoint[endpoint.length - 1] = query.port;
    }
    if (!network.peers.announce(query.target, endpoint, query.seed, host.now())) {
      return this.refuse(peer, from, query, KrpcCode.server, 'no room', REJECTED_FULL);
    }
    host.tap(KademliaEvent.announced, network.peers.infoHashes, network.peers.size, query.seed ? 1 : 0);
    this.send(peer, this.reply(query.transaction, from));
  }

  private get(from: Endpoint, network: Network, query: GetQuery): KrpcReply {
    const { items, host } = this.node;
    const stored = items.get(query.target);
    let item: ItemFields | null = null;
    if (stored !== null) {
      const { value, mutable } = stored;
      if (mutable === null) item = { value, key: null, seq: null, signature: null };
      else if (query.seq !== null && mutable.seq <= query.seq) item = { value: null, key: null, seq: mutable.seq, signature: null };
      else item = { value, key: mutable.key, seq: mutable.seq, signature: mutable.signature };
    }
    const reply = { ...this.nodesReply(from, network, query), token: this.tokens.issue(from, host.now()), item };
    return item === null ? reply : trimmed(reply);
  }

  private put(peer: Peer, from: Endpoint, query: PutQuery): void {
    const { host, items } = this.node;
    if (!this.tokens.accepts(query.token, from, host.now())) {
      return this.refuse(peer, from, query, KrpcCode.protocol, 'bad token', REJECTED_TOKEN);
    }
    const error = items.put(query.value, query.mutable, from, host.now());
    if (error !== null) return this.refuse(peer, from, query, error.code, error.text, REJECTED_ARGUMENTS);
    host.tap(KademliaEvent.stored, items.size, query.value.length, query.mutable === null ? 0 : 1);
    this.send(peer, this.reply(query.transaction, from));
  }

  private sample(from: Endpoint, network: Network, query: SampleQuery): KrpcReply {
    const { peers } = network;
    const now = this.node.host.now();
    const { infoHashes, untilMs } = peers.sample(SAMPLES_MAX, now, SAMPLE_INTERVAL_MS);
    const samples = { intervalSeconds: Math.ceil((untilMs - now) / 1000), total: peers.infoHashes, infoHashes };
    return { ...this.nodesReply(from, network, query), samples };
  }

  /** The contacts nearest to the target, of the families that are wanted. Who asks is not told of itself. */
  private nodesReply(
    from: Endpoint,
    network: Network,
    query: { readonly transaction: string; readonly id: NodeId; readonly target: NodeId; readonly want: number },
  ): KrpcReply {
    const { node } = this;
    const { target, id } = query;
    const want = query.want === 0 ? network.wantBit : query.want;
    return {
      kind: 'reply',
      transaction: query.transaction,
      version: node.version,
      id: node.id,
      ip: from,
      nodes: (want & WANT_V4) === 0 ? null : nearestOf(node.v4, target, id),
      nodes6: (want & WANT_V6) === 0 ? null : nearestOf(node.v6, target, id),
      token: null,
      values: null,
      values6: null,
      scrape: null,
      item: null,
      samples: null,
    };
  }

  private reply(transaction: string, from: Endpoint): KrpcReply {
    const { id, version } = this.node;
    return {
      kind: 'reply',
      transaction,
      version,
      id,
      ip: from,
      nodes: null,
      nodes6: null,
      token: null,
      values: null,
      values6: null,
      scrape: null,
      item: null,
      samples: null,
    };
  }

  private send(peer: Peer, reply: KrpcReply): void {
    this.counters.replies++;
    this.node.host.send(peer, krpc, reply);
  }

  private refuse(peer: Peer, from: Endpoint, query: KrpcQuery, code: number, text: string, why: number): void {
    const { node } = this;
    this.counters.errors++;
    node.host.tap(KademliaEvent.rejected, why, code, 0);
    node.host.send(peer, krpc, { kind: 'error', transaction: query.transaction, version: node.version, ip: from, code, text });
  }
}

function nearestOf(network: Network | null, target: NodeId, except: NodeId): readonly Contact[] | null {
  return network === null ? null : network.table.nearest(target, network.table.k, except);
}

function contactBytes({ nodes, nodes6 }: KrpcReply): number {
  return (nodes === null ? 0 : 12 + nodes.length * CONTACT_V4_BYTES) + (nodes6 === null ? 0 : 13 + nodes6.length * CONTACT_V6_BYTES);
}

/** Fewer contacts where an item leaves less room. */
function trimmed(reply: KrpcReply): KrpcReply {
  let trimmedReply = reply;
  for (let over = krpc.size(reply) - ITEM_REPLY_BYTES_MAX; over > 0; over = krpc.size(trimmedReply) - ITEM_REPLY_BYTES_MAX) {
    const { nodes, nodes6 } = trimmedReply;
    if (nodes6 !== null && nodes6.length > 0) trimmedReply = { ...trimmedReply, nodes6: nodes6.slice(0, -1) };
    else if (nodes !== null && nodes.length > 0) trimmedReply = { ...trimmedReply, nodes: nodes.slice(0, -1) };
    else break;
  }
  return trimmedReply;
}
