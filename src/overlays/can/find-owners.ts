/**
 * Who holds a key: the owners of its points, one for each hash function (SIGCOMM 2001, section 3.3), which go round the realities. Where one node owns several
 * of them, the points that follow make up for it. Owns what of them is found.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { OwnersHandler } from '../values/index.ts';
import type { Seeker } from './asker.ts';
import { Find, type PointFound } from './find.ts';
import { pointOf } from './point.ts';
import type { Point } from './zone.ts';

/** In an overlay of few nodes several points of a key are in one zone: so many are tried for each replica. */
const POINTS_PER_REPLICA = 6;

export function pointsMaxOf(replicas: number): number {
  return POINTS_PER_REPLICA * replicas;
}

/** The place of a key by that hash function, and its reality. */
export function placeOfKey(
  key: Id160,
  index: number,
  { dims, units }: { readonly dims: number; readonly units: number },
): { unit: number; point: Point } {
  return { unit: index % units, point: pointOf(key, Math.floor(index / units), dims) };
}

export class FindOwners {
  private readonly node: Seeker;
  private readonly key: Id160;
  private readonly want: number;
  private readonly handler: OwnersHandler;
  private readonly startedAtMs: number;
  /** By hash function. */
  private readonly found: PointFound[] = [];
  private begun = 0;
  private ended = 0;

  constructor(node: Seeker, key: Id160, want: number, handler: OwnersHandler) {
    this.node = node;
    this.key = key;
    this.want = want;
    this.handler = handler;
    this.startedAtMs = node.asker.host.now();
  }

  /** `onFind` may come before this returns. */
  start(): void {
    this.look(this.want);
  }

  private look(count: number): void {
    const first = this.begun;
    this.begun = Math.min(this.begun + count, pointsMaxOf(this.want));
    for (let index = first, end = this.begun; index < end; index++) {
      const { unit, point } = placeOfKey(this.key, index, this.node.asker.options);
      new Find(this.node, point, { unit }, { onPoint: (found) => this.onPoint(index, found) }).start();
    }
  }

  private onPoint(index: number, found: PointFound): void {
    this.found[index] = found;
    this.ended++;
    if (this.ended < this.begun) return;
    const owners = this.owners();
    const missing = this.want - owners.length;
    if (missing > 0 && this.begun < pointsMaxOf(this.want) && owners.length > 0) this.look(missing);
    else this.end(owners);
  }

  private owners(): Contact[] {
    const owners: Contact[] = [];
    for (const { owners: all } of this.found) {
      for (const owner of all) if (owners.length < this.want && !owners.some((other) => equalIds(other, owner))) owners.push(owner);
    }
    return owners;
  }

  private end(owners: readonly Contact[]): void {
    const timeouts = this.found.reduce((sum, each) => sum + each.timeouts, 0);
    const hops = this.found[0]?.hops ?? 0;
    const tookMs = this.node.asker.host.now() - this.startedAtMs;
    this.handler.onFind({ target: this.key, owners, hops, timeouts, tookMs, path: [] });
  }
}
