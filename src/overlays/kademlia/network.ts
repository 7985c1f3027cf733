/** One of the two networks that a node may be in, by address family (BEP 32): its routing table, what is stored for it, and who is asked to prove itself. */

import type { Endpoint } from '../../core/host.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import { isReachable } from './address-kind.ts';
import { Contact, isAt } from './contact.ts';
import { Join } from './join.ts';
import type { Kademlia } from './kademlia.ts';
import { WANT_V4, WANT_V6 } from './krpc-messages.ts';
import type { NodeId } from './node-id.ts';
import { PeerStore } from './peer-store.ts';
import { Ping } from './ping.ts';
import { Refresh } from './refresh.ts';
import { RoutingTable } from './routing-table.ts';

/** Newcomers that are asked at once whether they are there. More are passed over; they will ask again. */
const VERIFYING_MAX = 16;

export class Network {
  readonly node: Kademlia;
  readonly family: 4 | 6;
  readonly wantBit: number;
  table: RoutingTable;
  private peerStore: PeerStore | null = null;
  readonly join: Join;
  readonly refresh: Refresh;
  /** Pings under way, by the address they went to. */
  private verifying: Set<string> | null = null;

  constructor(node: Kademlia, family: 4 | 6) {
    const { options } = node;
    this.node = node;
    this.family = family;
    this.wantBit = family === 4 ? WANT_V4 : WANT_V6;
    this.table = new RoutingTable(node.id, options.k, this.nowS());
    this.join = new Join(this);
    this.refresh = new Refresh(this);
  }

  /** Made when it is first needed: in a world of a hundred thousand nodes most have none. */
  get peers(): PeerStore {
    const { options, host, id } = this.node;
    this.peerStore ??= new PeerStore(
      {
        infoHashesMax: options.infoHashesMax,
        peersMax: options.peersPerInfoHashMax,
        perAddressMax: options.infoHashesPerAddressMax,
        ageMs: options.peerAgeMs,
      },
      id,
      host.random,
      this.family === 4 ? 6 : 18,
    );
    return this.peerStore;
  }

  nowS(): number {
    return Math.floor(this.node.host.now() / 1000);
  }

  takes(endpoint: Endpoint): boolean {
    return (endpoint.length === ENDPOINT_V4_BYTES) === (this.family === 4) && isReachable(endpoint);
  }

  /** The contact has answered a question of ours. */
  answered(contact: Contact, rttMs: number): void {
    const nowS = this.nowS();
    if (this.table.answered(contact, rttMs, nowS) !== 'waiting') return;
    // BEP 5: before a newcomer is turned away, those of whom nothing was heard for long have to say that they are there.
    const doubtful = this.table.questionable(contact, nowS);
    if (doubtful !== null) this.verify(doubtful);
  }

  /** Who has sent us a query, and may be sent some. A newcomer has to answer before it gets a place: an address can be forged. */
  askedBy(id: NodeId, from: Endpoint): void {
    const known = this.table.find(id);
    if (known !== null) {
      if (isAt(known, from)) this.table.heardOf(known, this.nowS());
    } else if ((this.verifying?.size ?? 0) < VERIFYING_MAX && this.table.wants(id) && this.takes(from)) this.verify(new Contact(id, from));
  }

  /** Asks for a sign of life, unless that is under way; `then`: it has come, or has not. */
  verify(to: Contact | Endpoint, then = (): void => {}): void {
    const endpoint = to instanceof Contact ? to.endpoint : to;
    const key = String.fromCharCode(...endpoint);
    this.verifying ??= new Set();
    if (this.verifying.has(key)) return;
    this.verifying.add(key);
    new Ping(this, to, () => {
      this.verifying?.delete(key);
      then();
    }).ask();
  }

  /** Another id from now on: contacts find their new places. */
  rename(id: NodeId): void {
    const { k } = this.node.options;
    const before = this.table;
    const nowS = this.nowS();
    this.table = new RoutingTable(id, k, nowS);
    for (const contact of before.all()) this.table.answered(contact, 0, nowS);
    if (this.peerStore !== null) this.peerStore.self = id;
  }

  onTick(): void {
    this.peerStore?.expire(this.node.host.now());
    this.join.onTick();
    // One that does not answer may be back, or we were cut off: with growing patience it is asked again while nobody takes its place.
    const bad = this.table.bad(this.node.host.random);
    if (bad !== null) this.verify(bad);
    if (!this.join.underway) this.refresh.onTick();
  }
}
