/** How everyday matters that are no protocol plug into a node: schedules, watch folders, feeds, moves on completion. Owns no state. */

import type { NodeOperations } from './node-operations.ts';

/** Knows the node by its operations alone; follows what happens by `node.events`, and owns what else it needs. */
export interface NodePolicy {
  readonly name: string;
  /** Called once a second with the time in ms since 1970, not again before it is through. What it throws is told as a warning, once. */
  tick(node: NodeOperations, nowMs: number): Promise<void> | void;
  /** The node stops. */
  stop?(): void;
}
