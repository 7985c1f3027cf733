/**
 * A simulated network: nodes that run protocol objects, links between them, and one clock. A run is a pure function of the seed and
 * of what is called; its trace hash is the same on every machine. `docs/simulator.md` says what is modelled and what is not.
 */

import type { Peer, Protocol } from '../core/host.ts';
import { Addresses, NODE_PORT, NODES_MAX } from './addresses.ts';
import { Chunks } from './chunks.ts';
import type { Acceptance, ConnectFailure } from './connections.ts';
import { Connections } from './connections.ts';
import { Counters } from './counters.ts';
import type { MessageWatcher, Packet } from './datagrams.ts';
import { Datagrams } from './datagrams.ts';
import { EventKind } from './event-kinds.ts';
import { EventWheel } from './event-wheel.ts';
import type { FaultRates } from './fault-rates.ts';
import { NO_FAULTS } from './fault-rates.ts';
import type { LatencySpec } from './latency.ts';
import { latencyOf } from './latency.ts';
import { Link, type LinkSpec } from './link.ts';
import type { NatSpec } from './nat-spec.ts';
import { Nats } from './nats.ts';
import { Paths } from './paths.ts';
import type { Pipe } from './pipe.ts';
import type { HostWorld, Resolution } from './sim-host.ts';
import { SimHost } from './sim-host.ts';
import type { NodeOptions, ProtocolFactory } from './sim-node.ts';
import { SimNode } from './sim-node.ts';
import type { StoreEvent } from './sim-store.ts';
import type { Closing, SimStream } from './sim-stream.ts';
import { millisecondsOf, ticksOf } from './ticks.ts';
import { TraceHash } from './trace.ts';
import { Traffic } from './traffic.ts';

export interface WorldOptions {
  readonly seed: number;
  /** `bytes` encodes, cuts and decodes everything; the trace is the same, and costs more. */
  readonly mode?: 'reference' | 'bytes';
  /** One way. 10 ms for everyone when absent. */
  readonly latency?: LatencySpec;
  /** Access links of nodes that say nothing else; without limits when absent. */
  readonly links?: LinkSpec;
  readonly faults?: Partial<FaultRates>;
  /** Nodes are at 11.x.y.z, in the open internet, unless they are behind a NAT; else all are at 10.x.y.z, and there are no NATs. */
  readonly publicAddresses?: boolean;
  /** The clock of each node runs up to so much too fast or too slow, in parts per million. */
  readonly clockDriftPpm?: number;
  /** What a stream sends in its turn. */
  readonly chunkBytes?: number;
  /** What may be under way on a stream and not consumed. */
  readonly windowBytes?: number;
  /** After so long without getting anything through, a stream is reset. */
  readonly streamDeadMs?: number;
}

const LATENCY_DEFAULT: LatencySpec = { kind: 'constant', ms: 10 };
const CHUNK_BYTES = 16_384;
const WINDOW_BYTES = 1 << 20;
const STREAM_DEAD_MS = 60_000;

export class World implements HostWorld {
  readonly seed: number;
  readonly mode: 'reference' | 'bytes';
  readonly counters = new Counters();
  readonly nodes: SimNode[] = [];
  /** Told of every tap of every node. */
  onTap: ((node: number, event: number, a: number, b: number, c: number) => void) | null = null;

