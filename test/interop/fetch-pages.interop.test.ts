/** What is fetched by its hashes, on the pages: live among the torrents, paused and resumed by keys, and all about it on a page of its own. The holders are web servers of the tests. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { type BrowserPage, browserMissing } from './peers/browser.ts';
import { openPages, type PagedNode, rowOf, startPagedNode } from './peers/node-pages.ts';
import { findProgram, until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const options = { skip: browserMissing() ?? false, timeout: TEST_MS_MAX };
const filmOptions = {
  ...options,
  skip: options.skip !== false ? options.skip : findProgram('ffmpeg') === null && 'ffmpeg is not installed',
};
const FILM_SECONDS = 10;
/** To be looked at. */
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-fetch-pages-'));
const WIDTHS = [360, 768, 1280];
const PACE_MS = 50;

function assertQuiet({ strangers, complaints }: BrowserPage): void {
  assert.deepEqual({ strangers, complaints }, { strangers: [], complaints: [] });
}

/** A web server that has the file, and sends so many bytes a second of each range; its address. */
async function holder(t: TestContext, content: Uint8Array, bytesPerSecond: number): Promise<string> {
  const server = createServer((request, response) => {
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Math.min(to === '' ? content.length : Number(to) + 1, content.length)];
    response.writeHead(206, { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${content.length}` });
    const step = Math.ceil((bytesPerSecond * PACE_MS) / 1000);
    let at = start;
    const pace = setInterval(() => {
      response.write(content.subarray(at, Math.min(end, at + step)));
      at += step;
      if (at >= end) response.end();
    }, PACE_MS);
    response.once('close', () => clearInterval(pace));
  });
  return listening(t, server);
}

/** A web server that has nothing. */
function emptyServer(t: TestContext): Promise<string> {
  return listening(
    t,
    createServer((_, response) => response.writeHead(404).end()),
  );
}

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function linkOf(content: Uint8Array, name: string, sources: readonly string[]): string {
  const bits = [...createHash('sha1').update(content).digest()].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const sha1 = bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '');
  const from = sources.map((url) => `&xs=${encodeURIComponent(`${url}/${encodeURIComponent(name)}`)}`).join('');
  return `magnet:?xt=urn:sha1:${sha1}&xl=${content.length}&dn=${encodeURIComponent(name)}${from}`;
}

function noise(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes));
}

interface World {
  readonly node: PagedNode;
  readonly page: BrowserPage;
  readonly content: Uint8Array;
}

/** A node whose page was given the link of a file that one holder sends slowly and another has not. */
async function openFetch(t: TestContext, name: string, content: Uint8Array, bytesPerSecond: number): Promise<World> {
  const bench = await Workbench.for(t);
  const node = await startPagedNode(bench, 'node');
  const page = await openPages(bench, node);
  const link = linkOf(content, name, [await holder(t, content, bytesPerSecond), await emptyServer(t)]);
  await page.driver.keyboard.press('a');
  await page.driver.getByRole('textbox', { name: 'Link to add' }).fill(link);
  await page.driver.keyboard.press('Enter');
  await rowOf(page, name).waitFor();
  await page.driver.keyboard.press('Escape');
  return { node, page, content };
}

async function says(page: BrowserPage, name: string, words: RegExp): Promise<void> {
  await until(`${words} of ${name}`, TRANSFER_MS_MAX, async () => words.test(await rowOf(page, name).innerText()));
}

async function screens(page: BrowserPage, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.driver.setViewportSize({ width, height: 800 });
    await page.driver.screenshot({ path: join(SCREENS, `${name}-${width}.png`) });
    assert.ok(
      (await page.driver.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true,
      `${name} is wider than ${width}`,
    );
  }
  await page.driver.setViewportSize({ width: 1280, height: 800 });
}

test(
  'a file that is fetched by its hash is live among the torrents, rests and goes on by keys, and goes with its data',
  options,
  async (t) => {
    const { node, page, content } = await openFetch(t, 'slow song.mp3', noise(600_000), 60_000);
    const path = join(node.home, 'data', 'kith', 'downloads', 'slow song.mp3');
    await says(page, 'slow song', /f1[\s\S]*web[\s\S]*[1-9]\d?%[\s\S]*downloading[\s\S]*kB\/s/);
    await page.driver.keyboard.press('p');
    await says(page, 'slow song', /paused/);
    const resting = await rowOf(page, 'slow song').innerText();
    await page.driver.keyboard.press('r');
    await says(page, 'slow song', /downloading/);
    await says(page, 'slow song', /100%[\s\S]*done/);
    assert.deepEqual(new Uint8Array(readFileSync(path)), content);
    assert.match(resting, /[1-9]\d?%/);
    await page.driver.keyboard.press('Control+k');
    await page.driver.keyboard.type('kith rm f1');
    await page.driver.getByText('kith rm f1').first().waitFor();
    await page.driver.keyboard.press('Enter');
    await page.driver.getByRole('checkbox', { name: /Remove the files/ }).click();
    await page.driver.getByRole('button', { name: 'Remove', exact: true }).first().click();
    await rowOf(page, 'slow song').waitFor({ state: 'hidden' });
    assert.equal(existsSync(path), false);
    assertQuiet(page);
  },
);

test('the page of a fetch says which parts are there, who has it and why each sends or not, its hashes and its log', options, async (t) => {
  const { page } = await openFetch(t, 'a film.mkv', noise(3_000_000), 150_000);
  await page.driver.keyboard.press('g');
  await page.driver.keyboard.press('i');
  await page.driver.getByRole('heading', { name: 'a film.mkv' }).waitFor();
  await page.driver
    .getByText(/parts are here; each of the \d+ missing is with 1 holder or more\./)
    .first()
    .waitFor();
  const holders = page.driver.getByRole('region', { name: 'Holders' });
  await until('both holders', TRANSFER_MS_MAX, async () => /sends[\s\S]*is asked no more: .*404/.test(await holders.innerText()));
  await page.driver.keyboard.press('2');
  assert.match(await page.driver.getByRole('region', { name: 'Hashes' }).innerText(), /SHA-1\s+[0-9a-f]{40}\s+the whole, once it is there/);
  await page.driver.keyboard.press('p');
  await page.driver.keyboard.press('1');
  await page.driver.getByText('Nobody is asked while it is paused.').waitFor();
  await page.driver.keyboard.press('3');
  const log = page.driver.getByRole('region', { name: 'Lines of the log' });
  await until('the log', TRANSFER_MS_MAX, async () => /Paused\.[\s\S]*is asked no more[\s\S]*Added\./.test(await log.innerText()));
  await page.driver.keyboard.press('Escape');
  await page.driver.getByRole('grid', { name: 'Transfers' }).waitFor();
  assertQuiet(page);
});

test('axe finds nothing where a fetch is shown, light and dark, and it fits into a phone', options, async (t) => {
  const { page } = await openFetch(t, 'a long film of the sea, with hills behind it (2019, restored).mkv', noise(4_000_000), 100_000);
  await says(page, 'a long film', /[1-9]%/);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.driver.emulateMedia({ colorScheme });
    assert.deepEqual(await page.violations(), [], `transfers, ${colorScheme}`);
    await screens(page, `transfers-${colorScheme}`);
    await page.goTo('/fetches/1');
    await page.driver.getByRole('region', { name: 'Holders' }).waitFor();
    for (const [index, tab] of ['holders', 'hashes', 'log'].entries()) {
      await page.driver.keyboard.press(String(index + 1));
      assert.deepEqual(await page.violations(), [], `${tab} of a fetch, ${colorScheme}`);
      await screens(page, `${tab}-${colorScheme}`);
    }
    await page.goTo('/transfers');
    await rowOf(page, 'a long film').waitFor();
  }
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('a film that was fetched by its hash is played, from where somebody goes to', filmOptions, async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'kith-film-')), 'film.webm');
  const picture = [
    '-f',
    'lavfi',
    '-i',
    `testsrc=duration=${FILM_SECONDS}:size=160x90:rate=10`,
    '-c:v',
    'libvpx',
    '-g',
    '10',
    '-deadline',
    'realtime',
  ];
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...picture, path], { timeout: TRANSFER_MS_MAX });
  const { page } = await openFetch(t, 'film.webm', readFileSync(path), 50_000_000);
  await says(page, 'film.webm', /100%[\s\S]*done/);
  await page.goTo('/fetches/1');
  await page.driver.getByRole('link', { name: 'Play film.webm' }).click();
  await page.driver.locator('video').waitFor();
  await page.driver.evaluate(`film = document.querySelector('video'); film.muted = true; film.play()`);
  await page.driver.evaluate(`film.currentTime = ${FILM_SECONDS - 3}`);
  await until('its end', TRANSFER_MS_MAX, async () => Number(await page.driver.evaluate('film.currentTime')) > FILM_SECONDS - 2);
  assert.deepEqual(await page.violations(), []);
  assertQuiet(page);
});
