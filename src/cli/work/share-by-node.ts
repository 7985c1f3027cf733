/** What `kith share` leaves to the node that runs, once it is hashed: the link is printed, and the node goes on sharing. Owns no state. */

import { resolve } from 'node:path';
import type { Publication } from '../../node/publication.ts';
import { formatBytes } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { programWord } from '../follow.ts';
import { findNode } from './running-node.ts';
import { type ShareOptions, writeTorrent } from './share-content.ts';

/** False when none runs. */
export async function shareByNode(
  call: Call,
  paths: readonly string[],
  { metainfo }: Publication,
  options: ShareOptions,
): Promise<boolean> {
  const { console, interruption } = call;
  const node = await findNode(call, interruption.signal);
  if (node === null) return false;
  // It finds the hashes where this command has left them.
  const { transfer, already } = await node.share(
    paths.map((path) => resolve(path)),
    {
      version: options.version ?? 1,
      private: options.private === true,
      ...(options.name !== undefined && { name: options.name }),
      ...(options.pieceSize !== undefined && { pieceBytes: options.pieceSize }),
      ...(options.label !== undefined && { labels: options.label }),
    },
  );
  const { trackers } = await node.status();
  if (options.torrent !== undefined) await writeTorrent(options.torrent, metainfo, { trackers, webSeeds: [], dhtNodes: [] });
  const { name, number, link } = transfer;
  console.say(
    already
      ? `The node has ${console.strong(name)} already.`
      : `The node shares ${console.strong(name)} (${formatBytes(metainfo.totalBytes)}). To end it: ${programWord()} rm ${number}`,
  );
  const torrent = options.torrent === undefined ? null : resolve(options.torrent);
  console.event('link', { link, trackers, torrent, transfer, already });
  console.result(link);
  return true;
}
