/** Peer exchange with other programs (BEP 11): one in the middle that only one side knows tells both of each other. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Content, oddContent, startKithTracker, TEST_MS_MAX, withTrackers } from './kith-run.ts';
import { NO_TRACKER } from './peers/content.ts';
import { type KithPeer, type KithPeerRow, runKithGet } from './peers/kith.ts';
import type { PeerProgram } from './peers/peer.ts';
import { freePort, until } from './peers/process-group.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

/** Most tell once a minute by their own clock. */
const TOLD_MS_MAX = 130_000;
/** So slow that nobody is done, and has left, before everybody has been told. */
const SLOW = ['--limit-up', '8k', '--limit-down', '8k', '--timeout', '0', '--peers'];

/** Why a program in the middle tells of nobody here. */
const SILENT: Readonly<Record<string, string>> = {
  transmission: 'it passes over 127.x, and knows one peer an address',
  rtorrent: 'it tells of nobody on its own machine',
  webtorrent: 'it listens and tells nobody',
};

for (const program of PROGRAMS) {
  const missing = program.missing();
  const silent = missing ?? SILENT[program.name] ?? false;
  const deaf = missing ?? (program.dialsLoopback ? false : 'it does not dial 127.x');
  test(`kith hears of a peer from ${program.name}`, { skip: silent, timeout: TEST_MS_MAX }, (t) => hearsOf(t, program));
  test(`${program.name} hears of a peer from kith`, { skip: deaf, timeout: TEST_MS_MAX }, (t) => tells(t, program));
}

/**
 * One kith dials the program and knows nobody else. Then the program meets another, told to dial it or by a tracker: aria2 tells only of
 * those whom it has dialled in the minute before, and of nobody at the address of whom it tells.
 */
async function hearsOf(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const tracker = await startKithTracker(bench);
  const content = await oddContent(bench, [NO_TRACKER]);
  const tracked = await withTrackers(bench, content, [tracker.httpUrl]);
  const { path: torrent } = tracked.torrent;
  const middle = await bench.start(program, { role: 'seed', torrent, folder: content.folder, finds: ['pex'] });
  const first = await startGet(bench, content, 'first', [middle.endpoint]);
  const second = await startGet(bench, content, 'second', [], ['--listen', '127.0.0.2', '--tracker', tracker.udpUrl]);
  await middle.dial(second.endpoint.replace('127.0.0.1', '127.0.0.2'));
  await until(
    'the first to be told of the second',
    TOLD_MS_MAX,
    async () => rows(first).some(({ sources }) => sources.includes('pex')),
    () => JSON.stringify([rows(first), rows(second)]),
  );
}

/** kith in the middle dials two of the program. */
async function tells(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const { path: torrent } = content.torrent;
  const folder = await bench.place('leech');
  const leech = await bench.start(program, { role: 'leech', torrent, folder, finds: ['pex'] });
  const other = await startGet(bench, content, 'other', []);
  await startGet(bench, content, 'middle', [leech.endpoint, other.endpoint]);
  await until(
    'the program to dial whom kith has told it of',
    TOLD_MS_MAX,
    async () => rows(other).some(({ sources, client }) => sources.includes('incoming') && !client.startsWith('kith')),
    () => JSON.stringify(rows(other)),
  );
  assert.equal(rows(other).filter(({ client }) => !client.startsWith('kith')).length, 1);
}

async function startGet(
  bench: Workbench,
  content: Content,
  name: string,
  peers: readonly string[],
  args: readonly string[] = [],
): Promise<KithPeer> {
  const folder = await bench.place(name);
  const named = peers.flatMap((peer) => ['--peer', peer]);
  const kith = bench.keep(runKithGet(content.torrent.path, folder, [...SLOW, ...named, ...args], { port: await freePort() }));
  await kith.event('counters', TOLD_MS_MAX);
  return kith;
}

function rows(kith: KithPeer): readonly KithPeerRow[] {
  return kith.lines.get('peers')?.peers ?? [];
}