  readonly wheel = new EventWheel();
  readonly addresses: Addresses;
  readonly nats: Nats | null;
  readonly names = new Map<string, SimNode[]>();
  readonly unsent: SimStream[] = [];
  readonly chunks: Chunks;
  readonly datagrams: Datagrams;
  readonly connections: Connections;
  private readonly paths: Paths;
  readonly traffic = new Traffic();
  /** The process on each node, by index. */
  private readonly hosts: SimHost[] = [];
  private readonly links: LinkSpec;
  readonly chunkBytes: number;
  private readonly clockDriftPpm: number;
  private readonly trace = new TraceHash();

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.mode = options.mode ?? 'reference';
    this.links = options.links ?? {};
    this.chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
    this.clockDriftPpm = options.clockDriftPpm ?? 0;
    const hasPublic = options.publicAddresses === true;
    this.addresses = new Addresses(hasPublic);
    this.nats = hasPublic ? new Nats(this.addresses, options.seed) : null;
    const latency = latencyOf(options.latency ?? LATENCY_DEFAULT, options.seed);
    this.paths = new Paths(latency, (node) => (this.nodes[node] as SimNode).chance, this.nats);
    this.paths.faults = { ...NO_FAULTS, ...options.faults };
    const limits = {
      chunkBytes: this.chunkBytes,
      windowBytes: options.windowBytes ?? WINDOW_BYTES,
      deadMs: options.streamDeadMs ?? STREAM_DEAD_MS,
    };
    this.chunks = new Chunks(this.wheel, this.paths, this.counters, this.traffic, limits);
    this.datagrams = new Datagrams(this.wheel, this.paths, this.counters, this.traffic, this.hosts, this.nats);
    this.connections = new Connections(this, this.counters, (node, count) => this.addresses.ephemeralPeer(node, count));
  }

  /** Virtual milliseconds since the world began. */
  get now(): number {
    return millisecondsOf(this.wheel.now);
  }

  /** Told of messages from now on; nothing of the run depends on it. */
  set watcher(watcher: MessageWatcher | null) {
    this.datagrams.watcher = watcher;
  }

  get watcher(): MessageWatcher | null {
    return this.datagrams.watcher;
  }

  /** 16 hex digits over every event so far. */
  traceHash(): string {
    return this.trace.digest();
  }

  /** What goes wrong by chance from now on; what is not named is none. */
  set faults(rates: Partial<FaultRates>) {
    this.paths.faults = { ...NO_FAULTS, ...rates };
  }

  get faults(): FaultRates {
    return this.paths.faults;
  }

  /** One way between two nodes, in virtual milliseconds, when nothing goes wrong: for oracles, and for networks that begin finished. */
  latencyMs(from: number, to: number): number {
    return millisecondsOf(this.paths.latencyOf(from, to));
  }

  /** What one sends now would get to the other: its process runs, and nothing has cut the way. For those who watch. */
  reaches(from: number, to: number): boolean {
    return this.nodes[to]?.host.running === true && !this.paths.isCut(from, to);
  }

  // ---- nodes ---------------------------------------------------------------------------------------------------------------

  /** A new node, whose process is made now and starts in an event of this very moment. */
  addNode<P extends Protocol>(factory: ProtocolFactory<P>, options: NodeOptions = {}): SimNode<P> {
    const index = this.nodes.length;
    if (index >= NODES_MAX) throw new RangeError(`at most ${NODES_MAX} nodes fit into 10.0.0.0/8`);
    const peer = this.addresses.peerOfNode(index);
    const link = { ...this.links, ...options };
    this.addresses.setPort(index, options.port ?? NODE_PORT);
    if (options.nat !== undefined) this.hide(index, options.nat, options.mapped === true);
    this.traffic.add(index, Link.isLimited(link));
    const node = new SimNode<P>(this, index, peer, factory, options, link);
    if (this.clockDriftPpm > 0 && options.clockRate === undefined) {
      node.clockRate = 1 + ((node.chance.unit() * 2 - 1) * this.clockDriftPpm) / 1e6;
    }
    this.nodes.push(node);
    this.boot(node);
    return node;
  }

  private hide(node: number, nat: NatSpec, mapped: boolean): void {
    if (this.nats === null) throw new Error('a world with publicAddresses expected for a node behind a NAT');
    this.nats.place(node, nat);
    if (mapped) this.nats.map(node, this.wheel.now);
  }

  /** Makes a name that `host.resolve` finds. */
  name(hostname: string, ...nodes: SimNode[]): void {
    this.names.set(hostname, nodes);
  }

  machineAt(peer: Peer): SimNode | null {
    return this.nodes[this.addresses.machineOfPeer(peer)] ?? null;
  }

  /**
   * The process dies in the middle of what it does. `kill`: the operating system goes on and resets its streams. `power`: the
   * machine is silent from now on. Verified pieces survive, gathered blocks do not.
   */
  crash(node: SimNode, how: 'kill' | 'power' = 'kill'): void {
    if (how === 'power') node.silent = true;
    if (!node.host.running) return;
    node.host.halt();
    this.connections.crash(node.host);
  }

  /** A new process on the node, made by the same factory; the old one is killed if it still runs. */
  restart(node: SimNode): void {
    this.crash(node);
    node.restarts++;
    this.boot(node);
  }

  /** The process ends in an orderly way: `protocol.stop()`, then nothing more reaches it. */
  leave(node: SimNode): void {
    if (!node.host.running) return;
    node.protocol.stop();
    this.flush();
    node.host.halt();
    this.connections.leave(node.host);
  }

  // ---- faults --------------------------------------------------------------------------------------------------------------

  /** Nodes of different groups no longer reach each other; those in no group form one of their own. */
  partition(...groups: readonly (readonly SimNode[])[]): void {
    this.paths.partition(groups.map((group) => group.map((node) => node.index)));
  }

  /** Ends partitions and clogs. */
  heal(): void {
    this.paths.unite();
    this.paths.unclog();
  }

  /** Ends a partition. */
  unite(): void {
    this.paths.unite();
  }

  /** Holds back what goes from one node to another for so long. */
  clog(from: SimNode, to: SimNode, forMs: number): void {
    this.paths.clog(from.index, to.index, this.wheel.now + ticksOf(forMs));
  }

  /** What there is to know to see the same run again. */
  describe(): string {
    const { loss, duplication, reordering, jitterMs } = this.faults;
    const rates = `loss ${loss}, duplication ${duplication}, reordering ${reordering}, jitter ${jitterMs} ms`;
    return `seed ${this.seed}, ${this.mode} mode, ${this.nodes.length} nodes, ${rates}, trace ${this.traceHash()} at ${this.now} ms`;
  }

  /** Calls back at a later moment, as an event of the world: how fault plans and workloads happen. */
  at(ms: number, run: () => void): void {
    this.wheel.insert(Math.max(this.wheel.now, ticksOf(ms)), EventKind.fault, 0, 0, run);
  }

  // ---- running -------------------------------------------------------------------------------------------------------------

  /** Lets so much virtual time pass. */
  runFor(milliseconds: number): void {
    const limit = this.wheel.now + ticksOf(milliseconds);
    this.flush();
    while (this.wheel.next(limit)) this.handle();
  }

  /** Runs until the predicate holds, which is asked after every event; false when it does not within so much virtual time. */
  runUntil(predicate: () => boolean, millisecondsMax: number): boolean {
    const limit = this.wheel.now + ticksOf(millisecondsMax);
    this.flush();
    if (predicate()) return true;
    while (this.wheel.next(limit)) {
      this.handle();
      if (predicate()) return true;
    }
    return false;
  }

  private boot(node: SimNode): void {
    const host = node.boot((random) => new SimHost(this, node, random));
    this.hosts[node.index] = host;
    this.wheel.insert(this.wheel.now, EventKind.start, node.index, node.restarts, host);
  }

  /** What was sent in the event that is over leaves now. */
  private flush(): void {
    for (const stream of this.unsent) stream.flush();
    this.unsent.length = 0;
  }

  /** Handles the event that the wheel has just taken. The payload's class follows from the kind. */
  private handle(): void {
    const { wheel } = this;
    const { kind, extra, arg, payload } = wheel;
    this.counters.events++;
    this.trace.mix(wheel.now, kind | (extra << 8), arg);
    switch (kind) {
      case EventKind.timer: {
        const host = payload as SimHost;
        this.trace.mix(wheel.now, host.node.index, extra);
        host.timersPending--;
        if (host.running) (host.protocol as Protocol).onTimer(extra, arg);
        break;
      }
      case EventKind.datagramArrival:
        this.datagrams.arrive(extra, payload as Packet);
        break;
      case EventKind.datagramDelivery:
        this.datagrams.deliver(extra, payload as Packet);
        break;
      case EventKind.uplinkFree:
        this.chunks.uplinkFree(payload as Link, extra);
        break;
      case EventKind.chunkArrival:
        this.chunks.arrive(payload as Pipe, arg);
        break;
      case EventKind.chunkDelivery:
        this.chunks.deliver(payload as Pipe, arg);
        break;
      case EventKind.store: {
        const event = payload as StoreEvent;
        if (event.store.host.running) event.run(event.store);
        break;
      }
      default:
        this.handleRarer(kind, arg, payload);
    }
    if (this.unsent.length > 0) this.flush();
  }

  private handleRarer(kind: number, arg: number, payload: unknown): void {
    switch (kind) {
      case EventKind.start: {
        const host = payload as SimHost;
        if (host.running) (host.protocol as Protocol).start();
        break;
      }
      case EventKind.resolved: {
        const { host, operation, found } = payload as Resolution;
        if (host.running) operation.onResolved(found);
        break;
      }
      case EventKind.chunkRetry:
        this.chunks.retry(payload as Pipe);
        break;
      case EventKind.connectRequest:
        this.connections.request(payload as SimStream);
        break;
      case EventKind.connectAccepted:
        this.connections.accepted(payload as Acceptance);
        break;
      case EventKind.connectFailed:
        this.connections.failed(payload as ConnectFailure);
        break;
      case EventKind.streamEnd:
        this.chunks.end(payload as Pipe, arg);
        break;
      case EventKind.streamReset:
        (payload as SimStream).resetArrived();
        break;
      case EventKind.streamDrain:
        (payload as SimStream).drained();
        break;
      case EventKind.streamResume:
        (payload as SimStream).resumed();
        break;
      case EventKind.streamClosed:
        (payload as Closing).stream.closed(payload as Closing);
        break;
      case EventKind.fault:
        (payload as () => void)();
        break;
      default:
        throw new Error(`an event of a known kind expected, got ${kind}`);
    }
  }
}
