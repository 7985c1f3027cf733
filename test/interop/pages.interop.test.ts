/** The pages of a node in Chromium: what people do there, by mouse and by keys, at three widths, with ten thousand transfers. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { TransferList } from '../../src/node/transfers/transfer-list.ts';
import { newRecord } from '../../src/node/transfers/transfer-record.ts';
import { browserMissing, type BrowserPage } from './peers/browser.ts';
import { openPages, type PagedNode, rowOf, startAgain, startPagedNode } from './peers/node-pages.ts';
import { findProgram, until } from './peers/process-group.ts';
import { oddContent, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { Workbench } from './workbench.ts';

const options = { skip: browserMissing() ?? false, timeout: TEST_MS_MAX };
const filmOptions = {
  ...options,
  skip: options.skip !== false ? options.skip : findProgram('ffmpeg') === null && 'ffmpeg is not installed',
};
const FILM_SECONDS = 30;
/** Quickly made, also on a machine that does other work: for each second one picture that is whole. */
const FILM = [
  '-f',
  'lavfi',
  '-i',
  `testsrc=duration=${FILM_SECONDS}:size=320x180:rate=10`,
  '-c:v',
  'libvpx',
  '-g',
  '10',
  '-b:v',
  '500k',
].concat(['-minrate', '500k', '-maxrate', '500k', '-deadline', 'realtime', '-cpu-used', '8']);
/** To be looked at. */
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-pages-'));
const WIDTHS = [360, 768, 1280];
const MANY = 10_000;
/** Each key, and what it opens: where there is a field, it has the focus. */
const DIALOGS = [
  ['?', /^Keys/],
  ['Control+k', /^What shall/],
  ['l', /^Limit/],
  ['Delete', /^Remove/],
] as const;
/** One key in eight was lost when a dialog went away in two steps. */
const DIALOG_ROUNDS = 20;
/** Sixty frames a second, if the page had a processor for itself; what a machine that does other work makes of them is told. */
const FRAME_MS_MAX = 1000 / 60;

/** A page that asked somebody else, or complained, fails its test, whatever else it did. */
function assertQuiet(...pages: readonly BrowserPage[]): void {
  for (const { strangers, complaints } of pages) assert.deepEqual({ strangers, complaints }, { strangers: [], complaints: [] });
}

async function openNode(t: TestContext, args: readonly string[] = []): Promise<{ bench: Workbench; node: PagedNode; page: BrowserPage }> {
  const bench = await Workbench.for(t);
  const node = await startPagedNode(bench, 'node', args);
  return { bench, node, page: await openPages(bench, node) };
}

test('files dropped on one node are shared, and another node gets them by the link that is pasted there', options, async (t) => {
  const { bench, page: sharing } = await openNode(t);
  const other = await startPagedNode(bench, 'other');
  const getting = await openPages(bench, other);
  // Two parts and a bit.
  const film = { name: 'holiday film.mkv', bytes: new Uint8Array(randomBytes(9_000_000)) };
  await shareFrom(sharing, getting, film.name, film.bytes);
  const row = rowOf(getting, film.name);
  await until(
    'the film',
    TRANSFER_MS_MAX,
    async () => /100%[\s\S]*seeding/.test(await row.innerText()),
    () => other.kith.group.lastWords,
  );
  const got = readFileSync(join(other.home, 'data', 'kith', 'downloads', film.name));
  assert.deepEqual(new Uint8Array(got), film.bytes);
  assertQuiet(sharing, getting);
});

test('a .torrent that is dropped is fetched, not shared; what is neither is said', options, async (t) => {
  const { bench, page } = await openNode(t);
  const content = await oddContent(bench, ['http://127.0.0.1:9/announce']);
  await page.drop([{ name: 'odd.torrent', bytes: readFileSync(content.torrent.path) }]);
  await rowOf(page, 'odd content').waitFor();
  await page.drop([{ name: 'broken.torrent', bytes: new Uint8Array(100) }]);
  await page.driver.getByRole('alert').waitFor();
  assert.equal(await rowOf(page, 'broken').count(), 0);
  assertQuiet(page);
});

