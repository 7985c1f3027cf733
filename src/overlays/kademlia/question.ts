/** One query to one node and what becomes of it: the node's place in the table, and then what the operation that asks makes of the answer. */

import { RpcEvent } from '../../core/events.ts';
import type { Endpoint, Peer } from '../../core/host.ts';
import { isNamed } from '../../core/named-endpoint.ts';
import { RPC_FULL, type RpcOperation } from '../../core/rpc.ts';
import { Contact } from './contact.ts';
import { krpc } from './krpc.ts';
import type { KrpcError, KrpcQuery, KrpcReply } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { equalIds } from './node-id.ts';

export abstract class Question implements RpcOperation<KrpcReply | KrpcError> {
  protected readonly network: Network;
  readonly endpoint: Endpoint;
  /** Null as long as only the address is known. */
  readonly contact: Contact | null;
  private transaction = '';
  /** Sends the query again when it is slow: for what must not be lost, and is rare. */
  protected readonly insists: boolean = false;

  constructor(network: Network, to: Contact | Endpoint) {
    this.network = network;
    this.contact = to instanceof Contact ? to : null;
    this.endpoint = to instanceof Contact ? to.endpoint : to;
  }

  protected abstract request(transaction: string): KrpcQuery;
  /** Exactly one of `answered`, `refused` and `silent` follows `ask`, in a later event. The reply is from who we meant. */
  protected abstract answered(reply: KrpcReply, from: Contact, rttMs: number): void;
  protected abstract silent(): void;
  /** It lives, but does not do what we asked. */
  protected refused(_error: KrpcError): void {
    this.silent();
  }

  /** Overdue, for the first time. */
  protected overdue(): void {}

  ask(): void {
    const { node } = this.network;
    if (node.stopped) return;
    const peer = node.host.peer(this.endpoint);
    const transaction = node.rpc.open(peer, this);
    if (transaction === RPC_FULL) {
      node.host.tap(RpcEvent.pendingFull, node.rpc.pending, 0, 0);
      node.askLater(this);
      return;
    }
    this.transaction = String.fromCharCode(transaction >> 8, transaction & 0xff);
    node.host.send(peer, krpc, this.request(this.transaction));
  }

  onReply(reply: KrpcReply | KrpcError, sender: Peer, rttMs: number): void {
    const { network, contact } = this;
    // Behind a proxy an entry point may have been asked by its name.
    const endpoint = isNamed(this.endpoint) ? network.node.host.endpoint(sender) : this.endpoint;
    if (!network.takes(endpoint)) return this.silent();
    if (reply.ip !== null) network.node.hearAddress(endpoint, reply.ip);
    if (reply.kind === 'error') {
      // Who refuses is there all the same, and keeps a place that it has; it gets none, as it has not told its id.
      if (contact !== null) network.table.heardOf(contact, network.nowS());
      this.refused(reply);
      return;
    }
    const isMeant = contact !== null && equalIds(contact, reply.id);
    const from = isMeant ? contact : new Contact(reply.id, endpoint);
    if (contact !== null && !isMeant) network.table.failed(contact);
    network.answered(from, rttMs);
    if (contact === null || isMeant) this.answered(reply, from, rttMs);
    else this.silent();
  }

  onSlow(peer: Peer): void {
    const { node } = this.network;
    node.host.tap(RpcEvent.slow, peer, this.transaction.charCodeAt(0) * 256 + this.transaction.charCodeAt(1), 0);
    if (this.insists) node.host.send(peer, krpc, this.request(this.transaction));
    this.overdue();
  }

  onTimeout(peer: Peer): void {
    const { node } = this.network;
    node.host.tap(RpcEvent.timeout, peer, this.transaction.charCodeAt(0) * 256 + this.transaction.charCodeAt(1), 0);
    if (this.contact !== null) this.network.table.failed(this.contact);
    this.silent();
  }
}
