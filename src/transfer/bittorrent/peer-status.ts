/** What a person or a page is shown of one connected peer; owns no state. */

import { formatEndpoint } from '../../core/endpoint.ts';
import { CHOKE_REASONS } from './choke-reasons.ts';
import type { PeerConnection } from './peer-connection.ts';
import { peerFlags } from './peer-flags.ts';
import { clientOf } from './peer-id.ts';
import type { PeerStatus } from './torrent-status.ts';

/** Of a peer through the handshake. */
export function peerStatus(connection: PeerConnection, now: number): PeerStatus {
  return {
    endpoint: formatEndpoint(connection.endpoint),
    client: connection.extensions?.version ?? clientOf(connection.peerId as Uint8Array),
    flags: peerFlags(connection),
    progress: connection.fraction,
    downloadRate: connection.down.rate(now),
    uploadRate: connection.up.rate(now),
    downloadedBytes: connection.down.total,
    uploadedBytes: connection.up.total,
    sources: [...connection.sources],
    transport: connection.transport,
    encryption: connection.encryption,
    why: connection.why,
    whyText: CHOKE_REASONS[connection.why],
  };
}
