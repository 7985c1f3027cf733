/** What holds in every swarm of the engine, whatever goes wrong: checked while blocks arrive and after everybody has left. For tests. */

import assert from 'node:assert/strict';
import type { PeerConnection } from '../../src/transfer/bittorrent/peer-connection.ts';
import type { Torrent } from '../../src/transfer/bittorrent/torrent.ts';
import type { Member, SwarmWorld } from '../../src/lab/swarm-world.ts';

/** Collects blocks that came while their receiver was choked; allowed are pieces granted by BEP 6. */
export class ChokeWitness {
  readonly offences: string[] = [];

  watch(torrent: Torrent): void {
    const granted = new Map<PeerConnection, Set<number>>();
    const { onAllowedFast, onBlockSlice } = torrent;
    torrent.onAllowedFast = (connection, piece) => {
      const pieces = granted.get(connection) ?? new Set();
      granted.set(connection, pieces.add(piece));
      onAllowedFast.call(torrent, connection, piece);
    };
    torrent.onBlockSlice = (connection, head, body, offset) => {
      if (connection.peerChoking && granted.get(connection)?.has(head.piece) !== true) {
        this.offences.push(`piece ${head.piece} from slot ${connection.slot}`);
      }
      onBlockSlice.call(torrent, connection, head, body, offset);
    };
  }
}

/** While it runs: the engine's counters agree with the connections that there are. */
export function checkCounters({ node, torrent }: Member): void {
  const engine = node.protocol;
  const { swarm } = torrent;
  assert.ok(engine.halfOpenCount >= 0 && engine.halfOpenCount <= engine.connectionCount, `${engine.halfOpenCount} connections half open`);
  assert.ok(engine.connectionCount >= swarm.size, `${swarm.size} peers on ${engine.connectionCount} connections`);
  const downloader = torrent.exchange?.downloader;
  if (downloader === undefined) return;
  const asked = [...swarm.connections].filter((connection) => connection.outstanding.length > 0).length;
  assert.equal(downloader.picker.requesterCount, asked, 'peers that the picker has asked, and connections with requests outstanding');
}

/** Ends all processes, and finds nothing left of what they held. */
export function checkNothingLeft(swarm: SwarmWorld): void {
  const before = swarm.members.map(({ torrent }) => torrent.exchange?.downloader.picker ?? null);
  swarm.leaveAll();
  for (const [index, { node, torrent }] of swarm.members.entries()) {
    const { protocol, host } = node;
    assert.equal(protocol.connectionCount, 0, `connections of node ${node.index}`);
    assert.equal(protocol.halfOpenCount, 0, `half-open connections of node ${node.index}`);
    assert.equal(torrent.swarm.size, 0, `peers of node ${node.index}`);
    assert.equal(host.timersPending, 0, `timers of node ${node.index}`);
    assert.equal(before[index]?.requesterCount ?? 0, 0, `requests of node ${node.index}`);
  }
}
