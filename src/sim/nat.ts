/** One NAT box: an outer address, a network inside, and what it translates between them. Owns its mappings for UDP and TCP. */

import type { Endpoint, Peer } from '../core/host.ts';
import { Random } from '../core/random.ts';
import type { Addresses } from './addresses.ts';
import type { Session } from './nat-session.ts';
import { NAT_DEFAULTS, NAT_KINDS, NAT_PORTS, type NatSpec } from './nat-spec.ts';
import { NatTable } from './nat-table.ts';
import { ticksOf } from './ticks.ts';

/** Beside the streams of nodes, fault plans and places. */
const NAT_STREAM = 0x1d00_0000_0000;

export type NatProtocol = 'udp' | 'tcp';

/** What a box needs of its world. */
export interface NatPlace {
  readonly addresses: Addresses;
  readonly seed: number;
  /** Counts all boxes of the world. */
  readonly number: number;
  /** The first node behind it: as far away as that one it is itself. */
  readonly node: number;
}

export class Nat {
  /** The network that its outer address is in; null is the public one. */
  readonly outside: Nat | null;
  readonly node: number;
  readonly hairpins: boolean;
  /** Its outer address, with a port of 0. */
  private readonly address: Endpoint;
  private readonly addresses: Addresses;
  private readonly udp: NatTable;
  private readonly tcp: NatTable;

  constructor(spec: NatSpec, outside: Nat | null, { addresses, seed, number, node }: NatPlace) {
    complain(spec);
    const behaviour = NAT_KINDS[spec.kind];
    const { ports, hairpin, udpUnansweredMs, udpMs, tcpUnansweredMs, tcpMs } = { ...NAT_DEFAULTS, ...spec };
    const random = new Random(seed, NAT_STREAM + number);
    const hostOf = (peer: Peer): number => addresses.hostOf(peer);
    this.outside = outside;
    this.node = node;
    this.hairpins = hairpin;
    this.addresses = addresses;
    this.address = addresses.endpointOfNat(number, outside === null);
    const udpTimes = { unansweredTicks: ticksOf(udpUnansweredMs), idleTicks: ticksOf(udpMs) };
    const tcpTimes = { unansweredTicks: ticksOf(tcpUnansweredMs), idleTicks: ticksOf(tcpMs) };
    this.udp = new NatTable({ ...behaviour, ports, ...udpTimes }, random, hostOf);
    this.tcp = new NatTable({ ...behaviour, ports, ...tcpTimes }, random, hostOf);
  }

  /** Its outer address at that port. */
  peerAt(port: number): Peer {
    this.address[4] = port >> 8;
    this.address[5] = port & 0xff;
    return this.addresses.peer(this.address);
  }

  /** Something goes out from an inner endpoint; null when there is no port left for it. */
  leave(protocol: NatProtocol, inner: Peer, remote: Peer, now: number): Session | null {
    return this[protocol].leave(inner, this.addresses.portOfPeer(inner), remote, now);
  }

  /** Something comes in for `target`, an outer endpoint; null when it is not let in. */
  enter(protocol: NatProtocol, target: Peer, remote: Peer, now: number): Session | null {
    return this[protocol].enter(this.addresses.portOfPeer(target), remote, now);
  }

  /** Whose that outer endpoint is now, or null. */
  ownerOf(protocol: NatProtocol, target: Peer, now: number): Peer | null {
    return this[protocol].ownerOf(this.addresses.portOfPeer(target), now);
  }

  /** Opens a port for everybody and both protocols, as UPnP does: the inner one, or the next that is free. */
  map(inner: Peer, now: number): void {
    const isFree = (port: number): boolean => this.udp.isFree(port, now) && this.tcp.isFree(port, now);
    const port = NatTable.portFrom(this.addresses.portOfPeer(inner), isFree);
    if (port < 0) throw new RangeError('a NAT with a port to open expected');
    this.udp.fix(inner, port);
    this.tcp.fix(inner, port);
  }
}

/** Throws RangeError for what is no NAT: a spec may come from a file, where no compiler has seen it. */
function complain(spec: NatSpec): void {
  if (!Object.hasOwn(NAT_KINDS, spec.kind)) throw new RangeError(`one of ${Object.keys(NAT_KINDS).join(', ')} expected, got ${spec.kind}`);
  const { ports, udpUnansweredMs, udpMs, tcpUnansweredMs, tcpMs } = { ...NAT_DEFAULTS, ...spec };
  if (!NAT_PORTS.includes(ports)) throw new RangeError(`ports of ${NAT_PORTS.join(', ')} expected, got ${ports}`);
  for (const [name, ms] of Object.entries({ udpUnansweredMs, udpMs, tcpUnansweredMs, tcpMs })) {
    if (!(ms > 0)) throw new RangeError(`${name} above 0 expected, got ${ms}`);
  }
}
