/** The graph of who is linked to whom, measured as Albert, Jeong and Barabási did (Nature 2000): its largest component, and how far apart nodes are in it. Owns no state. */

import type { Random } from '../core/random.ts';
import type { SearchNetwork } from './search-model.ts';

type Linked = Pick<SearchNetwork, 'live' | 'linksOf'>;

export interface GraphShape {
  /** S: the part of all living nodes that is in the largest component. */
  readonly component: number;
  /** d: links on the shortest way between two nodes of it, on average, from up to `sources` of them. */
  readonly distance: number;
  /** Mean size of the other components; 0 when there are none. */
  readonly others: number;
}

export function graphShape(network: Linked, sources: number, random: Random): GraphShape {
  const links = undirected(network);
  const components = componentsOf(links).sort((a, b) => b.length - a.length);
  const [largest = [], ...others] = components;
  const from = random.shuffle([...largest]).slice(0, sources);
  let [sum, pairs] = [0, 0];
  for (const node of from) {
    for (const distance of distancesFrom(links, node).values()) {
      if (distance === 0) continue;
      sum += distance;
      pairs++;
    }
  }
  const othersSize = others.reduce((size, component) => size + component.length, 0);
  return {
    component: links.size === 0 ? 0 : largest.length / links.size,
    distance: pairs === 0 ? 0 : sum / pairs,
    others: others.length === 0 ? 0 : othersSize / others.length,
  };
}

/** Which living nodes are in the largest component: whom a crawler sees. */
export function largestComponent(network: Linked): ReadonlySet<number> {
  const components = componentsOf(undirected(network));
  return new Set(components.reduce((most, component) => (component.length > most.length ? component : most), []));
}

/** One after the other the node that has most links to those that are left; of several the lowest number. */
export function bestConnected(network: Linked, users: readonly number[], count: number): number[] {
  const links = undirected(network);
  const degrees = new Map(users.map((user) => [user, links.get(user)?.size ?? 0]));
  const gone: number[] = [];
  while (gone.length < count) {
    let [best, most] = [-1, -1];
    for (const [user, degree] of degrees) if (degree > most) [best, most] = [user, degree];
    gone.push(best);
    degrees.delete(best);
    for (const other of links.get(best) ?? []) {
      const degree = degrees.get(other);
      if (degree !== undefined) degrees.set(other, degree - 1);
    }
  }
  return gone;
}

/** A link that one side has is one: what goes over it goes both ways. */
function undirected(network: Linked): Map<number, Set<number>> {
  const { live } = network;
  const links = new Map<number, Set<number>>(live.map((user) => [user, new Set()]));
  for (const user of live) {
    for (const other of network.linksOf(user)) {
      links.get(user)?.add(other);
      links.get(other)?.add(user);
    }
  }
  return links;
}

function componentsOf(links: ReadonlyMap<number, ReadonlySet<number>>): number[][] {
  const seen = new Set<number>();
  const components: number[][] = [];
  for (const start of links.keys()) {
    if (seen.has(start)) continue;
    const component = [...distancesFrom(links, start).keys()];
    for (const node of component) seen.add(node);
    components.push(component);
  }
  return components;
}

function distancesFrom(links: ReadonlyMap<number, ReadonlySet<number>>, start: number): Map<number, number> {
  const distances = new Map([[start, 0]]);
  // A map is gone through in the order of insertion, while it grows: breadth first.
  for (const [node, distance] of distances) {
    for (const other of links.get(node) ?? []) if (!distances.has(other)) distances.set(other, distance + 1);
  }
  return distances;
}
