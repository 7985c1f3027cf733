/** webtorrent, in Node and in a page of Chromium, swarms with kith over WebRTC alone, introduced by either tracker. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  announced,
  expectedTree,
  getAndCompare,
  infoHashOf,
  magnetOf,
  oddContent,
  startKithTracker,
  startShare,
  TEST_MS_MAX,
  TRANSFER_MS_MAX,
} from './kith-run.ts';
import { bittorrentTrackerMissing, startBittorrentTracker } from './peers/bittorrent-tracker.ts';
import { CHROMIUM_START_MS_MAX, chromiumMissing, ChromiumPeer } from './peers/chromium.ts';
import { treeOf, writeContent } from './peers/content.ts';
import { runKithGet } from './peers/kith.ts';
import { freePort } from './peers/process-group.ts';
import { webtorrent } from './peers/webtorrent.ts';
import { Workbench } from './workbench.ts';

const WEB_RTC = ['--webrtc', 'on', '--transport', 'tcp'];
const FILE = 'seeded in a page.bin';
const options = (missing: string | null) => ({ skip: missing ?? false, timeout: TEST_MS_MAX });

for (const whose of ['our', "bittorrent-tracker's"] as const) {
  const missing = whose === 'our' ? webtorrent.missing() : bittorrentTrackerMissing();

  test(`webtorrent downloads from kith share over WebRTC through ${whose} tracker`, options(missing), async (t) => {
    const bench = await Workbench.for(t);
    const tracker = await trackerUrl(bench, whose);
    const content = await oddContent(bench, []);
    const { share } = await startShare(bench, content, ['--tracker', tracker, ...WEB_RTC]);
    const folder = await bench.place('target');
    // Without the address of kith, which the link has too.
    const magnet = magnetOf({ ...content.torrent, infoHash: infoHashOf(await share.link()) }, [tracker]);
    const leech = await bench.start(webtorrent, { role: 'leech', folder, magnet, webRtc: true });
    await leech.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, webtorrent));
  });

  test(`kith get downloads from webtorrent over WebRTC through ${whose} tracker`, options(missing), async (t) => {
    const bench = await Workbench.for(t);
    const tracker = await trackerUrl(bench, whose);
    const content = await oddContent(bench, [tracker]);
    await bench.start(webtorrent, { role: 'seed', folder: content.folder, torrent: content.torrent.path, webRtc: true });
    await getAndCompare(bench, magnetOf(content.torrent, [tracker]), content, WEB_RTC);
  });
}

for (const showAddresses of [true, false]) {
  const page = showAddresses ? 'a page in Chromium that may show its addresses' : 'a page in Chromium as users have it';

  test(`${page} downloads what kith share seeds, by the link that it prints`, options(chromiumMissing()), async (t) => {
    const bench = await Workbench.for(t);
    const content = await oddContent(bench, []);
    const { share } = await startShare(bench, content, WEB_RTC);
    const folder = await bench.place('target');
    const leech = await startChromium(bench, { folder, magnet: await share.link(), showAddresses });
    await leech.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(folder, content.torrent.name), content.tree);
  });

  test(`kith get downloads what ${page} seeds`, options(chromiumMissing()), async (t) => {
    const bench = await Workbench.for(t);
    const folder = await bench.place('source');
    await writeContent(folder, FILE, 3_000_000);
    const { webSocketUrl } = await startKithTracker(bench);
    const seed = await startChromium(bench, { folder, name: FILE, trackers: [webSocketUrl], showAddresses });
    const target = await bench.place('target');
    const get = bench.keep(runKithGet(await seed.magnet(), target, ['--timeout', '60', ...WEB_RTC], { port: await freePort() }));
    await get.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(target, FILE), await treeOf(folder, FILE));
  });
}

test('a page in Chromium and a kith on TCP are of one swarm: the tracker counts both', options(chromiumMissing()), async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { httpUrl, webSocketUrl } = await startKithTracker(bench);
  const { share } = await startShare(bench, content, ['--tracker', httpUrl]);
  const torrent = { ...content.torrent, infoHash: infoHashOf(await share.link()) };
  const folder = await bench.place('target');
  await startChromium(bench, { folder, magnet: magnetOf(torrent, [webSocketUrl]), showAddresses: true });
  await announced(httpUrl, torrent, 1, 1);
});

async function startChromium(bench: Workbench, about: Omit<ConstructorParameters<typeof ChromiumPeer>[0], 'port'>): Promise<ChromiumPeer> {
  const peer = bench.keep(new ChromiumPeer({ port: await freePort(), ...about }));
  await peer.event('ready', CHROMIUM_START_MS_MAX);
  return peer;
}

async function trackerUrl(bench: Workbench, whose: 'our' | "bittorrent-tracker's"): Promise<string> {
  if (whose === 'our') return (await startKithTracker(bench)).webSocketUrl;
  return bench.keep(await startBittorrentTracker()).webSocketUrl;
}
