/**
 * Kademlia as experiments see it: networks of the real protocol objects of the Mainline DHT (`overlays/kademlia`), and who is nearest to a key
 * beside them. Owns the nodes it made, who of them lives, and the newcomers' choice of whom to join through.
 */

import { Random } from '../../core/random.ts';
import {
  type Contact,
  Kademlia,
  KADEMLIA_DEFAULTS,
  type KademliaOptions,
  linkIdealTables,
  type MutableItem,
  type NodesFound,
  readId,
  signItem,
  SIMULATED_SIGNATURES,
} from '../../overlays/kademlia/index.ts';
import { compareXor, type NodeId, prefixBits, randomId } from '../../overlays/kademlia/node-id.ts';
import type { World } from '../../sim/world.ts';
import { decodeBencode, encodeBencode } from '../../wire/bencode.ts';
import { LiveNodes } from '../live-nodes.ts';
import type { LookupOutcome, OverlayNetwork, OverlaySystem, PlaceView, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { ENTRY_STREAM, POINT_STREAM } from '../streams.ts';
import { tablesComplaint } from './kademlia-complaint.ts';
import { KademliaMembers, type Member, tableOf } from './kademlia-members.ts';
import { walk } from './kademlia-walk.ts';

const { k, parallel, slowMs, timeoutMs, tickMs, refreshMs, queriesPerSecond, itemsMax, itemsPerAddressMax, itemAgeMs } = KADEMLIA_DEFAULTS;

/** What `kademlia-options.ts` has of the table, of lookups and of items; peers of torrents are not looked for here. */
const DEFAULTS = {
  k,
  parallel,
  slowMs,
  timeoutMs,
  tickMs,
  refreshMs,
  queriesPerSecond,
  itemsMax,
  itemsPerAddressMax,
  itemAgeMs,
  /** Who has put a value puts it again so often, as long as it lives (BEP 44: hourly). 0: never. */
  republishMs: 3_600_000,
};

/** A newcomer is told of so many. */
const ENTRIES = 8;
const STYLE = 'iterative';
const SECRET_KEY_BYTES = 32;

export const kademlia: OverlaySystem = {
  name: 'kademlia',
  title: 'Kademlia',
  shape: 'trie',
  defaults: DEFAULTS,
  build: (world, options, seed) => new KademliaNetwork(world, options, seed),
};

export class KademliaNetwork implements OverlayNetwork {
  readonly world: World;
  readonly nodes: Member[] = [];
  readonly members = new KademliaMembers((node) => this.isMember(node.index));
  readonly options: KademliaOptions;
  private readonly republishMs: number;
  private readonly alive = new LiveNodes();
  private readonly seed: number;
  private readonly entries: Random;
  /** Those that had nobody to join through: a network of one is one. */
  private readonly founders = new Set<number>();
  /** Of all puts so far: the later one of a key is the newer. */
  private versions = 0n;

  /** `options` are complete: every name of `kademlia.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    const { republishMs, ...others } = options as typeof DEFAULTS;
    this.world = world;
    this.options = { ...KADEMLIA_DEFAULTS, signatures: SIMULATED_SIGNATURES, ...others };
    this.republishMs = republishMs;
    this.seed = seed;
    this.entries = new Random(seed, ENTRY_STREAM);
  }

  get live(): readonly number[] {
    return this.alive.numbers;
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  addIdeal(count: number): void {
    const nodes = Array.from({ length: count }, () => this.make([]));
    linkIdealTables(nodes.map((node) => node.protocol));
    // Somebody who is alone knows nobody, and is a network all the same.
    if (count === 1) this.founders.add(0);
    this.members.link(nodes);
  }

  join(): number {
    const entries = this.alive.sample(this.entries, ENTRIES);
    const node = this.make(entries.map((entry) => (this.nodes[entry] as Member).endpoint));
    if (entries.length === 0) this.founders.add(node.index);
    this.members.add(node);
    return node.index;
  }

  crash(node: number): void {
    this.world.crash(this.bury(node), 'power');
  }

  /** The paper has no goodbye: others notice. */
  leave(node: number, done: () => void): void {
    const { world } = this;
    world.leave(this.bury(node));
    world.at(world.now, done);
  }

  isMember(node: number): boolean {
    if (!this.alive.has(node)) return false;
    const { protocol } = this.at(node);
    return protocol.isJoined || this.founders.has(node);
  }

  // ---- what it is asked ------------------------------------------------------------------------------------------------------

  ownerOf(key: Uint8Array): number {
    return this.members.nearestTo(readId(key))?.index ?? -1;
  }

  lookup(node: number, key: Uint8Array, style: string, done: (outcome: LookupOutcome) => void): void {
    if (style !== STYLE) throw new RangeError(`a style of lookup of ${STYLE} expected, got "${style}"`);
    const asker = this.at(node);
    asker.protocol.findNode(key, { onNodes: (found) => done(this.outcomeOf(asker, key, found)) });
  }

  /**
   * Values under keys that somebody chose are none of the Mainline DHT: an immutable item lies under its own hash. A mutable one lies under the
   * hash of a public key (BEP 44), so that the key here decides a pair of keys, and whoever knows it finds the item.
   */
  put(node: number, key: Uint8Array, value: Uint8Array, done: (ok: boolean) => void): void {
    this.versions++;
    this.publish(node, signItem(SIMULATED_SIGNATURES, secretKeyOf(key), '', this.versions, encodeBencode(value)), done);
  }

  get(node: number, key: Uint8Array, done: (value: Uint8Array | null) => void): void {
    const name = { publicKey: SIMULATED_SIGNATURES.publicKey(secretKeyOf(key)), salt: '' };
    this.at(node).protocol.get(name, { onItem: ({ value }) => done(value === null ? null : bytesOf(value)) });
  }

  /** Places of the table that are taken, and replacements that wait for one. */
  contactsOf(node: number): number {
    const { contacts, spares } = tableOf(this.at(node)).inspect();
    return contacts + spares;
  }

  complaint(): string | null {
    const { all } = this.members;
    if (all.length !== this.live.length) return `${all.length} of ${this.live.length} nodes are members`;
    return tablesComplaint(this, all);
  }

  look(node: number): readonly PlaceView[] {
    const member = this.at(node);
    const { id, items } = member.protocol;
    const neighbours = [...tableOf(member).all()].map((contact) => ({ node: this.numberOf(contact), role: bucketOf(id, contact) }));
    return [{ id: id.hex, state: this.isMember(node) ? 'member' : 'joining', keys: items.size, boxes: [], group: null, neighbours }];
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    return walk(this, this.at(node), readId(key));
  }

  /** The node that a contact names, if it lives. */
  livingAt(contact: Contact): Member | null {
    const number = this.numberOf(contact);
    return this.alive.has(number) ? this.at(number) : null;
  }

  private numberOf({ endpoint }: Contact): number {
    const { addresses } = this.world;
    return addresses.nodeOfPeer(addresses.peer(endpoint));
  }

  /**
   * A lookup leaves its own node out, which is nearest as often as any other: that one is known without a question. It ends without those that
   * are overdue, so that they are what it has waited for, and not the few that it gave up.
   */
  private outcomeOf(asker: Member, key: Uint8Array, found: NodesFound): LookupOutcome {
    const { nodes, nearestHops: hops, overdue: timeouts, tookMs, questions } = found;
    const [nearest] = nodes;
    const cost = { timeouts, tookMs, questions };
    // Whoever has asked, and was not answered by anybody, knows nothing.
    if (nearest === undefined) return { owner: questions > 0 ? -1 : asker.index, hops: 0, ...cost };
    if (compareXor(readId(key), asker.protocol.id, nearest) < 0) return { owner: asker.index, hops: 0, ...cost };
    return { owner: this.numberOf(nearest), hops, ...cost };
  }

  private publish(node: number, item: MutableItem, done: (ok: boolean) => void): void {
    const { world, republishMs } = this;
    this.at(node).protocol.putMutable(item, { onPut: ({ stored }) => done(stored > 0) });
    if (republishMs <= 0) return;
    world.at(world.now + republishMs, () => {
      if (this.alive.has(node)) this.publish(node, item, () => {});
    });
  }

  /** Ids of addresses (BEP 42) would be the same in every world: they are drawn from the seed, and 10.0.0.0/8 is exempt from that rule. */
  private make(bootstrap: KademliaOptions['bootstrap']): Member {
    const number = this.nodes.length;
    const id = randomId(new Random(this.seed, POINT_STREAM + number));
    const node = this.world.addNode((host) => new Kademlia(host, { ...this.options, bootstrap, id }));
    this.nodes.push(node);
    this.alive.add(number);
    return node;
  }

  /** It lives no more. */
  private bury(node: number): Member {
    this.alive.remove(node);
    const buried = this.at(node);
    this.members.remove(buried);
    return buried;
  }

  private at(node: number): Member {
    const found = this.nodes[node];
    if (found === undefined) throw new RangeError(`a node of 0 to ${this.nodes.length - 1} expected, got ${node}`);
    return found;
  }
}

/** By the bits that both ids begin with. */
function bucketOf(own: NodeId, other: NodeId): string {
  return `bucket ${prefixBits(own, other)}`;
}

function secretKeyOf(key: Uint8Array): Uint8Array {
  const secretKey = new Uint8Array(SECRET_KEY_BYTES);
  secretKey.set(key);
  return secretKey;
}

/** What `put` has made a bencoded string of. */
function bytesOf(value: Uint8Array): Uint8Array | null {
  const decoded = decodeBencode(value);
  return decoded instanceof Uint8Array ? decoded : null;
}
