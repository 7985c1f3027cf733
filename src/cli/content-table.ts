/** What a torrent contains, as lines for people and as fields of JSON; owns no state. */

import { hexOf } from '../core/hex.ts';
import { hostAndPort } from '../node/link-host.ts';
import { formatBytes, formatPieceBytes, plural } from '../node/quantity.ts';
import { contentBytesOf, infoHashesOf, type Metainfo, versionOf } from '../transfer/bittorrent/metainfo.ts';

/** The files with the numbers that `--only` takes. */
export function fileLines(metainfo: Metainfo): string[] {
  const width = String(metainfo.files.length).length;
  return [...metainfo.files.entries()]
    .filter(([, file]) => !file.pad)
    .map(([index, { path, length, symlink }]) => {
      const arrow = symlink === null ? '' : ` → ${symlink.join('/')}`;
      return `${String(index + 1).padStart(width)}  ${formatBytes(length).padStart(8)}  ${path.join('/')}${arrow}`;
    });
}

export function factLines(metainfo: Metainfo): string[] {
  const rows: (readonly [string, string])[] = [
    ['name', metainfo.name],
    ...hashRows(metainfo),
    ['size', `${formatBytes(contentBytesOf(metainfo))} in ${plural(metainfo.files.filter((file) => !file.pad).length, 'file')}`],
    ['version', VERSIONS[versionOf(metainfo)]],
    ['pieces', `${metainfo.pieceCount} × ${formatPieceBytes(metainfo.pieceBytes)}`],
    ['private', metainfo.private ? 'yes: peers come from its trackers alone' : 'no'],
    ...metainfo.trackers.map((tier, index) => [`tracker ${index + 1}`, tier.join('  ')] as const),
    ...metainfo.webSeeds.map((url) => ['web seed', url] as const),
    ...dhtNodesOf(metainfo).map((node) => ['DHT node', node] as const),
  ];
  if (metainfo.creationDate !== null) rows.push(['made', dateOf(metainfo.creationDate)]);
  if (metainfo.createdBy !== null) rows.push(['made by', metainfo.createdBy]);
  if (metainfo.comment !== null) rows.push(['comment', metainfo.comment]);
  return rows.map(([label, value]) => `${label.padEnd(10)} ${value}`);
}

/** The info-hash of each version of BitTorrent that the torrent, or a link to it, has. */
export function hashRows(of: Metainfo | { infoHash: Uint8Array | null; infoHashV2: Uint8Array | null }): (readonly [string, string])[] {
  const { infoHash, infoHashV2 } = 'infoBytes' in of ? infoHashesOf(of) : of;
  return [
    ...(infoHash === null ? [] : [['info-hash', hexOf(infoHash)] as const]),
    ...(infoHashV2 === null ? [] : [[infoHash === null ? 'info-hash' : 'and of v2', hexOf(infoHashV2)] as const]),
  ];
}

export function metainfoFields(metainfo: Metainfo): Record<string, unknown> {
  return {
    name: metainfo.name,
    version: versionOf(metainfo),
    infoHash: hexOf(metainfo.infoHash),
    infoHashV2: metainfo.v2 === null ? null : hexOf(metainfo.v2.infoHash),
    totalBytes: contentBytesOf(metainfo),
    pieceBytes: metainfo.pieceBytes,
    pieceCount: metainfo.pieceCount,
    private: metainfo.private,
    trackers: metainfo.trackers,
    webSeeds: metainfo.webSeeds,
    dhtNodes: dhtNodesOf(metainfo),
    comment: metainfo.comment,
    createdBy: metainfo.createdBy,
    creationDate: metainfo.creationDate,
    files: [...metainfo.files.entries()]
      .filter(([, file]) => !file.pad)
      .map(([index, { path, length, executable, symlink }]) => ({
        number: index + 1,
        path: path.join('/'),
        length,
        ...(executable && { executable }),
        ...(symlink !== null && { symlink: symlink.join('/') }),
      })),
  };
}

/** `host:port`, those of its `nodes` (BEP 5). */
function dhtNodesOf({ dhtNodes = [] }: Metainfo): string[] {
  return dhtNodes.map(({ host, port }) => hostAndPort(host, port));
}

const VERSIONS = { 1: 'BitTorrent v1', 2: 'BitTorrent v2', hybrid: 'BitTorrent v1 and v2 in one' } as const;

/** Dates from strangers may lie beyond what Date takes. */
function dateOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString().slice(0, 19).replace('T', ' ');
}
