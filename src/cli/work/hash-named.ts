/** The hash that somebody means with 40 digits, a magnet link or a .torrent: a point of the Mainline DHT. Owns no state. */

import { chosenProxy } from '../../node/chosen-proxy.ts';
import { readSource } from '../../node/source.ts';
import type { Call } from '../cli.ts';

/** 20 bytes; of BitTorrent v2 the first 20. Rejects with a Failure. */
export async function hashNamed({ settings }: Call, text: string): Promise<Uint8Array> {
  return (await readSource(text, null, chosenProxy(settings))).infoHash;
}
