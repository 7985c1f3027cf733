/** Our tracker asked by programs that others wrote, and our announcer asking opentracker: peers find each other over HTTP and UDP. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { formatEndpoint } from '../../src/core/endpoint.ts';
import { bytesOfHex } from '../../src/core/hex.ts';
import type { Endpoint, Host, Protocol } from '../../src/core/host.ts';
import { HttpFetcher } from '../../src/net/fetcher.ts';
import { SocketHost } from '../../src/net/index.ts';
import { Tracker } from '../../src/overlays/tracker/index.ts';
import { Announcer } from '../../src/transfer/bittorrent/announcer.ts';
import { UdpTrackerClient } from '../../src/transfer/bittorrent/udp-tracker-client.ts';
import { udpTrackerResponse } from '../../src/wire/tracker-udp.ts';
import { treeOf, writeContent, writeTorrent } from './peers/content.ts';
import { libtorrent } from './peers/libtorrent.ts';
import { opentrackerMissing, startOpentracker } from './peers/opentracker.ts';
import type { PeerProgram } from './peers/peer.ts';
import { freePort, until } from './peers/process-group.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

const CONTENT_BYTES = 100_000;
const WAIT_MS = 30_000;
/** transmission serves its first block after ten seconds or more. */
const TRANSFER_MS = 60_000;
const CONTENT = 'shared';
/** Who says `stopped` when it is ended by a signal; the others just go. */
const FAREWELLS = { http: 'rtorrent', udp: 'transmission' } as const;

/** A peer that only announces. */
class AnnouncingPeer implements Protocol {
  readonly announcer: Announcer;
  readonly found = new Set<string>();
  private readonly host: Host;
  private readonly udp: UdpTrackerClient;
  readonly fetcher = new HttpFetcher();

  constructor(host: Host, infoHash: string, port: number, trackers: readonly string[]) {
    this.host = host;
    this.udp = new UdpTrackerClient(host);
    const peerId = new TextEncoder().encode('-KT0100-abcdefghijkl');
    const spec = {
      infoHash: bytesOfHex(infoHash) as Uint8Array,
      peerId,
      port,
      key: 1,
      tiers: trackers.map((url) => [url]),
      private: false,
    };
    this.announcer = new Announcer(host, this.udp, this.fetcher, spec, this);
  }

  start(): void {
    this.host.bind(udpTrackerResponse, this.udp);
    this.announcer.start(this.host.now());
    this.host.setTimer(100, 0, 0);
  }

  onTimer(): void {
    this.udp.tick(this.host.now());
    this.announcer.tick(this.host.now());
    this.host.setTimer(100, 0, 0);
  }

  counters() {
    return { uploaded: 0, downloaded: 0, left: 1 };
  }

  onPeers(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) this.found.add(formatEndpoint(endpoint));
  }

  /** Leaves the event to a timer, as every call from outside does. */
  stop(): void {
    this.announcer.stop();
  }

  inspect(): unknown {
    return this.announcer.status();
  }

  async works(): Promise<void> {
    await until(
      'every tracker to answer',
      WAIT_MS,
      () => this.announcer.status().every(({ state }) => state === 'working'),
      () => JSON.stringify(this.announcer.status()),
    );
  }
}

for (const address of ['127.0.0.1', '::1']) {
  test(`two of our peers find each other through our tracker at ${address}, over UDP and over HTTP`, async (t) => {
    const tracker = await startTracker(t, address);
    for (const url of [tracker.udpUrl, tracker.httpUrl]) {
      const infoHash = (url === tracker.udpUrl ? 'a1' : 'b2').repeat(20);
      const first = await startPeer(t, address, infoHash, 7001, [url]);
      await first.works();
      const second = await startPeer(t, address, infoHash, 7002, [url]);
      await second.works();
      assert.deepEqual([...second.found], [address === '::1' ? '[::1]:7001' : '127.0.0.1:7001'], url);
    }
  });
}

test('our announcer works with opentracker over HTTP and UDP', { skip: opentrackerMissing() ?? false }, async (t) => {
  const infoHash = 'c3'.repeat(20);
  const bench = await Workbench.for(t);
  const tracker = bench.keep(await startOpentracker([infoHash]));
  for (const [index, url] of [tracker.httpUrl, tracker.udpUrl].entries()) {
    const first = await startPeer(t, '127.0.0.1', infoHash, 7100 + index, [url]);
    await first.works();
    const second = await startPeer(t, '127.0.0.1', infoHash, 7110 + index, [url]);
    await second.works();
    assert.ok(second.found.has(`127.0.0.1:${7100 + index}`), `${url}: ${[...second.found]}`);
    second.announcer.scrape();
    await until('a scrape', WAIT_MS, () => (second.announcer.status()[0]?.leechers ?? 0) >= 2);
  }
  const refused = await startPeer(t, '127.0.0.1', 'd4'.repeat(20), 7120, [tracker.httpUrl]);
  await until('a refusal in words', WAIT_MS, () => refused.announcer.status()[0]?.message !== '');
  assert.match(refused.announcer.status()[0]?.message ?? '', /not authorized/);
});

