/**
 * A BitTorrent swarm: one seed and `nodes` leechers that begin together and all have the same link; with the real engine.
 *
 * Of each leecher `finishS`, seconds until it is done, and `unfinished`, 1 when it was not in time (which then has no `finishS`); of a run
 * `copiesSentBySeed`, what the seed has sent as a part of the content.
 */

import type { BitTorrentOptions } from '../../transfer/bittorrent/torrent-status.ts';
import { latencySpecOf } from '../networks.ts';
import { natOptionsOf } from '../nat-shares.ts';
import { Meter } from '../measures.ts';
import type { RunSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { finishTimes, SwarmWorld, torrentOf } from '../swarm-world.ts';
import { completeOptions } from '../system-options.ts';
import { bittorrent, PIECE_ORDERS } from '../systems/bittorrent.ts';
import { expectQuiet, workloadOf } from './workload.ts';

/** A day: a swarm that is not done by then does not get on. */
const VIRTUAL_MS_MAX = 86_400_000;

export function swarm(spec: RunSpec, seed: number): RunOutcome {
  const { pieces, pieceBytes, upBytesPerSecond, downBytesPerSecond } = workloadOf(spec, 'swarm');
  expectQuiet(spec);
  const { nat } = spec;
  const publicAddresses = nat !== undefined;
  const options = { seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss }, publicAddresses };
  const made = new SwarmWorld(torrentOf(pieces, pieceBytes), options);
  const [link, engine] = [{ upBytesPerSecond, downBytesPerSecond }, engineOf(spec)];
  const source = made.seed(link, engine);
  const leechers = Array.from({ length: spec.nodes }, (_, number) => {
    return made.leecher({ ...link, ...(nat === undefined ? {} : natOptionsOf(nat, number, seed)) }, engine);
  });
  made.finish(VIRTUAL_MS_MAX);
  const { world } = made;
  const meter = new Meter();
  for (const ms of finishTimes(leechers)) {
    meter.add('unfinished', Number.isFinite(ms) ? 0 : 1);
    if (Number.isFinite(ms)) meter.add('finishS', ms / 1000);
  }
  meter.add('copiesSentBySeed', made.copiesSentBy(source));
  return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: meter.measures() };
}

/** What the spec says of the engine. Throws RangeError when the system is none, or an option is not known. */
export function engineOf(spec: RunSpec): Partial<BitTorrentOptions> {
  if (spec.system !== bittorrent.name) throw new RangeError(`a swarm of ${bittorrent.name} expected, got ${spec.system}`);
  const { pieceOrder, uploadSlots } = completeOptions(bittorrent.name, bittorrent.defaults, spec.options);
  const order = PIECE_ORDERS.find((known) => known === pieceOrder);
  if (order === undefined) throw new RangeError(`a pieceOrder of ${PIECE_ORDERS.join(', ')} expected, got "${pieceOrder}"`);
  // Over TCP alone nobody gets in by a NAT.
  return { pieceOrder: order, uploadSlots: Number(uploadSlots), transport: spec.nat === undefined ? 'tcp' : 'both' };
}
