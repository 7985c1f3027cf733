/**
 * Takes the picture that opens the README: the pages of a node between two others, with real transfers on loopback, as docs/images/dashboard.png.
 * Run it with `PATH=$PWD/node_modules/.bin:$PATH node docs/images/record-dashboard.ts`; it needs Chromium, ffmpeg and the packages of
 * test/interop/peers, and two or three minutes.
 */

import { randomFillSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RemoteNode } from '../../src/node/control/remote-node.ts';
import type { NodeOperations } from '../../src/node/node-operations.ts';
import { Browser } from '../../test/interop/peers/browser.ts';
import { KithPeer } from '../../test/interop/peers/kith.ts';
import { START_MS_MAX } from '../../test/interop/peers/peer.ts';
import { freePort } from '../../test/interop/peers/process-group.ts';
import { takePicture } from './palette-png.ts';

const MB = 1_000_000;
const VIEW = { width: 1280, height: 640 };
const WATCH_MS = 100_000;
/** How often a rate changes a little, as it does among people. */
const SETTLE_MS = 15_000;
const LOOK_MS = 200;
const TURN_MS = 2_500;

interface Item {
  readonly name: string;
  readonly megabytes: number;
  readonly labels: readonly string[];
  /** Bytes a second that it comes at; 0: as fast as it can. */
  readonly down: number;
  /** And goes at, to the third node; null: that one does not want it. */
  readonly up: number | null;
}

const ITEMS: readonly Item[] = [
  { name: 'OpenStreetMap Iceland, weekly', megabytes: 260, labels: ['maps'], down: 1.4 * MB, up: null },
  { name: 'Lectures on distributed systems, spring term', megabytes: 220, labels: ['course'], down: 0.9 * MB, up: null },
  { name: 'sea-and-hills-4k.mkv', megabytes: 130, labels: ['films'], down: 0.7 * MB, up: null },
  { name: 'Field recordings of a bog', megabytes: 90, labels: ['sound'], down: 0, up: 0.6 * MB },
  { name: 'seed-catalogue-1911 (scans)', megabytes: 40, labels: ['books'], down: 0, up: 0.15 * MB },
  { name: 'weather-stations-2025.csv.zst', megabytes: 25, labels: [], down: 0.1 * MB, up: null },
];
const OWN = ['choir rehearsal.flac', 'thesis draft 7'];
const WANTED_BY_NOBODY = `magnet:?xt=urn:btih:${'5eed'.repeat(10)}&dn=old%20radio%20plays&x.pe=127.0.0.1:9`;

const folder = mkdtempSync(join(tmpdir(), 'kith-dashboard-'));
const running: { stop(): Promise<void> }[] = [];
try {
  await record();
} finally {
  await Promise.allSettled(running.reverse().map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function record(): Promise<void> {
  const [source, shown, taker] = await Promise.all(['source', 'shown', 'taker'].map(start));
  if (source === undefined || shown === undefined || taker === undefined) throw new Error('three nodes were started');
  const served: string[] = [];
  for (const { name, megabytes, labels, down, up } of ITEMS) {
    const path = writeContent(join('content', name), megabytes);
    const { transfer } = await source.node.share([path], {});
    await shown.node.add({ link: transfer.link }, { labels, folder: place('shown', 'data', 'kith', 'downloads'), downloadRateMax: down });
    if (up === null) continue;
    await shown.node.change(transfer.infoHash, { uploadRateMax: up });
    served.push(transfer.infoHash);
  }
  for (const infoHash of served) {
    await complete(shown.node, infoHash);
    // From here on there is but one to get it from.
    await source.node.remove(infoHash, false);
    const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${shown.port}`;
    await taker.node.add({ link }, { folder: place('taker', 'data') });
  }
  for (const name of OWN) await shown.node.share([writeContent(join('own', name), 12)], { labels: ['own'] });
  const { transfer: waiting } = await shown.node.add({ link: WANTED_BY_NOBODY }, { folder: place('shown', 'data', 'kith', 'downloads') });
  await shown.node.pause(waiting.infoHash);
  // What came at full speed is out of the rates then.
  await pause(SETTLE_MS);
  const browser = await Browser.start();
  running.push(browser);
  const page = await browser.open(shown.link, { viewport: VIEW, colorScheme: 'light' });
  await page.driver.getByRole('grid').waitFor();
  for (let turn = 0; turn < WATCH_MS / TURN_MS; turn++) {
    for (const { infoHash, downloadRateMax } of await shown.node.list()) {
      if (downloadRateMax > 0)
        await shown.node.change(infoHash, { downloadRateMax: Math.round(downloadRateMax * (0.9 + 0.2 * Math.random())) });
    }
    await pause(TURN_MS);
  }
  await takePicture(page, join(import.meta.dirname, 'dashboard.png'));
}

async function complete(node: NodeOperations, infoHash: string): Promise<void> {
  while ((await node.info(infoHash)).state !== 'seeding') await pause(LOOK_MS);
}

async function start(name: string): Promise<{ node: NodeOperations; port: number; link: string }> {
  const port = await freePort();
  const home = place(name);
  const args = ['up', '--port', String(port), '--api-port', String(await freePort()), '--folder', place(name, 'share')];
  const kith = new KithPeer(args, { port, home });
  running.push(kith);
  await kith.event('ready', START_MS_MAX);
  const node = await RemoteNode.find(process.env.XDG_RUNTIME_DIR ?? join(home, 'state', 'kith', 'run'), new AbortController().signal);
  if (node === null) throw new Error(`${name} does not answer`);
  return { node, port, link: kith.lines.get('ready')?.pages ?? '' };
}

function place(...names: readonly string[]): string {
  const path = join(folder, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

function writeContent(name: string, megabytes: number): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, randomFillSync(new Uint8Array(megabytes * MB)));
  return path;
}
