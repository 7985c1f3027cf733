/** What neighbours tell each other every minute: of themselves (LNI), and of hubs that they know (KHL). Owns what was last told of hubs. */

import type { Gnutella2Node } from './gnutella2-node.ts';
import { CACHED_TOLD_MAX, type HubFact, knownHubsPacket, parseKnownHubs } from './known-hubs.ts';
import type { Link } from './link.ts';
import { nodeInfoPacket, parseNodeInfo } from './node-info.ts';
import type { Packet } from './packet.ts';

/** The same list of hubs serves so long for all that are told. */
const LIST_MS = 5_000;

export class NeighbourNews {
  private readonly node: Gnutella2Node;
  private list: Packet | null = null;
  private listMs = Number.NEGATIVE_INFINITY;

  constructor(node: Gnutella2Node) {
    this.node = node;
  }

  onInfo(link: Link, packet: Packet): void {
    const info = parseNodeInfo(packet);
    link.info = info;
    this.node.links.named(link, info.guid);
    if (link.kind === 'hub' && info.hub !== null) this.node.learnHub(link.endpoint, 0, info.hub.leaves, info.hub.leavesMax);
  }

  onKnownHubs(link: Link, packet: Packet): void {
    if (link.kind !== 'hub') return;
    for (const hub of parseKnownHubs(packet)) this.node.learnHub(hub.endpoint, hub.ageMs, hub.leaves, hub.leavesMax);
  }

  tell(link: Link, nowMs: number): void {
    link.toldMs = nowMs;
    const { links, guid, own, options, role } = this.node;
    const { files, leavesMax } = options;
    const { isFirewalled } = this.node;
    const hub = role.isHub ? { leaves: links.leaves.length, leavesMax } : null;
    const shared = { files: files.count, kilobytes: Math.floor(files.totalBytes / 1024) };
    // Who has no address has a name all the same, by which pushes find him.
    if (own.endpoint !== null || isFirewalled) link.send(nodeInfoPacket(own.endpoint, guid, { ...shared, hub, isFirewalled }));
    if (hub !== null) link.send(this.knownHubs(nowMs));
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const { links, options } = this.node;
    for (const link of links.hubs) if (nowMs - link.toldMs >= options.infoMs) this.tell(link, nowMs);
    for (const link of links.leaves) if (nowMs - link.toldMs >= options.infoMs) this.tell(link, nowMs);
  }

  private knownHubs(nowMs: number): Packet {
    if (this.list !== null && nowMs - this.listMs < LIST_MS) return this.list;
    const neighbours: HubFact[] = this.node.links.hubs.map(({ endpoint, info }) => ({
      endpoint,
      leaves: info?.hub?.leaves ?? 0,
      leavesMax: info?.hub?.leavesMax ?? 0,
      ageMs: 0,
    }));
    const cached = this.node
      .otherHubs(CACHED_TOLD_MAX)
      .map(({ endpoint, leaves, leavesMax, seenMs }) => ({ endpoint, leaves, leavesMax, ageMs: nowMs - seenMs }));
    this.list = knownHubsPacket(neighbours, cached, nowMs);
    this.listMs = nowMs;
    return this.list;
  }
}
