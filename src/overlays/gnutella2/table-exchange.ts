/**
 * Tells hubs which words can be answered here: a leaf of its own files, a hub of its own and those of its leaves. Owns the tables as they are now.
 */

import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { QueryTable } from './query-table.ts';
import { hashesOfFiles } from './table-words.ts';
import { tablePackets } from './table-packets.ts';

export class TableExchange {
  private readonly node: Gnutella2Node;
  private own: QueryTable | null = null;
  private ownVersion = -1;
  private joint: QueryTable | null = null;

  constructor(node: Gnutella2Node) {
    this.node = node;
  }

  /** A leaf has told of other words, or is gone. */
  changed(): void {
    this.joint = null;
  }

  /** To be called every second: sends what has changed, to each neighbour once in a while. */
  tick(nowMs: number): void {
    for (const link of this.node.links.hubs) if (nowMs - link.tableMs >= this.node.options.tableGapMs) this.tell(link, nowMs);
  }

  tell(link: Link, nowMs: number): void {
    const table = this.current();
    if (link.sentTable === table) return;
    for (const packet of tablePackets(table, link.sentTable, this.node.compression)) link.send(packet);
    link.sentTable = table;
    // Who has begun with nothing tells the first that he has at once.
    if (table.count > 0) link.tableMs = nowMs;
  }

  private current(): QueryTable {
    const { files, tableBits } = this.node.options;
    if (this.own === null || this.ownVersion !== files.version) {
      this.own = QueryTable.of(hashesOfFiles(files), tableBits);
      this.ownVersion = files.version;
      this.joint = null;
    }
    if (!this.node.role.isHub) return this.own;
    this.joint ??= QueryTable.union([this.own, ...this.node.links.leaves.flatMap(({ table }) => table ?? [])], tableBits);
    return this.joint;
  }
}
