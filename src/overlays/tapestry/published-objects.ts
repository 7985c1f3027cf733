/** The objects that this node serves: published again as long as it does, since pointers are soft state (JSAC 2004, section III-C). Owns their names. */

import { type Id160, mapKeyOf } from '../../core/id160.ts';
import { Publish, type PublishHandler } from './publish.ts';
import type { Tapestry } from './tapestry.ts';

/** Objects that are published again in one round. */
const PUBLISHED_PER_ROUND = 16;

interface Published {
  readonly name: Id160;
  readonly atMs: number;
}

export class PublishedObjects {
  private readonly node: Tapestry;
  /** By name, the one that was published longest ago first. */
  private readonly names = new Map<string, Published>();

  constructor(node: Tapestry) {
    this.node = node;
  }

  get size(): number {
    return this.names.size;
  }

  has(name: Id160): boolean {
    return this.names.has(mapKeyOf(name));
  }

  /** Throws RangeError when the node serves as many as it may. */
  publish(name: Id160, handler: PublishHandler): void {
    const { options } = this.node;
    if (!this.has(name) && this.names.size >= options.objectsMax)
      throw new RangeError(`a node serves at most ${options.objectsMax} objects`);
    this.send(name, handler);
  }

  unpublish(name: Id160, handler: PublishHandler): void {
    this.names.delete(mapKeyOf(name));
    new Publish(this.node, name, 0, handler).start();
  }

  /** Some round later all that are due have been published again. */
  round(): void {
    const { node, names } = this;
    node.pointers.expire();
    const dueAtMs = node.host.now() - node.options.republishMs;
    const due = [...names.values()].slice(0, PUBLISHED_PER_ROUND).filter(({ atMs }) => atMs <= dueAtMs);
    for (const { name } of due) this.send(name, { onPublished() {} });
  }

  private send(name: Id160, handler: PublishHandler): void {
    const key = mapKeyOf(name);
    this.names.delete(key);
    this.names.set(key, { name, atMs: this.node.host.now() });
    new Publish(this.node, name, this.node.options.expiryMs, handler).start();
  }
}
