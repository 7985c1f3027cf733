/**
 * Takes the picture of the laboratory: a Chord ring of which a tenth has crashed, and a lookup that is walked hop by hop, as docs/images/lab.png.
 * Run it with `PATH=$PWD/node_modules/.bin:$PATH node docs/images/record-lab.ts`; it needs Chromium, ffmpeg and the packages of test/interop/peers.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openPages, startPagedNode } from '../../test/interop/peers/node-pages.ts';
import { takePicture } from './palette-png.ts';

const VIEW = { width: 1280, height: 760 };
/** In virtual time and ours: the ring repairs itself. */
const WATCH_MS = 6_000;
/** Of a lookup of twice as many, those that are shown. */
const HOPS = 2;

const folder = mkdtempSync(join(tmpdir(), 'kith-lab-picture-'));
const running: { stop(): Promise<void> }[] = [];
const bench = {
  folder,
  keep: <T extends { stop(): Promise<void> }>(started: T): T => {
    running.push(started);
    return started;
  },
};
try {
  await record();
} finally {
  await Promise.allSettled(running.reverse().map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function record(): Promise<void> {
  const page = await openPages(bench, await startPagedNode(bench, 'node'), { viewport: VIEW, colorScheme: 'light' });
  const { driver } = page;
  const press = (name: string | RegExp): Promise<void> => driver.getByRole('button', { name }).first().click();
  await page.goTo('/networks');
  await press('Make a world of Chord');
  await driver
    .getByText(/All is as it should be/)
    .first()
    .waitFor();
  await press('Play');
  await press('Crash 10%');
  await driver.getByText(/10 nodes crashed/).waitFor();
  await pause(WATCH_MS);
  await press('Pause');
  for (let number = 1; ; number++) {
    await driver.getByRole('textbox', { name: 'Key' }).fill(`holiday ${number}.mp4`);
    await press(/^Look up from/);
    await driver.getByRole('group', { name: `The way to holiday ${number}.mp4` }).waitFor();
    if ((await driver.getByText(new RegExp(`Hop 0 of ${2 * HOPS}`)).count()) > 0) break;
  }
  for (let hop = 0; hop < HOPS; hop++) await press('Next hop');
  await takePicture(page, join(import.meta.dirname, 'lab.png'));
}
