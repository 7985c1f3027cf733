/**
 * A node of the BitTorrent Mainline DHT (Kademlia, IPTPS 2002; BEP 5, 32, 33, 42, 43, 44, 46, 51): finds peers without a tracker, stores
 * small items. Owns its networks, one of each address family, the questions under way, and the host's datagrams.
 */

import { isLocal } from '../../core/address-scope.ts';
import { ENDPOINT_V4_BYTES, endpointPort } from '../../core/endpoint.ts';
import { equalBytes } from '../../core/bytes.ts';
import { KademliaEvent, RpcEvent } from '../../core/events.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { ID_BYTES } from '../../core/id.ts';
import { Rpc } from '../../core/rpc.ts';
import type { Contact } from './contact.ts';
import { ExternalAddress } from './external-address.ts';
import { FindNode, type FindNodeHandler } from './find-node.ts';
import { FindPeers, type FindPeersHandler, type FindPeersOptions } from './find-peers.ts';
import { GetItem, type GetItemHandler, type ItemName } from './get-item.ts';
import { checkItem, type MutableItem } from './item.ts';
import { ItemStore } from './item-store.ts';
import { KADEMLIA_DEFAULTS, type KademliaOptions } from './kademlia-options.ts';
import { krpc } from './krpc.ts';
import type { KrpcError, KrpcMessage, KrpcReply } from './krpc-messages.ts';
import { Network } from './network.ts';
import { type NodeId, randomId, readId } from './node-id.ts';
import { PutItem, type PutItemHandler } from './put-item.ts';
import type { Question } from './question.ts';
import { Responder } from './responder.ts';
import { SampleInfoHashes, SampleNode, type SampleHandler } from './sample-info-hashes.ts';
import { type KademliaState, savedId, stateOf } from './saved-state.ts';
import { conforms, secureId } from './secure-id.ts';
import { TIMER_RPC, TIMER_TICK } from './timer-kinds.ts';

/** Questions under way at once; more wait. */
const PENDING_MAX = 4096;
/** What a reply of one network says about the other is kept until that one joins. */
const HINTS_MAX = 64;
/** `v` (BEP 5): the client and its version. */
const VERSION = 'KT\u0000\u0001';

const LISTEN: FindPeersOptions = { announcePort: null, isSeed: false, scrape: false };