test('a link lets one browser in, once; who comes again by it is told what to do', options, async (t) => {
  const { bench, node, page } = await openNode(t);
  assert.equal(await page.driver.evaluate('location.href'), `${new URL(node.link).origin}/transfers`);
  await assert.rejects(Promise.race([openPages(bench, node), failure(bench, node)]), /opens only once/);
  await page.driver.reload();
  await rowOf(page, 'welcome.txt').waitFor();
  assertQuiet(page);
});

test('a page whose node goes and comes again goes on by itself, without a new link', options, async (t) => {
  const { bench, node, page } = await openNode(t);
  await node.kith.finish();
  await page.driver.getByText('cut off').waitFor();
  await startAgain(bench, node);
  await page.driver.getByText(/^live$/).waitFor();
  await rowOf(page, 'welcome.txt').waitFor();
  assert.deepEqual(page.strangers, []);
});

test('everything goes by keys: filter, choose, select, palette, page and back', options, async (t) => {
  const { page } = await openNode(t);
  await page.drop([{ name: 'a.txt', bytes: new Uint8Array(10) }]);
  await page.drop([{ name: 'b.txt', bytes: new Uint8Array(20) }]);
  await rowOf(page, 'b.txt').waitFor();
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.driver.keyboard.press(key);
  };
  await press('/');
  await page.driver.keyboard.type('a.txt');
  await rowOf(page, 'b.txt').waitFor({ state: 'hidden' });
  // In a field these are for its words, not for the transfers.
  await press('Control+a', 'Delete');
  await rowOf(page, 'b.txt').waitFor();
  assert.equal(await page.driver.getByRole('dialog').count(), 0);
  await page.driver.keyboard.type('a.txt');
  await rowOf(page, 'b.txt').waitFor({ state: 'hidden' });
  await press('Escape');
  await rowOf(page, 'b.txt').waitFor();
  await press('k', 'k', 'k', 'Space', 'j', 'Space');
  await page.driver.getByText('2 selected').waitFor();
  await press('Control+k');
  await page.driver.keyboard.type('pause');
  assert.match(await page.driver.getByRole('option', { name: /Pause/ }).innerText(), /kith pause \d+ \d+/);
  await press('Enter');
  await page.driver.locator('[role=row][data-state=paused]').first().waitFor();
  await press('Escape', '?');
  await page.driver.getByRole('dialog', { name: 'Keys' }).waitFor();
  await closeDialog(page);
  await press('k', 'Enter');
  await page.driver
    .getByRole('heading', { name: /\.txt$/ })
    .first()
    .waitFor();
  await press('g', 'n');
  await page.driver.getByRole('heading', { name: 'Doctor' }).waitFor();
  await press('g', 't');
  await page.driver.getByRole('grid').waitFor();
  assertQuiet(page);
});

test('a key that is pressed as soon as a dialog is gone does what it does, however often', options, async (t) => {
  const { page } = await openNode(t);
  await rowOf(page, 'welcome.txt').waitFor();
  await page.driver.keyboard.press('Control+a');
  await page.driver.getByText(/\d selected/).waitFor();
  for (let round = 1; round <= DIALOG_ROUNDS; round++) {
    for (const [key, title] of DIALOGS) {
      await page.driver.keyboard.press(key);
      await page.driver.getByRole('dialog', { name: title }).waitFor();
      await closeDialog(page);
    }
  }
  assertQuiet(page);
});

