/** What people are told of a torrent, gathered from its parts when somebody looks; owns no state. */

import { geometryOf } from './metainfo.ts';
import type { Torrent } from './torrent.ts';
import type { TorrentStatus } from './torrent-status.ts';

export function statusOf(torrent: Torrent): TorrentStatus {
  const now = torrent.now();
  const { exchange, metainfo, content } = torrent;
  let seeds = 0;
  for (const connection of torrent.connections) if (connection.isSeed) seeds++;
  return {
    infoHash: torrent.infoHashHex,
    name: metainfo?.name ?? torrent.spec.name ?? torrent.infoHashHex,
    state: torrent.state,
    failure: torrent.failure,
    pausedBy: [...torrent.pausedBy],
    shortage: torrent.engine.diskGuard.shortageOf(torrent),
    location: content.location,
    moving: content.moving,
    pieceCount: metainfo?.pieceCount ?? 0,
    piecesHave: content.store?.have.count ?? 0,
    wantedBytes: exchange?.selection.wantedBytes() ?? (metainfo === null ? 0 : geometryOf(metainfo).contentBytes),
    wantedHaveBytes: exchange === null ? 0 : exchange.selection.haveBytes(exchange.store.have),
    checkedBytes: content.checkedBytes,
    ...torrent.traffic.status(now),
    peers: torrent.swarm.size,
    seeds,
    candidates: torrent.swarm.candidates.size,
    trackers: torrent.sources.announcer.status(),
    webSeeds: torrent.webSeeds.statuses(),
  };
}
