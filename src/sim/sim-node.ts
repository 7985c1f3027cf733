/** One machine of a world: what outlives the process on it (address, link, clock, disk), and the process that runs now. */

import type { Endpoint, Host, Peer, Protocol } from '../core/host.ts';
import { Random } from '../core/random.ts';
import type { Addresses } from './addresses.ts';
import { Link, type LinkSpec } from './link.ts';
import type { NatSpec } from './nat-spec.ts';
import type { DiskSpec } from './sim-disk.ts';
import { SimDisk } from './sim-disk.ts';
import type { SimHost } from './sim-host.ts';
import type { Traffic } from './traffic.ts';

/** Random streams: a node's processes are (index + restarts × 2^24); what happens on its ways is far above. */
const RESTART_SPAN = 0x100_0000;
const CHANCE_SPAN = 0x1000_0000_0000;
const DISK_SPAN = 0x1800_0000_0000;

export interface NodeOptions extends LinkSpec, DiskSpec {
  /** Where it gets streams and datagrams; 6881 when absent. */
  readonly port?: number;
  /** The NAT that it is behind; the world has to have public addresses. In the open when absent. */
  readonly nat?: NatSpec;
  /** Its port is open at that NAT, for datagrams and streams, as UPnP, NAT-PMP or PCP would have done it. */
  readonly mapped?: boolean;
  /** How fast the node's clock runs: 1.0001 gains 100 parts in a million. */
  readonly clockRate?: number;
  /** Encodes what it sends in every mode: for a node that sends what is no message. */
  readonly encodes?: boolean;
}

export type ProtocolFactory<P extends Protocol> = (host: Host) => P;

/** What a node needs of its world. */
export interface NodeWorld {
  readonly seed: number;
  readonly mode: 'reference' | 'bytes';
  readonly chunkBytes: number;
  readonly addresses: Addresses;
  readonly traffic: Traffic;
}

export class SimNode<P extends Protocol = Protocol> {
  readonly index: number;
  readonly peer: Peer;
  readonly encodes: boolean;
  readonly factory: ProtocolFactory<P>;
  /** How fast the clock of the next process runs; that of the present one never changes, so that its timers keep their word. */
  clockRate: number;
  /** No answer at all, not even a refusal: the power is off. */
  silent = false;
  restarts = 0;
  private readonly world: NodeWorld;
  private readonly options: NodeOptions;
  private readonly linkSpec: LinkSpec;
  private currentHost: SimHost | null = null;
  private currentProtocol: P | null = null;
  // Made when they are first needed: of a million nodes that speak datagrams, few have any of these.
  private chanceStream: Random | null = null;
  private accessLink: Link | null = null;
  private ownDisk: SimDisk | null = null;

  constructor(world: NodeWorld, index: number, peer: Peer, factory: ProtocolFactory<P>, options: NodeOptions, link: LinkSpec) {
    this.world = world;
    this.index = index;
    this.peer = peer;
    this.factory = factory;
    this.options = options;
    this.linkSpec = link;
    this.clockRate = options.clockRate ?? 1;
    this.encodes = world.mode === 'bytes' || options.encodes === true;
  }

  /** Where it gets streams and datagrams; a copy. */
  get endpoint(): Endpoint {
    return this.world.addresses.endpoint(this.peer);
  }

  /** Bytes sent and received so far, headers of datagrams included. */
  get bytesUp(): number {
    return this.world.traffic.bytesUp(this.index);
  }

  get bytesDown(): number {
    return this.world.traffic.bytesDown(this.index);
  }

  get link(): Link {
    this.accessLink ??= new Link(this.linkSpec, this.world.chunkBytes);
    return this.accessLink;
  }

  get disk(): SimDisk {
    this.ownDisk ??= new SimDisk(this.options, this.world.seed, DISK_SPAN + this.index);
    return this.ownDisk;
  }

  /** The process that runs now, or ran last. */
  get host(): SimHost {
    if (this.currentHost === null) throw new Error(`node ${this.index} has no process yet`);
    return this.currentHost;
  }

  /** The protocol object that runs now, or ran last. */
  get protocol(): P {
    if (this.currentProtocol === null) throw new Error(`node ${this.index} has no process yet`);
    return this.currentProtocol;
  }

  /** What chance does to the packets that it sends. */
  get chance(): Random {
    this.chanceStream ??= new Random(this.world.seed, CHANCE_SPAN + this.index);
    return this.chanceStream;
  }

  /** A new process. */
  boot(makeHost: (random: Random) => SimHost): SimHost {
    this.silent = false;
    const host = makeHost(new Random(this.world.seed, this.index + this.restarts * RESTART_SPAN));
    this.currentHost = host;
    this.currentProtocol = this.factory(host);
    host.protocol = this.currentProtocol;
    return host;
  }
}
