/** One load of `bench/stream.ts` by kith: what `kith stream` does, in a process of its own, with a player in it. Prints one line of JSON. */

import { parseEndpoint } from '../src/core/endpoint.ts';
import { Session } from '../src/node/session.ts';
import { readSource } from '../src/node/source.ts';
import { StreamedFile } from '../src/node/streamed-file.ts';
import { StreamServer } from '../src/node/stream-server.ts';
import { play } from './stream-player.ts';

export interface LoadOptions {
  readonly torrent: string;
  readonly folder: string;
  readonly peer: string;
  readonly bytesPerSecond: number;
  readonly seconds: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions; // The bench wrote it.
const session = await Session.open({
  listenHost: '127.0.0.1',
  proxy: null,
  listenPort: 0,
  transport: 'both',
  asksUdpTrackersElsewhere: false,
  dht: null,
  stateFolder: `${options.folder}-state`,
  writes: true,
  encryption: 'allow',
  webRtc: null,
  localDiscovery: false,
  whyNoPortMapping: 'a benchmark',
  diskReserveBytes: null,
  schedule: null,
  ipFilterPath: '',
  warn: () => {},
  uploadRateMax: 0,
  downloadRateMax: 0,
  uploadSlots: 'adaptive',
  connectionsMax: 500,
  connectionsPerTorrentMax: 100,
});
const server = await StreamServer.open();
const source = await readSource(options.torrent, null, null);
const peer = parseEndpoint(options.peer);
if (peer === null) throw new Error(`expected ip:port, got ${options.peer}`);
const addedAtMs = performance.now();
const { metainfo, infoHash, name, trackers } = source;
const transfer = session.add({
  metainfo,
  infoHash,
  name,
  trackers,
  peers: [peer],
  location: options.folder,
  selectOnly: [0],
  writable: true,
  recheck: 'trust',
  sequential: false,
  paused: false,
  uploadRateMax: 0,
  downloadRateMax: 0,
});
const file = new StreamedFile(transfer.torrent, 0, server.pathOf('film.mp4'), addedAtMs);
void file.look();
const played = await play(server.add(file), options.bytesPerSecond, options.seconds);
process.stdout.write(`${JSON.stringify({ ...played, addMs: played.firstByteAtMs - addedAtMs })}\n`);
await server.close();
await session.close();
