/** The hash that somebody means with 40 digits, a magnet link or a .torrent: a point of the Mainline DHT. Owns no state. */

import { readSource } from '../../node/source.ts';

/** 20 bytes; of BitTorrent v2 the first 20. Rejects with a Failure. */
export async function hashNamed(text: string): Promise<Uint8Array> {
  return (await readSource(text, null)).infoHash;
}