for (const program of PROGRAMS) {
  test(`${program.name} announces to our tracker over HTTP, and our announcer is told of it`, {
    skip: program.missing() ?? false,
  }, async (t) => {
    await announces(t, program, 'http');
  });
}

// aria2 1.36 speaks to UDP trackers only with its DHT on, rtorrent's driver turns UDP trackers off.
for (const program of PROGRAMS.filter(({ name }) => name !== 'aria2' && name !== 'rtorrent')) {
  test(`${program.name} announces to our tracker over UDP, and our announcer is told of it`, {
    skip: program.missing() ?? false,
  }, async (t) => {
    await announces(t, program, 'udp');
  });
}

for (const program of PROGRAMS.filter(({ name }) => name !== 'libtorrent')) {
  const skip = program.missing() ?? libtorrent.missing() ?? false;
  test(`${program.name} and libtorrent find each other through our tracker and share a file`, { skip }, async (t) => {
    const bench = await Workbench.for(t);
    const tracker = await startTracker(t, '127.0.0.1');
    const { torrent, seedFolder } = await writeShared(bench, [tracker.httpUrl]);
    await bench.start(program, { role: 'seed', torrent, folder: seedFolder });
    await until('the announce of the seed', WAIT_MS, () => tracker.protocol.inspect().peers === 1);
    const folder = await bench.place('leech');
    const leech = await bench.start(libtorrent, { role: 'leech', torrent, folder });
    await leech.done(TRANSFER_MS);
    assert.deepEqual(await treeOf(folder, CONTENT), await treeOf(seedFolder, CONTENT));
  });
}

async function announces(t: TestContext, program: PeerProgram, kind: 'http' | 'udp'): Promise<void> {
  const bench = await Workbench.for(t);
  const tracker = await startTracker(t, '127.0.0.1');
  const url = kind === 'http' ? tracker.httpUrl : tracker.udpUrl;
  const { torrent, infoHash, seedFolder } = await writeShared(bench, [url]);
  const port = await freePort();
  const running = await bench.start(program, { role: 'seed', torrent, folder: seedFolder, port });
  await until(
    'the announce',
    WAIT_MS,
    () => tracker.protocol.inspect().peers === 1,
    () => JSON.stringify(tracker.protocol.inspect()),
  );
  const peer = await startPeer(t, '127.0.0.1', infoHash, 7200, [url]);
  await peer.works();
  assert.deepEqual([...peer.found], [`127.0.0.1:${port}`]);
  assert.equal(peer.announcer.status()[0]?.seeders, 1, 'it counts as a seed');
  if (FAREWELLS[kind] !== program.name) return;
  await running.stop();
  await until('its farewell', WAIT_MS, () => tracker.protocol.inspect().peers === 1);
}

async function startTracker(t: TestContext, address: string) {
  const host = new SocketHost({ address });
  await host.open();
  t.after(() => host.close());
  const protocol = host.run((ours) => new Tracker(ours, { intervalSeconds: 10, minIntervalSeconds: 2 }));
  const { datagram, stream } = host.self;
  assert.ok(datagram !== null && stream !== null);
  return { protocol, udpUrl: `udp://${formatEndpoint(datagram)}/announce`, httpUrl: `http://${formatEndpoint(stream)}/announce` };
}

async function startPeer(t: TestContext, address: string, infoHash: string, port: number, trackers: readonly string[]) {
  const host = new SocketHost({ address, streamPort: null });
  await host.open();
  const peer = host.run((ours) => new AnnouncingPeer(ours, infoHash, port, trackers));
  t.after(async () => {
    await host.close();
    peer.fetcher.close();
  });
  return peer;
}

async function writeShared(bench: Workbench, trackers: readonly string[]) {
  const seedFolder = await bench.place('seed');
  await writeContent(seedFolder, CONTENT, CONTENT_BYTES);
  const { path, infoHash } = await writeTorrent(join(bench.folder, 'x.torrent'), seedFolder, CONTENT, 16_384, trackers);
  return { torrent: path, infoHash, seedFolder };
}
