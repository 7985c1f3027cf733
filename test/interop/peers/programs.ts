/** The BitTorrent programs that the interop tests run, in the order of the report. */

import { aria2 } from './aria2.ts';
import { libtorrent } from './libtorrent.ts';
import type { PeerProgram } from './peer.ts';
import { rtorrent } from './rtorrent.ts';
import { transmission } from './transmission.ts';
import { webtorrent } from './webtorrent.ts';

export const PROGRAMS: readonly PeerProgram[] = [libtorrent, transmission, aria2, rtorrent, webtorrent];
