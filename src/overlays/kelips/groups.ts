/** Which affinity group a node or a key belongs to (IPTPS 2003, section 2): its hash, modulo their number. Owns no state. */

import type { Id160 } from '../../core/id160.ts';

/** Points are hashes, so that their last 32 bits are as good as all of them. */
export function groupOf(id: Id160, groups: number): number {
  return (id.w4 >>> 0) % groups;
}
