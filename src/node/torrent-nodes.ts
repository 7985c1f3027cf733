/** The nodes that a torrent names (BEP 5), told to the DHT that is there; owns no state. */

import type { Metainfo } from '../transfer/bittorrent/metainfo.ts';
import type { PeerFinder } from '../transfer/bittorrent/peer-finder.ts';
import { resolvePeer } from './peer-address.ts';

/** Strangers have written them: each costs a name to be looked up, and a question. */
const NODES_MAX = 16;

/**
 * Each is asked whether it is one; a name that nobody knows, or that must not be looked up here (`looksUp`), is nothing to complain about. Of a
 * private torrent (BEP 27) none is asked.
 */
export async function tellNodes(
  { private: isPrivate, dhtNodes = [] }: Metainfo,
  dht: Pick<PeerFinder, 'addNode'>,
  looksUp: boolean,
): Promise<void> {
  if (isPrivate) return;
  const texts = dhtNodes.slice(0, NODES_MAX).map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
  const endpoints = await Promise.all(texts.map((text) => resolvePeer(text, looksUp).catch(() => null)));
  for (const endpoint of endpoints) if (endpoint !== null) dht.addNode(endpoint);
}
