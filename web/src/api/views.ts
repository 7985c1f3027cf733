/** What the node shows and means, in its own words: the one place where the pages reach into its sources. */

export type {
  FilePriority,
  FileView,
  NodeEvent,
  NodeTotals,
  NodeView,
  PiecesView,
  ProblemView,
  SettingView,
  TransferDetail,
  TransferState,
  TransferView,
} from '../../../src/node/node-view.ts';
export type { PeerStatus, TrackerStatus, WebSeedStatus } from '../../../src/transfer/bittorrent/torrent-status.ts';
export type { Added } from '../../../src/node/node-operations.ts';
export type { Finding } from '../../../src/node/doctor.ts';
export type { LogLine } from '../../../src/node/log-tail.ts';
export type { SearchChange, SearchRowDetail, SearchRowView, SearchView } from '../../../src/node/search/search-view.ts';
export type { SearchAsk } from '../../../src/node/search/search-wish.ts';
export type { SearchNetworkStatus } from '../../../src/node/search/search-network.ts';
export type { LookupView, OverlaySummary, OverlayView } from '../../../src/node/local-overlays.ts';
export type { FetchDetail, FetchView } from '../../../src/node/search/fetch-view.ts';
export type { SearchNetworkName } from '../../../src/wire/search-hit.ts';
export { PEER_FLAGS, type PeerFlag } from '../../../src/transfer/bittorrent/peer-flags.ts';
export { SETTABLE } from '../../../src/node/api/settable.ts';
export { FETCH_STATE_WORDS, STATE_WORDS, VERDICT_WORDS, VERIFICATION_WORDS } from '../../../src/node/state-words.ts';
export { playableType } from '../../../src/wire/media-type.ts';
export { formatBytes, formatPieceBytes, formatRate, formatSeconds, parseBytes, plural } from '../../../src/node/quantity.ts';

import type { NodeEvent, NodeView, TransferView } from '../../../src/node/node-view.ts';
import type { FetchView } from '../../../src/node/search/fetch-view.ts';

/** The first message of the stream of events, and after an interruption that was too long. */
export interface Snapshot {
  readonly type: 'snapshot';
  readonly sequence: number;
  readonly atMs: number;
  readonly node: NodeView;
  readonly transfers: readonly TransferView[];
  readonly fetches: readonly FetchView[];
}
export type StreamMessage = NodeEvent | Snapshot;
