/** Who owns each point of a simulated CAN by the definition, from the zones that its members have. Owns an index of the zones, kept up as they change. */

import { type Can, type Claim, isBetter, type Point, type Reality, Zone, type ZoneWatcher } from '../../overlays/can/index.ts';

interface Holding {
  readonly node: Can;
  readonly claim: Claim;
}

export class CanOwners implements ZoneWatcher {
  private readonly dims: number;
  /** Of each reality, who has a zone by its code. */
  private readonly byCode: Map<number, Holding[]>[];
  /** The deepest zone that there ever was. */
  private depthMax = 0;
  /** The zones of a node as they are in the index. */
  private readonly indexed = new Map<Reality, readonly Claim[]>();

  constructor(dims: number, units: number) {
    this.dims = dims;
    this.byCode = Array.from({ length: units }, () => new Map<number, Holding[]>());
  }

  onZones(node: Can, reality: Reality): void {
    this.forget(node, reality);
    this.indexed.set(reality, reality.claims);
    for (const claim of reality.claims) {
      const { code, depth } = claim.zone;
      this.depthMax = Math.max(this.depthMax, depth);
      const holdings = this.codes(reality).get(code);
      if (holdings === undefined) this.codes(reality).set(code, [{ node, claim }]);
      else holdings.push({ node, claim });
    }
  }

  add(node: Can): void {
    for (const reality of node.realities) this.onZones(node, reality);
  }

  /** It lives no more. */
  remove(node: Can): void {
    node.watcher = null;
    for (const reality of node.realities) this.forget(node, reality);
  }

  /** Of peers in one zone the first by id; of members that dispute the point, who will keep it. */
  ownerAt(unit: number, point: Point): Can | null {
    const codes = this.byCode[unit];
    let owner: Holding | null = null;
    for (let zone = new Zone(1, this.dims), depth = 0; depth <= this.depthMax; depth++, zone = zone.split(point).with) {
      for (const holding of codes?.get(zone.code) ?? []) {
        if (!holding.node.isMember) continue;
        const { self } = holding.node;
        if (owner === null || isBetter(holding.claim, self, owner.claim, owner.node.self)) owner = holding;
      }
    }
    return owner?.node ?? null;
  }

  /** Whether the node has the point in some reality. */
  hasPoint(node: Can, point: Point): boolean {
    return node.realities.some((reality) => reality.claimAt(point) !== null);
  }

  private forget(node: Can, reality: Reality): void {
    const codes = this.codes(reality);
    for (const { zone } of this.indexed.get(reality) ?? []) {
      const left = (codes.get(zone.code) ?? []).filter((holding) => holding.node !== node);
      if (left.length === 0) codes.delete(zone.code);
      else codes.set(zone.code, left);
    }
    this.indexed.delete(reality);
  }

  private codes({ unit }: Reality): Map<number, Holding[]> {
    return this.byCode[unit] as Map<number, Holding[]>;
  }
}
