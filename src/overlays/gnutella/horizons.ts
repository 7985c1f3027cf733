/** How much there is within so many hops, as neighbours tell it (HSEP 0.2). Owns the moment at which they were told last. */

import { NO_GUID } from './guid.ts';
import { HORIZON_HOPS_MAX, type Horizon, type HorizonRow, horizonCodec } from './horizon.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet, PacketType, read } from './packet.ts';
import type { GnutellaServent } from './servent.ts';

const TELL_MS = 30_000;
const NOTHING: HorizonRow = { servents: 0, files: 0, kibibytes: 0 };

export class Horizons {
  private readonly servent: GnutellaServent;
  private toldAtMs = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  tick(nowMs: number): void {
    if (!this.servent.options.tellsHorizon || nowMs - this.toldAtMs < TELL_MS) return;
    this.toldAtMs = nowMs;
    for (const neighbour of this.servent.neighbours.values()) if (neighbour.tellsHorizon) neighbour.send(this.packetFor(neighbour));
  }

  onMessage(from: Neighbour, packet: Packet): void {
    const horizon = read(packet, horizonCodec);
    if (horizon === null) from.onBad();
    else from.horizon = horizon;
  }

  /** What all neighbours tell together: how much there is one hop away, two, and so on, each with what is nearer. */
  reach(): Horizon {
    return this.rowsWithout(null);
  }

  /** Nobody is told what he has told us himself; a leaf is told of others, and tells of itself alone. */
  private packetFor(neighbour: Neighbour): Packet {
    const { files } = this.servent.options;
    const own = { servents: 1, files: files.count, kibibytes: Math.floor(files.totalBytes / 1024) };
    const behind = this.servent.role === 'leaf' ? [] : this.rowsWithout(neighbour);
    const horizon = [own, ...behind.slice(0, HORIZON_HOPS_MAX - 1).map((row) => sum(own, row))];
    const payload = new Uint8Array(horizonCodec.size(horizon));
    horizonCodec.encode(horizon, payload, 0);
    return new Packet(NO_GUID, PacketType.horizon, 1, 0, payload);
  }

  private rowsWithout(neighbour: Neighbour | null): HorizonRow[] {
    let hops = 0;
    const others = [...this.servent.neighbours.values()].flatMap((other) =>
      other === neighbour || other.horizon === null ? [] : [other.horizon],
    );
    for (const horizon of others) hops = Math.max(hops, horizon.length);
    return Array.from({ length: hops }, (_, hop) =>
      others.reduce((total, horizon) => sum(total, horizon[hop] ?? (horizon.at(-1) as HorizonRow)), NOTHING),
    );
  }
}

/** Bounded, so that nobody's exaggeration grows from neighbour to neighbour. */
const COUNT_MAX = 1e15;

function sum(a: HorizonRow, b: HorizonRow): HorizonRow {
  const add = (x: number, y: number): number => Math.min(COUNT_MAX, x + y);
  return { servents: add(a.servents, b.servents), files: add(a.files, b.files), kibibytes: add(a.kibibytes, b.kibibytes) };
}
