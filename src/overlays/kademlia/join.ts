/**
 * Joining one network (Kademlia, section 2.3; BEP 5): asks where to begin, looks up its own id, then fills the buckets that have room.
 * Again, with growing patience, as long as the table is empty: at the start, after a long sleep, or when the network was gone.
 */

import type { Endpoint, ResolveOperation } from '../../core/host.ts';
import { isNamed } from '../../core/named-endpoint.ts';
import type { Contact } from './contact.ts';
import { FindNode, type FindNodeHandler } from './find-node.ts';
import type { KrpcQuery, KrpcReply } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { Question } from './question.ts';
import { refreshBucket } from './refresh.ts';
import { savedContacts } from './saved-state.ts';

const RETRY_MS = 5000;
const RETRY_MS_MAX = 300_000;
/** Entry points asked at once, of those given and those that names stand for. */
const ENTRIES_MAX = 32;

export class Join implements FindNodeHandler, ResolveOperation {
  private readonly network: Network;
  underway = false;
  /** It has a table. */
  done = false;
  private failures = 0;
  private retryAtMs = 0;
  /** Names and entry points that have not answered. */
  private waiting = 0;
  private found: Contact[] = [];
  /** The next bucket to fill, from the nearest to the farthest. */
  private bucket = -1;
  private isOwnLookup = false;

  constructor(network: Network) {
    this.network = network;
  }

  /** Begins, unless it is under way. */
  start(): void {
    if (this.underway) return;
    const { node, table } = this.network;
    const { bootstrap, bootstrapNames, state } = node.options;
    this.underway = true;
    this.isOwnLookup = true;
    this.found = [...(state === null ? [] : savedContacts(state)), ...node.hints(this.network.family), ...table.all(true)];
    // One more than there are, so that nothing ends while it begins.
    this.waiting = 1 + bootstrapNames.length;
    for (const { host, port } of bootstrapNames) node.host.resolve(host, port, this);
    for (const endpoint of bootstrap) this.enterAt(endpoint);
    this.settled();
  }

  onTick(): void {
    const { node, table } = this.network;
    const isEmpty = table.nearest(node.id, 1).length === 0;
    if (isEmpty) this.done = false;
    // Whoever had nobody to ask, and was found by others since, joins through them.
    if (!this.done && !this.underway && (!isEmpty || node.host.now() >= this.retryAtMs)) this.start();
  }

  onResolved(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) this.enterAt(endpoint);
    this.settled();
  }

  /** An entry point has said whom it knows, or is late. */
  entered(contacts: readonly Contact[]): void {
    this.found.push(...contacts);
    this.settled();
  }

  onNodes(): void {
    const { network } = this;
    const { table } = network;
    if (this.isOwnLookup) {
      this.isOwnLookup = false;
      // All buckets farther than the closest neighbour; the last one was in the lookup's way.
      this.bucket = table.depth - 2;
    }
    while (this.bucket >= 0 && table.goodIn(this.bucket) >= table.k) this.bucket--;
    if (this.bucket >= 0 && table.size > 0 && !network.node.stopped) refreshBucket(network, this.bucket--, this);
    else this.end();
  }

  private enterAt(endpoint: Endpoint): void {
    const mayBeThere = this.network.takes(endpoint) || (this.network.family === 4 && isNamed(endpoint));
    if (this.waiting > ENTRIES_MAX || !mayBeThere || this.network.node.isSelf(endpoint)) return;
    this.waiting++;
    new AskEntry(this.network, endpoint, this).ask();
  }

  private settled(): void {
    if (--this.waiting > 0 || this.network.node.stopped) return;
    const { found, network } = this;
    this.found = [];
    new FindNode(network.node, network.node.id, this, [network]).start(found);
  }

  private end(): void {
    this.underway = false;
    this.done = this.network.table.size > 0;
    this.failures = this.done ? 0 : this.failures + 1;
    this.retryAtMs = this.network.node.host.now() + Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(16, this.failures));
    if (this.done) this.network.node.joined(this.network);
  }
}

class AskEntry extends Question {
  private readonly join: Join;
  /** It is late, and nobody waits for it any more. */
  private isLate = false;

  constructor(network: Network, endpoint: Endpoint, join: Join) {
    super(network, endpoint);
    this.join = join;
  }

  protected request(transaction: string): KrpcQuery {
    const { node } = this.network;
    return { kind: 'query', method: 'find_node', ...node.head(transaction), target: node.id, want: node.wantAll };
  }

  protected answered(reply: KrpcReply, from: Contact): void {
    const { family, node } = this.network;
    const [nodes, others] = family === 4 ? [reply.nodes, reply.nodes6] : [reply.nodes6, reply.nodes];
    if (others !== null) node.learnOthers(family === 4 ? 6 : 4, others);
    if (!this.isLate) this.join.entered([from, ...(nodes ?? [])]);
  }

  protected override overdue(): void {
    this.isLate = true;
    this.join.entered([]);
  }

  protected silent(): void {
    if (!this.isLate) this.join.entered([]);
  }
}
