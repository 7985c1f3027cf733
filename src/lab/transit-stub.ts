/**
 * A network of GT-ITM's shape (Zegura, Calvert and Bhattacharjee, "How to model an internetwork", INFOCOM 1996): transit domains of routers,
 * and behind each transit router stub domains, each with one router that is linked to it. A packet takes the shortest way, and every hop
 * costs what its kind costs. Nodes are at stub routers, spread evenly. Owns tables of hops between routers; nothing in it grows with nodes.
 */

import { Random } from '../core/random.ts';
import { Places } from '../sim/places.ts';
import { connectAtRandom, emptyGraph, hopsBetweenAll, link } from './router-graph.ts';
import type { NetworkSpec } from './run-spec.ts';
import { NETWORK_STREAM } from './streams.ts';

export type TransitStubSpec = Extract<NetworkSpec, { kind: 'transit-stub' }>;

/** Of all domains; the table of hops between them is the square of it. */
export const TRANSIT_ROUTERS_MAX = 1024;
export const STUB_ROUTERS_MAX = 1 << 20;
/** So that hops within a stub domain fit into a byte. */
export const ROUTERS_PER_STUB_MAX = 256;
/** Bytes of the tables of all stub domains. */
export const STUB_TABLE_BYTES_MAX = 1 << 26;

export class TransitStub {
  private readonly spec: TransitStubSpec;
  private readonly transitRouters: number;
  private readonly transitHops: Uint16Array;
  /** Of each stub domain a square, row by row: domain × routers² + from × routers + to. */
  private readonly stubHops: Uint8Array;
  /** Hops from each stub router to the one of its domain that is linked to a transit router. */
  private readonly hopsOut: Uint8Array;
  private readonly places: Places;

  constructor(spec: TransitStubSpec, seed: number) {
    const random = new Random(seed, NETWORK_STREAM);
    const { transitDomains, transitPerDomain, stubsPerTransit, nodesPerStub } = spec;
    this.spec = spec;
    this.transitRouters = transitDomains * transitPerDomain;
    const stubs = this.transitRouters * stubsPerTransit;
    this.transitHops = transitHops(transitDomains, transitPerDomain, random);
    this.stubHops = new Uint8Array(stubs * nodesPerStub * nodesPerStub);
    this.hopsOut = new Uint8Array(stubs * nodesPerStub);
    for (let stub = 0; stub < stubs; stub++) this.addStub(stub, random);
    this.places = new Places(stubs * nodesPerStub, seed);
  }

  private addStub(stub: number, random: Random): void {
    const routers = this.spec.nodesPerStub;
    const graph = emptyGraph(routers);
    connectAtRandom(graph, 0, routers, random);
    const hops = hopsBetweenAll(graph);
    const way = random.below(routers);
    this.stubHops.set(hops, stub * routers * routers);
    this.hopsOut.set(hops.subarray(way * routers, (way + 1) * routers), stub * routers);
  }

  /** One way between two nodes. Those at one router are a hop of their stub domain apart. */
  ms(from: number, to: number): number {
    const { nodesPerStub, stubsPerTransit, transitMs, transitStubMs, stubMs } = this.spec;
    const a = this.places.of(from);
    const b = this.places.of(to);
    if (a === b) return stubMs;
    const stubA = Math.floor(a / nodesPerStub);
    const stubB = Math.floor(b / nodesPerStub);
    if (stubA === stubB) return (this.stubHops[a * nodesPerStub + (b % nodesPerStub)] as number) * stubMs;
    const outside = (this.hopsOut[a] as number) + (this.hopsOut[b] as number);
    const transitA = Math.floor(stubA / stubsPerTransit);
    const transitB = Math.floor(stubB / stubsPerTransit);
    const across = this.transitHops[transitA * this.transitRouters + transitB] as number;
    return outside * stubMs + 2 * transitStubMs + across * transitMs;
  }
}

/** Between all transit routers: a random graph in each domain, and one of the domains, each link of which is between two random routers. */
function transitHops(domains: number, routersPerDomain: number, random: Random): Uint16Array {
  const graph = emptyGraph(domains * routersPerDomain);
  for (let domain = 0; domain < domains; domain++) connectAtRandom(graph, domain * routersPerDomain, routersPerDomain, random);
  const between = emptyGraph(domains);
  connectAtRandom(between, 0, domains, random);
  for (const [domain, neighbours] of between.entries()) {
    for (const other of neighbours.filter((number) => number > domain)) {
      link(graph, domain * routersPerDomain + random.below(routersPerDomain), other * routersPerDomain + random.below(routersPerDomain));
    }
  }
  return hopsBetweenAll(graph);
}
