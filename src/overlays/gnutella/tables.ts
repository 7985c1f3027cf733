/**
 * The route tables that we send: a leaf's to its ultrapeers, and an ultrapeer's, which has all of its leaves' words too, to other ultrapeers. Owns the
 * last of each, and what neighbours had before.
 */

import type { SharedFiles } from '../../wire/shared-file.ts';
import { newGuid } from './guid.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet, PacketType } from './packet.ts';
import { hashesOfFile } from './route-table-hash.ts';
import { RouteTable } from './route-table.ts';
import { tableMessageCodec } from './route-table-message.ts';
import type { GnutellaServent } from './servent.ts';
import { tableMessages } from './table-patch.ts';

const PAGE_FILES = 1_000;
/** A table is at most so full: each query meets so many slots by mere chance. */
const SLOTS_PER_WORD = 16;

export class Tables {
  private readonly servent: GnutellaServent;
  private own: RouteTable | null = null;
  private ownVersion = -1;
  private all: RouteTable | null = null;
  private isStale = true;
  private sentAtMs = Number.NEGATIVE_INFINITY;
  /** While several are told the same: from what to what it leads, and how it reads. */
  private patch: { readonly before: RouteTable | null; readonly after: RouteTable; readonly payloads: readonly Uint8Array[] } | null = null;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  /** A new neighbour gets what there is. */
  onNeighbour(neighbour: Neighbour): void {
    if (this.isForHim(neighbour)) this.send(neighbour, this.current());
    this.patch = null;
  }

  /** A leaf has come with its table, has changed it, or is gone. */
  onLeafChanged(): void {
    this.isStale = true;
  }

  /** Called every second: tells neighbours what has changed, at most once in `tableMs`. */
  tick(nowMs: number): void {
    const { options, role } = this.servent;
    if (!options.usesRouteTables || nowMs - this.sentAtMs < options.tableMs) return;
    if (role === 'ultrapeer' ? !this.isStale && options.files.version === this.ownVersion : options.files.version === this.ownVersion)
      return;
    for (const neighbour of this.servent.neighbours.values())
      if (this.isForHim(neighbour) && this.send(neighbour, this.current())) this.sentAtMs = nowMs;
    this.patch = null;
  }

  /** What we tell others that we, and our leaves, have. */
  current(): RouteTable {
    const own = this.ownTable();
    if (this.servent.role !== 'ultrapeer') return own;
    if (this.all === null || this.isStale) this.all = this.withLeaves(own);
    this.isStale = false;
    return this.all;
  }

  private isForHim({ kind, hasRouteTable, hasUltrapeerTable }: Neighbour): boolean {
    const { options, role } = this.servent;
    if (!options.usesRouteTables || kind !== 'ultrapeer') return false;
    return role === 'leaf' ? hasRouteTable : hasUltrapeerTable;
  }

  private ownTable(): RouteTable {
    const { files } = this.servent.options;
    if (this.own !== null && this.ownVersion === files.version) return this.own;
    this.ownVersion = files.version;
    this.isStale = true;
    const hashes = allHashes(files);
    this.own = RouteTable.ofHashes(this.bitsFor(hashes.size, 0), hashes);
    return this.own;
  }

  private withLeaves(own: RouteTable): RouteTable {
    const tables = [own];
    let bits = own.bits;
    let count = own.count;
    for (const leaf of this.servent.neighbours.values()) {
      if (leaf.kind !== 'leaf' || leaf.table === null) continue;
      tables.push(leaf.table);
      bits = Math.max(bits, Math.min(leaf.table.bits, this.servent.options.tableBitsMax));
      count += leaf.table.count;
    }
    return RouteTable.union(this.bitsFor(count, Math.max(bits, this.all?.bits ?? 0)), tables);
  }

  private bitsFor(words: number, least: number): number {
    const { tableBitsMin, tableBitsMax } = this.servent.options;
    let bits = Math.max(tableBitsMin, least);
    while (bits < tableBitsMax && 2 ** bits < SLOTS_PER_WORD * words) bits++;
    return bits;
  }

  /** False: he has it. */
  private send(neighbour: Neighbour, table: RouteTable): boolean {
    const before = neighbour.sentTable;
    if (before === table) return false;
    if (this.patch?.before !== before || this.patch.after !== table)
      this.patch = { before, after: table, payloads: this.payloads(before, table) };
    neighbour.sentTable = table;
    for (const payload of this.patch.payloads)
      neighbour.send(new Packet(newGuid(this.servent.host.random), PacketType.routeTable, 1, 0, payload));
    return true;
  }

  private payloads(before: RouteTable | null, after: RouteTable): Uint8Array[] {
    return tableMessages(before, after, this.servent.options.compression).map((message) => {
      const payload = new Uint8Array(tableMessageCodec.size(message));
      tableMessageCodec.encode(message, payload, 0);
      return payload;
    });
  }
}

function allHashes(files: SharedFiles): Set<number> {
  const hashes = new Set<number>();
  for (let page = files.after(0, PAGE_FILES); page.length > 0; page = files.after((page.at(-1) as { id: number }).id, PAGE_FILES))
    for (const file of page) hashesOfFile(file, hashes);
  return hashes;
}
