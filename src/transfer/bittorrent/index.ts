/** The BitTorrent engine: `kith/bittorrent`. Make a `BitTorrent` on a host, and `add` torrents to it. */

export { BitTorrent, DuplicateTorrent } from './bittorrent.ts';
export { choosePieceBytes, encodeInfo, encodeMetainfo, type NewInfo } from './create-metainfo.ts';
export type { EncryptionPolicy } from './encryption-policy.ts';
export { FILE_PRIORITIES } from './file-priority.ts';
export { IpFilter } from './ip-filter.ts';
export { IpFilterError, IpFilterParser, type ParsedIpFilter } from './ip-filter-parser.ts';
export type { Metainfo } from './metainfo.ts';
export type { FileReader } from './file-reader.ts';
export { parseInfo, parseMetainfo } from './parse-metainfo.ts';
export type { FoundHandler, PeerFinder, SearchOptions } from './peer-finder.ts';
export type { Torrent } from './torrent.ts';
export type * from './torrent-status.ts';
export type { Transport, TransportChoice } from './transports.ts';
