/** One machine of a world: what outlives the process on it (address, link, clock, disk), and the process that runs now. */

import type { Endpoint, Host, Peer, Protocol } from '../core/host.ts';
import { Random } from '../core/random.ts';
import type { Link, LinkSpec } from './link.ts';
import type { DiskSpec } from './sim-disk.ts';
import { SimDisk } from './sim-disk.ts';
import type { SimHost } from './sim-host.ts';

/** Random streams: a node's processes are (index + restarts × 2^24); what happens on its ways is far above. */
const RESTART_SPAN = 0x100_0000;
const CHANCE_SPAN = 0x1000_0000_0000;
const DISK_SPAN = 0x1800_0000_0000;

export interface NodeOptions extends LinkSpec, DiskSpec {
  /** How fast the node's clock runs: 1.0001 gains 100 parts in a million. */
  readonly clockRate?: number;
  /** Encodes what it sends in every mode: for a node that sends what is no message. */
  readonly encodes?: boolean;
}

export type ProtocolFactory<P extends Protocol> = (host: Host) => P;

export class SimNode<P extends Protocol = Protocol> {
  readonly index: number;
  readonly peer: Peer;
  readonly endpoint: Endpoint;
  readonly link: Link;
  readonly disk: SimDisk;
  readonly encodes: boolean;
  readonly factory: ProtocolFactory<P>;
  readonly seed: number;
  /** How fast the clock of the next process runs; that of the present one never changes, so that its timers keep their word. */
  clockRate: number;
  /** No answer at all, not even a refusal: the power is off. */
  silent = false;
  restarts = 0;
  private currentHost: SimHost | null = null;
  private currentProtocol: P | null = null;
  private chanceStream: Random | null = null;

  constructor(
    index: number,
    peer: Peer,
    endpoint: Endpoint,
    seed: number,
    link: Link,
    factory: ProtocolFactory<P>,
    options: NodeOptions,
    encodes: boolean,
  ) {
    this.index = index;
    this.peer = peer;
    this.endpoint = endpoint;
    this.seed = seed;
    this.link = link;
    this.factory = factory;
    this.clockRate = options.clockRate ?? 1;
    this.encodes = encodes || options.encodes === true;
    this.disk = new SimDisk(options, seed, DISK_SPAN + index);
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
    this.chanceStream ??= new Random(this.seed, CHANCE_SPAN + this.index);
    return this.chanceStream;
  }

  /** A new process. */
  boot(makeHost: (random: Random) => SimHost): SimHost {
    this.silent = false;
    const host = makeHost(new Random(this.seed, this.index + this.restarts * RESTART_SPAN));
    this.currentHost = host;
    this.currentProtocol = this.factory(host);
    host.protocol = this.currentProtocol;
    return host;
  }
}
