/** Graphs that a network begins with: as many links for everybody on average, or a few nodes with most of them. Pure. */

import type { Random } from '../../core/random.ts';

export type GraphKind = 'random' | 'scale-free';

/** Pairs of nodes, each once; `links` on average at each node. */
export function graphOf(kind: GraphKind, nodes: number, links: number, random: Random): (readonly [number, number])[] {
  return kind === 'random' ? randomGraph(nodes, links, random) : scaleFreeGraph(nodes, Math.max(1, Math.round(links / 2)), random);
}

/** Erdős and Rényi: any pair as likely as any other; whoever is left alone gets one link, since a node without any is in no network. */
function randomGraph(nodes: number, links: number, random: Random): (readonly [number, number])[] {
  const edges: (readonly [number, number])[] = [];
  const known = new Set<number>();
  const linked = new Uint8Array(nodes);
  const add = (a: number, b: number): void => {
    const key = Math.min(a, b) * nodes + Math.max(a, b);
    if (a === b || known.has(key)) return;
    known.add(key);
    edges.push([a, b]);
    linked[a] = linked[b] = 1;
  };
  const wanted = Math.min(Math.round((nodes * links) / 2), (nodes * (nodes - 1)) / 2);
  while (edges.length < wanted) add(random.below(nodes), random.below(nodes));
  if (nodes === 1) return edges;
  for (const [node, isLinked] of linked.entries()) {
    // Whoever stands behind it, round the end.
    if (isLinked === 0 && linked[node] === 0) add(node, (node + 1 + random.below(nodes - 1)) % nodes);
  }
  return edges;
}

/** Barabási and Albert: each newcomer links to `m` others, each as likely as it has links. */
function scaleFreeGraph(nodes: number, m: number, random: Random): (readonly [number, number])[] {
  const edges: (readonly [number, number])[] = [];
  /** Both ends of every link: a draw from it is a draw by degree. */
  const ends: number[] = [];
  for (let node = 1; node < nodes; node++) {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(m, node)) chosen.add(node <= m ? chosen.size : (ends[random.below(ends.length)] as number));
    for (const other of chosen) {
      edges.push([other, node]);
      ends.push(other, node);
    }
  }
  return edges;
}
