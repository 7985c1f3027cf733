/** What keeps a CAN at rest from being as it should be: the zones of each reality tile the torus, and everybody knows all that are next to it. Owns no state. */

import { mapKeyOf } from '../../core/id160.ts';
import type { Can } from './can.ts';
import { type Claim, sameClaim } from './claim.ts';
import type { Reality } from './reality.ts';
import { Zone } from './zone.ts';

/** The first thing that is wrong, for people; null when nothing is. */
export function zonesComplaint(nodes: readonly Can[]): string | null {
  const [first] = nodes;
  if (first === undefined) return null;
  for (let unit = 0; unit < first.options.units; unit++) {
    const realities = nodes.map((node) => node.realities[unit] as Reality);
    const complaint = tilingComplaint(realities) ?? boxesComplaint(realities) ?? neighboursComplaint(realities);
    if (complaint !== null) return `reality ${unit}: ${complaint}`;
  }
  return null;
}

/** Every point is in exactly one zone, whoever and how many share it. */
export function tilingComplaint(realities: readonly Reality[]): string | null {
  const zones = new Map<number, Zone>();
  for (const { self, claims, node } of realities) {
    for (const { zone } of claims) {
      if (zones.has(zone.code) && node.options.zonePeers === 1) return `${self.hex} has the zone ${zone.text} of another`;
      zones.set(zone.code, zone);
    }
  }
  let volume = 0;
  for (const { code, depth, text } of zones.values()) {
    volume += 1 / 2 ** depth;
    for (let above = Math.floor(code / 2); above > 0; above = Math.floor(above / 2))
      if (zones.has(above)) return `the zone ${text} is in another`;
  }
  return volume === 1 ? null : `zones have a volume of ${volume}`;
}

function boxesComplaint(realities: readonly Reality[]): string | null {
  const several = realities.find(({ claims }) => claims.length > 1);
  return several === undefined ? null : `${several.self.hex} has the zones ${several.zones.map(({ text }) => text).join(' and ')}`;
}

function neighboursComplaint(realities: readonly Reality[]): string | null {
  const byId = new Map(realities.map((reality) => [mapKeyOf(reality.self), reality]));
  const leaves = Map.groupBy(realities, ({ claims }) => claims[0]?.zone.code ?? 0);
  for (const reality of realities) {
    const complaint = toldComplaint(reality, byId) ?? missedComplaint(reality, leaves);
    if (complaint !== null) return complaint;
  }
  return null;
}

/** Whom it has as neighbours is next to it, with that zone. */
function toldComplaint({ self, claims, neighbours }: Reality, byId: ReadonlyMap<string, Reality>): string | null {
  const [own] = claims;
  for (const { contact, claims: told } of neighbours) {
    const there = byId.get(mapKeyOf(contact))?.claims[0];
    if (there === undefined) return `${self.hex} has ${contact.hex} as neighbour, which is no member`;
    if (told.length !== 1 || told[0]?.zone.code !== there.zone.code) return `${self.hex} has old news of ${contact.hex}`;
    if (own === undefined || !(own.zone.abuts(there.zone) || sameClaim(own, there))) return `${self.hex} is not next to ${contact.hex}`;
  }
  return null;
}

/** Of each zone next to its own it knows somebody, and of those that share its own everybody. */
function missedComplaint({ self, claims, neighbours, node }: Reality, leaves: ReadonlyMap<number, readonly Reality[]>): string | null {
  const [own] = claims;
  if (own === undefined) return null;
  const codes = new Set(neighbours.map((neighbour) => neighbour.claims[0]?.zone.code));
  const ids = new Set(neighbours.map(({ contact }) => mapKeyOf(contact)));
  const peers = node.options.zonePeers > 1 ? (leaves.get(own.zone.code) ?? []) : [];
  const missed =
    peers.find((other) => other.self !== self && sameClaim(own, other.claims[0] as Claim) && !ids.has(mapKeyOf(other.self))) ??
    leavesNextTo(own.zone, leaves).find(([first]) => !codes.has(first?.claims[0]?.zone.code))?.[0];
  return missed === undefined ? null : `${self.hex} does not know ${missed.self.hex}, which is next to it`;
}

/** Of a partition without gaps, down its tree: what is neither over the zone nor next to it has nothing in it that is. */
function leavesNextTo(zone: Zone, leaves: ReadonlyMap<number, readonly Reality[]>): (readonly Reality[])[] {
  const found: (readonly Reality[])[] = [];
  const left = [new Zone(1, zone.dims)];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const isNext = at.abuts(zone);
    if (!isNext && !at.overlaps(zone)) continue;
    const there = leaves.get(at.code);
    if (there === undefined) left.push(new Zone(2 * at.code, zone.dims), new Zone(2 * at.code + 1, zone.dims));
    else if (isNext) found.push(there);
  }
  return found;
}