test('each letter of a peer says what it means when it has the focus, and the peer why it is sent nothing', options, async (t) => {
  const { bench, page } = await openNode(t);
  const other = await startPagedNode(bench, 'other', ['--limit-up', '100k']);
  const sharing = await openPages(bench, other);
  await shareFrom(sharing, page, 'slow.bin', randomBytes(2_000_000));
  await openItem(page, 'slow.bin');
  const flag = page.driver.locator('[data-flag=D]');
  await flag.waitFor();
  await flag.focus();
  await page.driver.getByRole('tooltip').waitFor();
  assert.equal(await page.driver.getByRole('tooltip').innerText(), 'downloading from it');
  await page.driver.keyboard.press('Escape');
  await page.driver.getByRole('tooltip').waitFor({ state: 'hidden' });
  assert.match(await page.driver.getByRole('region', { name: 'Peers' }).innerText(), /wants nothing|not interested yet/);
  const picture = (await page.driver.locator('canvas').getAttribute('aria-label')) ?? '';
  assert.match(picture, /^\d+ of \d+ pieces are here; each of the \d+ missing is with 1 peer or more\.$/);
  assertQuiet(page);
});

test('a film is played while it comes: from its beginning, and from where somebody goes to', filmOptions, async (t) => {
  const { bench, page } = await openNode(t);
  const other = await startPagedNode(bench, 'other', ['--limit-up', '200k']);
  const sharing = await openPages(bench, other);
  const path = join(bench.folder, 'test film.webm');
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...FILM, path], { timeout: TRANSFER_MS_MAX });
  await shareFrom(sharing, page, 'test film.webm', readFileSync(path));
  await openItem(page, 'test film');
  await page.driver.getByRole('tab', { name: /Files/ }).click();
  await page.driver.getByRole('link', { name: 'Play test film.webm' }).click();
  await page.driver.locator('video').waitFor();
  await page.driver.evaluate(`film = document.querySelector('video'); film.muted = true; film.play()`);
  const playedTo = (seconds: number) =>
    until(`second ${seconds} of the film`, TRANSFER_MS_MAX, async () => Number(await page.driver.evaluate('film.currentTime')) > seconds);
  await playedTo(0.5);
  await page.driver.evaluate(`film.currentTime = ${FILM_SECONDS - 5}`);
  await playedTo(FILM_SECONDS - 4);
  const picture = (await page.driver.locator('canvas').getAttribute('aria-label')) ?? '';
  assert.match(picture, /^\d+% of the file is on the node; the player has [\d.]+ s ahead\.$/);
  assert.deepEqual(await page.violations(), []);
  await page.driver.screenshot({ path: join(SCREENS, 'player.png') });
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any page, ${colorScheme}`, options, async (t) => {
    const { bench, node, page } = await openNode(t);
    await page.driver.emulateMedia({ colorScheme });
    const look = async (what: string): Promise<void> => assert.deepEqual(await page.violations(), [], what);
    await page.drop([{ name: 'film.mkv', bytes: new Uint8Array(200_000) }]);
    const row = rowOf(page, 'film.mkv');
    await row.locator('a').waitFor();
    // What is chosen stays so, wherever rows go while others come.
    await page.driver.keyboard.press('Control+a');
    await page.driver.getByText(/\d selected/).waitFor();
    await look('transfers');
    for (const keys of ['?', 'Control+k', 'l', 'Delete']) {
      await page.driver.keyboard.press(keys);
      await page.driver.getByRole('dialog').waitFor();
      await look(`the dialog of ${keys}`);
      await closeDialog(page);
    }
    await openItem(page, 'film.mkv');
    await page.driver.getByRole('tab', { name: /Peers/ }).waitFor();
    for (const [index, tab] of ['peers', 'files', 'sources', 'log'].entries()) {
      await page.driver.keyboard.press(String(index + 1));
      await look(`the ${tab} of an item`);
    }
    await page.driver.keyboard.press('g');
    await page.driver.keyboard.press('n');
    await page.driver.getByText('All is well').waitFor();
    await look('node');
    const outside = await openLoggedOut(bench, node, colorScheme);
    assert.deepEqual(await outside.violations(), [], 'log in');
    assertQuiet(page, outside);
  });
}

for (const width of WIDTHS) {
  test(`every page fits into ${width} pixels`, options, async (t) => {
    const { bench, node, page } = await openNode(t);
    const other = await startPagedNode(bench, 'other', ['--limit-up', '500k']);
    const sharing = await openPages(bench, other);
    await shareFrom(sharing, page, 'a long film of the sea, with hills behind it (2019, restored).mkv', randomBytes(6_000_000));
    await page.driver.setViewportSize({ width, height: 800 });
    const shown = async (name: string): Promise<void> => {
      await page.driver.screenshot({ path: join(SCREENS, `${name}-${width}.png`) });
      assert.ok(
        (await page.driver.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true,
        `${name} is wider than ${width}`,
      );
    };
    await rowOf(page, 'film').waitFor();
    await shown('transfers');
    await openItem(page, 'film');
    await page.driver.getByRole('heading', { name: 'Pieces' }).waitFor();
    await shown('item');
    await page.goTo('/node');
    await page.driver.getByText('All is well').waitFor();
    await shown('node');
    await page.driver.emulateMedia({ colorScheme: 'dark' });
    await shown('node-dark');
    await page.goTo('/transfers');
    await shown('transfers-dark');
    const outside = await openLoggedOut(bench, node, 'light');
    await outside.driver.setViewportSize({ width, height: 800 });
    await outside.driver.screenshot({ path: join(SCREENS, `log-in-${width}.png`) });
    t.diagnostic(`screens: ${SCREENS}`);
    assertQuiet(page);
  });
}

test(
  'a row stays below the pointer between the press of a button and its release, whatever becomes of it and of others',
  options,
  async (t) => {
    const { page } = await openNode(t);
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await page.drop([{ name, bytes: new Uint8Array(randomBytes(10)) }]);
    await rowOf(page, 'c.txt').waitFor();
    const hashOf = async (name: string): Promise<string> =>
      (await rowOf(page, name).locator('a').getAttribute('href'))?.split('/').at(-1) ?? '';
    const [a, b] = [await hashOf('a.txt'), await hashOf('b.txt')];
    await page.driver.getByRole('button', { name: 'State' }).click();
    const placeOf = async (name: string): Promise<number> => (await rowOf(page, name).boundingBox())?.y ?? Number.NaN;
    const { x, y } = await middleOf(rowOf(page, 'b.txt').locator('.size'));
    const before = await placeOf('b.txt');
    await page.driver.mouse.move(x, y);
    await page.driver.mouse.down();
    // It sorts before all that seed, and one that may stand above it goes.
    await page.ask('POST', `/transfers/${b}/pause`);
    await page.ask('DELETE', `/transfers/${a}`);
    await page.driver.locator('[role=row][data-state=removed]').waitFor();
    await page.driver.locator('[role=row][data-state=paused]').waitFor();
    assert.equal(await placeOf('b.txt'), before);
    await page.driver.mouse.up();
    assert.match(await page.driver.locator('.row.active').innerText(), /b\.txt/);
    // Elsewhere it is let go: what is gone leaves, and the order is what was asked for.
    await page.driver.mouse.move(5, 5);
    await page.driver.locator('[role=row][data-state=removed]').waitFor({ state: 'hidden' });
    assert.match(await page.driver.locator('[role=row][data-state]').first().innerText(), /b\.txt/);
    assertQuiet(page);
  },
);

test('what lies below the bars does not move when something is chosen', options, async (t) => {
  const { page } = await openNode(t);
  await rowOf(page, 'welcome.txt').waitFor();
  for (const width of WIDTHS) {
    await page.driver.setViewportSize({ width, height: 800 });
    const placeOf = async (): Promise<number> => (await page.driver.getByRole('grid').boundingBox())?.y ?? Number.NaN;
    const before = await placeOf();
    await page.driver.keyboard.press('Control+a');
    await page.driver.locator('[role=row][aria-selected=true]').first().waitFor();
    assert.equal(await placeOf(), before, `at ${width} pixels`);
    await page.driver.keyboard.press('Escape');
    await page.driver.locator('[role=row][aria-selected=true]').waitFor({ state: 'hidden' });
  }
  assertQuiet(page);
});

test(`${MANY} transfers scroll`, options, async (t) => {
  const bench = await Workbench.for(t);
  const home = join(bench.folder, 'many');
  const state = join(home, 'state', 'kith');
  mkdirSync(state, { recursive: true });
  const list = TransferList.open(state);
  const records = Array.from({ length: MANY }, (_, index) =>
    newRecord({
      infoHash: index.toString(16).padStart(40, '0'),
      infoHashV2: null,
      name: `recording ${index} of a long series`,
      location: home,
      addedAtMs: Date.now() - index * 60_000,
      paused: true,
    }),
  );
  list.write(records, (record) => records.indexOf(record));
  list.close();
  const node = await startPagedNode(bench, 'many');
  const page = await openPages(bench, node);
  await page.driver
    .getByText(`${(MANY + 1).toLocaleString('en')}`)
    .first()
    .waitFor();
  const { result, computedMs } = await page.measured(SCROLL_AND_MEASURE);
  const frames = (result as number[]).sort((a, b) => a - b);
  const at = (share: number): number => frames[Math.floor((frames.length - 1) * share)] as number;
  const perFrameMs = computedMs / frames.length;
  t.diagnostic(
    `${frames.length} frames of ${(MANY / frames.length).toFixed(0)} rows: ${perFrameMs.toFixed(1)} ms computed for each; ` +
      `median ${at(0.5).toFixed(1)} ms, 95% within ${at(0.95).toFixed(1)} ms, worst ${at(1).toFixed(1)} ms`,
  );
  assert.ok(perFrameMs <= FRAME_MS_MAX, `a frame took ${perFrameMs} ms of computing`);
  const rows = await page.driver.locator('[role=row]').count();
  assert.ok(rows < 100, `${rows} rows are drawn`);
  await page.driver.keyboard.press('End');
  await page.driver.getByText('welcome.txt').waitFor();
  assertQuiet(page);
});

/** From the first row to the last in three seconds, a frame at a time; resolves to how long each frame took. */
const SCROLL_AND_MEASURE = `new Promise((resolve) => {
  const grid = document.querySelector('[role=grid]');
  grid.focus();
  const steps = 180;
  const times = [];
  let step = 0;
  let before = performance.now();
  const frame = (now) => {
    if (step > 0) times.push(now - before);
    before = now;
    grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * (step / steps);
    if (step++ < steps) requestAnimationFrame(frame);
    else resolve(times);
  };
  requestAnimationFrame(frame);
})`;

async function middleOf(locator: ReturnType<typeof rowOf>): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await locator.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: x + width / 2, y: y + height / 2 };
}

async function closeDialog(page: BrowserPage): Promise<void> {
  await page.driver.keyboard.press('Escape');
  await page.driver.getByRole('dialog').waitFor({ state: 'hidden' });
}

/** Rows move while they come: the filter leaves one, which stays. */
async function openItem(page: BrowserPage, name: string): Promise<void> {
  await page.driver.getByRole('searchbox', { name: /Filter/ }).fill(name);
  await rowOf(page, 'welcome.txt').waitFor({ state: 'hidden' });
  await rowOf(page, name).locator('a').click();
}

/** Drops it on one page, and pastes its link on another. */
async function shareFrom(sharing: BrowserPage, getting: BrowserPage, name: string, bytes: Uint8Array): Promise<void> {
  await sharing.drop([{ name, bytes }]);
  await openItem(sharing, name);
  const link = await sharing.driver.locator('#link').inputValue();
  await getting.driver.getByRole('textbox', { name: 'Link to add' }).fill(link);
  await getting.driver.keyboard.press('Enter');
  await rowOf(getting, name).waitFor();
}

/** Rejects with what the page says to somebody who comes by a link that is spent. */
async function failure(bench: Workbench, node: PagedNode): Promise<never> {
  const page = await openLoggedOut(bench, node, 'light');
  throw new Error(await page.driver.getByRole('alert').innerText());
}

async function openLoggedOut(bench: Workbench, node: PagedNode, colorScheme: 'light' | 'dark'): Promise<BrowserPage> {
  const browser = bench.keep(await (await import('./peers/browser.ts')).Browser.start());
  const page = await browser.open(node.link, { colorScheme });
  await page.driver.getByRole('alert').waitFor();
  return page;
}