export class Kademlia implements Protocol {
  readonly host: Host;
  readonly options: KademliaOptions;
  readonly rpc: Rpc<KrpcReply | KrpcError>;
  readonly version = VERSION;
  id: NodeId;
  readonly v4: Network | null;
  readonly v6: Network | null;
  readonly networks: readonly Network[];
  private itemStore: ItemStore | null = null;
  readonly responder: Responder;
  private external: ExternalAddress | null = null;
  private readonly otherContacts: Contact[] = [];
  /** Questions that found too many under way; they are asked when the timer of those has fired. */
  private waiting: Question[] = [];
  private tickedAtMs = 0;
  private tickTimer: Timer = NO_TIMER;
  stopped = false;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: KademliaOptions = KADEMLIA_DEFAULTS) {
    checkOptions(options);
    this.host = host;
    this.options = options;
    const { slowMs, timeoutMs } = options;
    this.rpc = new Rpc(host, { timerKind: TIMER_RPC, slowMs, timeoutMs, pendingMax: PENDING_MAX, transactionBits: 16 });
    this.id = options.id ?? (options.state === null ? null : savedId(options.state)) ?? randomId(host.random);
    const families = options.families ?? familiesOf(host.self.datagram);
    this.v4 = families.includes(4) ? new Network(this, 4) : null;
    this.v6 = families.includes(6) ? new Network(this, 6) : null;
    this.networks = [this.v4, this.v6].filter((network) => network !== null);
    this.responder = new Responder(this);
  }

  start(): void {
    this.host.bind(krpc, this);
    this.tickedAtMs = this.host.now();
    // Nodes that were started together shall not tick together.
    this.tickTimer = this.host.setTimer(this.options.tickMs * this.host.random.unit(), TIMER_TICK, 0);
    for (const network of this.networks) if (network.table.size === 0) network.join.start();
  }

  stop(): void {
    this.stopped = true;
    this.host.clearTimer(this.tickTimer);
    this.rpc.stop();
    this.waiting = [];
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** Finds peers of a torrent; `infoHash` has 20 bytes (of v2 torrents the first 20). */
  getPeers(infoHash: Uint8Array, handler: FindPeersHandler, options: Partial<FindPeersOptions> = {}): void {
    new FindPeers(this, idOfUser(infoHash), infoHash.slice(), { ...LISTEN, ...options }, handler).start();
  }

  /** Finds peers and says that we are one, at that port of our address; 0: at the port of our datagrams. To be done again every 15 to 30 minutes. */
  announce(infoHash: Uint8Array, port: number, handler: FindPeersHandler, options: Partial<FindPeersOptions> = {}): void {
    if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new RangeError(`a port is 0 to 65535, got ${port}`);
    this.getPeers(infoHash, handler, { ...options, announcePort: port });
  }

  /** An item by its hash, or by its key and salt. */
  get(name: ItemName, handler: GetItemHandler): void {
    if ('target' in name) idOfUser(name.target);
    new GetItem(this, name, handler).start();
  }

  /** Stores a bencoded value of up to 1000 bytes under its hash. To be done again every hour. Throws RangeError when no node would take it. */
  putImmutable(value: Uint8Array, handler: PutItemHandler): void {
    checkItem('', 0n, value);
    new PutItem(this, value.slice(), null, null, handler).start();
  }

  /** Stores a signed item (`signItem`), or one of another that was found, again. With `cas` only in the place of that version. */
  putMutable(item: MutableItem, handler: PutItemHandler, cas: bigint | null = null): void {
    checkItem(item.salt, item.seq, item.value);
    new PutItem(this, item.value, item, cas, handler).start();
  }

  findNode(target: Uint8Array, handler: FindNodeHandler): void {
    new FindNode(this, idOfUser(target), handler).start();
  }

  sample(target: Uint8Array, handler: SampleHandler): void {
    new SampleInfoHashes(this, idOfUser(target), handler).start();
  }

  /** Samples of one node; throws RangeError when no network of ours reaches it. */
  sampleNode(endpoint: Endpoint, handler: SampleHandler): void {
    const network = this.networkOf(endpoint);
    if (network === null) throw new RangeError('a node of our own address family, with a port, is expected');
    new SampleNode(network, endpoint, this.id, handler).ask();
  }

  /** A node that was heard of elsewhere: a PORT message (BEP 5), `nodes` of a torrent. It is asked whether it is one. */
  addNode(endpoint: Endpoint): void {
    const network = this.networkOf(endpoint);
    // Whoever had nobody to ask joins through it.
    if (network !== null && !this.isSelf(endpoint)) network.verify(endpoint, () => network.join.onTick());
  }

  /** Joins again, for who knows that the network has changed. */
  rejoin(): void {
    for (const network of this.networks) network.join.start();
  }

  /** True when there is somebody to ask. */
  get isJoined(): boolean {
    return this.networks.some((network) => network.join.done);
  }

  /** Our IP address as others see it, 4 or 16 bytes; null until enough of them agree (BEP 42). */
  get externalAddress(): Uint8Array | null {
    return this.external?.address ?? null;
  }

  /** To be kept, and given to the next run in the options. */
  save(): KademliaState {
    return stateOf(this.id, this.contacts());
  }

  inspect(): unknown {
    return {
      id: this.id.hex,
      externalAddress: this.externalAddress,
      questions: this.rpc.pending,
      items: this.itemStore?.size ?? 0,
      ...this.responder.counters,
      networks: this.networks.map(({ family, table, peers, join }) => ({
        family,
        joined: join.done,
        table: table.inspect(),
        infoHashes: peers.infoHashes,
        peers: peers.size,
      })),
    };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) {
      this.rpc.onTimer();
      this.askWaiting();
    } else if (kind === TIMER_TICK) this.onTick();
  }

  onDatagram(from: Peer, message: KrpcMessage): void {
    if (this.stopped) return;
    if (message.kind === 'query') {
      this.responder.onQuery(from, message);
      return;
    }
    const { transaction } = message;
    const number = transaction.length === 2 ? (transaction.charCodeAt(0) << 8) | transaction.charCodeAt(1) : -1;
    // Only who was asked, from the address that was asked, may answer.
    if (!this.rpc.reply(from, number, message)) this.host.tap(RpcEvent.replyUnexpected, from, number, 0);
  }

  private onTick(): void {
    const now = this.host.now();
    const { tickMs } = this.options;
    // The machine has slept: all that we know is old, and our neighbours may have forgotten us.
    const slept = now - this.tickedAtMs > SLEPT_TICKS * tickMs;
    this.tickedAtMs = now;
    this.tickTimer = this.host.setTimer(tickMs * (0.75 + this.host.random.unit() / 2), TIMER_TICK, 0);
    this.itemStore?.expire(now);
    if (slept) this.rejoin();
    for (const network of this.networks) network.onTick();
  }

  // ---- what the parts need -------------------------------------------------------------------------------------------------

  /** Made when it is first needed. */
  get items(): ItemStore {
    const { itemsMax, itemsPerAddressMax, itemAgeMs, signatures } = this.options;
    this.itemStore ??= new ItemStore({ itemsMax, perAddressMax: itemsPerAddressMax, ageMs: itemAgeMs }, this.id, signatures);
    return this.itemStore;
  }

  /** The envelope of a query. */
  head(transaction: string): { readonly transaction: string; readonly version: string; readonly readOnly: boolean; readonly id: NodeId } {
    return { transaction, version: VERSION, readOnly: this.options.readOnly, id: this.id };
  }

  /** BEP 32: what to ask for when both networks begin. */
  get wantAll(): number {
    let want = 0;
    if (this.networks.length > 1) for (const { wantBit } of this.networks) want |= wantBit;
    return want;
  }

  networkOf(endpoint: Endpoint): Network | null {
    const network = endpoint.length === ENDPOINT_V4_BYTES ? this.v4 : this.v6;
    return network?.takes(endpoint) === true ? network : null;
  }

  isSelf(endpoint: Endpoint): boolean {
    const { datagram } = this.host.self;
    return datagram !== null && equalBytes(datagram, endpoint);
  }

  /** Contacts of the other family, which came in a reply of one. */
  learnOthers(family: 4 | 6, contacts: readonly Contact[]): void {
    const network = family === 4 ? this.v4 : this.v6;
    if (network === null || network.join.done) return;
    for (const contact of contacts) if (this.otherContacts.length < HINTS_MAX) this.otherContacts.push(contact);
  }

  hints(family: 4 | 6): Contact[] {
    const hints = this.otherContacts.filter(({ ip6 }) => (ip6 === null) === (family === 4));
    this.otherContacts.length = 0;
    return hints;
  }

  joined({ family, table }: Network): void {
    this.host.tap(KademliaEvent.joined, family, table.size, table.depth);
  }

  /** For a question that finds too many under way: later. */
  askLater(question: Question): void {
    this.waiting.push(question);
  }

  /** BEP 42: somebody says at which address it sees us. When enough do, our id has to fit it. */
  hearAddress(voter: Endpoint, seen: Endpoint): void {
    // Neighbours in the same network see an address that others do not.
    if (isLocal(voter) || isLocal(seen)) return;
    this.external ??= new ExternalAddress();
    if (!this.external.hear(voter, seen) || this.options.id !== null || conforms(this.id, seen)) return;
    this.id = secureId(seen, this.host.random);
    if (this.itemStore !== null) this.itemStore.self = this.id;
    for (const network of this.networks) network.rename(this.id);
    this.host.tap(KademliaEvent.renamed, endpointPort(seen), this.networks.length, 0);
    this.rejoin();
  }

  private askWaiting(): void {
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const question of waiting) question.ask();
  }

  private *contacts(): Generator<Contact, void> {
    for (const network of this.networks) yield* network.table.all();
  }
}

/** Ticks that did not come: then the clock has jumped. */
const SLEPT_TICKS = 4;

function familiesOf(self: Endpoint | null): readonly (4 | 6)[] {
  if (self === null || self.length === ENDPOINT_V4_BYTES) return [4];
  // A socket bound to `::` takes both.
  return self.subarray(0, -2).every((byte) => byte === 0) ? [4, 6] : [6];
}

function idOfUser(bytes: Uint8Array): NodeId {
  if (bytes.length !== ID_BYTES) throw new RangeError(`an info-hash, a target or an id has ${ID_BYTES} bytes, got ${bytes.length}`);
  return readId(bytes);
}

function checkOptions({ k, parallel, tickMs, slowMs, timeoutMs }: KademliaOptions): void {
  if (!(k >= 1 && k <= 20)) throw new RangeError(`a bucket has 1 to 20 contacts, got ${k}`);
  if (!(parallel >= 1 && parallel <= 64)) throw new RangeError(`1 to 64 questions in flight expected, got ${parallel}`);
  if (!(tickMs > 0 && slowMs > 0 && slowMs <= timeoutMs))
    throw new RangeError(`times above 0 expected, slow before given up; got ${slowMs}, ${timeoutMs}`);
}
