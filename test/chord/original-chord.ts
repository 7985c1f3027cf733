/**
 * The membership protocol of the first papers (SIGCOMM 2001, figure 7; successor lists as in ToN 2003, section IV-E), each step whole and
 * undisturbed: an oracle for its faults (Zave 2012). Owns a ring of small numbers.
 */

export interface OriginalNode {
  readonly id: number;
  live: boolean;
  /** The successor, then who follows it. */
  list: number[];
  predecessor: number | null;
}

export class OriginalChord {
  readonly nodes = new Map<number, OriginalNode>();
  private readonly successorsMax: number;

  /** A ring that is right, of nodes in order. */
  constructor(ids: readonly number[], successorsMax: number) {
    this.successorsMax = successorsMax;
    for (const [index, id] of ids.entries()) {
      const list = Array.from({ length: successorsMax }, (_, behind) => ids[(index + 1 + behind) % ids.length] as number);
      const predecessor = ids[(index + ids.length - 1) % ids.length] as number;
      this.nodes.set(id, { id, live: true, list, predecessor });
    }
  }

  node(id: number): OriginalNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** n.join(n'): the first step, a lookup, had this answer some time ago. */
  join(id: number, successor: number): void {
    this.nodes.set(id, { id, live: true, list: [successor], predecessor: null });
  }

  /** n.stabilize(): takes the successor's predecessor, unasked, and notifies. */
  stabilize(id: number): void {
    const node = this.node(id);
    const successor = this.node(node.list[0] as number);
    if (!successor.live) return;
    const between = successor.predecessor;
    if (between !== null && isBetween(between, id, successor.id)) node.list[0] = between;
    const next = this.node(node.list[0] as number);
    if (next.live && (next.predecessor === null || isBetween(id, next.predecessor, next.id))) next.predecessor = id;
  }

  /** Reconciles the list with the successor's. */
  reconcile(id: number): void {
    const node = this.node(id);
    const successor = this.node(node.list[0] as number);
    if (successor.live) node.list = [successor.id, ...successor.list].slice(0, this.successorsMax);
  }

  /** Drops a successor that is dead. */
  update(id: number): void {
    const node = this.node(id);
    if (node.list.length > 1 && !this.node(node.list[0] as number).live) node.list.shift();
  }

  checkPredecessor(id: number): void {
    const node = this.node(id);
    if (node.predecessor !== null && !this.node(node.predecessor).live) node.predecessor = null;
  }

  fail(id: number): void {
    this.node(id).live = false;
  }

  /** All steps of all nodes, over and over: what can still be repaired is. */
  settle(): void {
    for (let round = 0; round < 4 * this.nodes.size; round++) {
      for (const { id, live } of this.nodes.values()) {
        if (!live) continue;
        this.update(id);
        this.checkPredecessor(id);
        this.stabilize(id);
        this.reconcile(id);
      }
    }
  }

  /** Where one gets from a node by live successors: the ring, if it comes back to it. */
  path(from: number): number[] {
    const path: number[] = [];
    let at = this.node(from);
    while (at.live && !path.includes(at.id)) {
      path.push(at.id);
      at = this.node(at.list[0] as number);
    }
    return at.live ? path : [];
  }
}

function isBetween(x: number, a: number, b: number): boolean {
  return a < b ? a < x && x < b : a < x || x < b;
}
