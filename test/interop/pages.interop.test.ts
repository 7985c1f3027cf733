/** The pages of a node in Chromium: what people do there, by mouse and by keys, at three widths, with ten thousand transfers. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { TransferList } from '../../src/node/transfers/transfer-list.ts';
import { newRecord } from '../../src/node/transfers/transfer-record.ts';
import { browserMissing, type BrowserPage } from './peers/browser.ts';
import { openPages, type PagedNode, rowOf, startAgain, startPagedNode } from './peers/node-pages.ts';
import { until } from './peers/process-group.ts';
import { TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { Workbench } from './workbench.ts';

const options = { skip: browserMissing() ?? false, timeout: TEST_MS_MAX };
/** To be looked at. */
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-pages-'));
const WIDTHS = [360, 768, 1280];
const MANY = 10_000;
/** Half of what a screen shows, on a machine that does other work too; the median is told. */
const FRAME_MS_MAX = 33;

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
  await sharing.drop([film]);
  await rowOf(sharing, film.name).locator('a').click();
  const link = await sharing.driver.locator('#link').inputValue();
  await getting.driver.getByRole('textbox', { name: 'Link to add' }).fill(link);
  await getting.driver.keyboard.press('Enter');
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
  await press('Escape');
  await rowOf(page, 'b.txt').waitFor();
  await press('k', 'k', 'k', 'Space', 'j', 'Space');
  await page.driver.getByText('2 selected').waitFor();
  await press('Control+k');
  await page.driver.keyboard.type('pause');
  assert.match(await page.driver.getByRole('option', { name: /Pause/ }).innerText(), /kith pause 1 2/);
  await press('Enter');
  await page.driver.locator('[role=row][data-state=paused]').first().waitFor();
  await press('Escape', '?');
  await page.driver.getByRole('dialog', { name: 'Keys' }).waitFor();
  await press('Escape', 'k', 'Enter');
  await page.driver.getByRole('heading', { name: 'a.txt' }).waitFor();
  await press('g', 'n');
  await page.driver.getByRole('heading', { name: 'Doctor' }).waitFor();
  await press('g', 't');
  await page.driver.getByRole('grid').waitFor();
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
    await page.driver.keyboard.press('j');
    await look('transfers');
    for (const keys of ['?', 'Control+k', 'l', 'Delete']) {
      await page.driver.keyboard.press(keys);
      await page.driver.getByRole('dialog').waitFor();
      await look(`the dialog of ${keys}`);
      await page.driver.keyboard.press('Escape');
    }
    await row.locator('a').click();
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
    await sharing.drop([
      { name: 'a long film of the sea, with hills behind it (2019, restored).mkv', bytes: new Uint8Array(randomBytes(6_000_000)) },
    ]);
    await rowOf(sharing, 'film').locator('a').click();
    await page.driver.getByRole('textbox', { name: 'Link to add' }).fill(await sharing.driver.locator('#link').inputValue());
    await page.driver.keyboard.press('Enter');
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
    await rowOf(page, 'film').locator('a').click();
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
  const frames = (await page.driver.evaluate(SCROLL_AND_MEASURE)) as number[];
  frames.sort((a, b) => a - b);
  const at = (share: number): number => frames[Math.floor(frames.length * share)] as number;
  t.diagnostic(
    `${frames.length} frames: median ${at(0.5).toFixed(1)} ms, 95% within ${at(0.95).toFixed(1)} ms, worst ${at(1 - 1e-9).toFixed(1)} ms`,
  );
  assert.ok(at(0.5) <= FRAME_MS_MAX, `a frame took ${at(0.5)} ms`);
  const rows = await page.driver.locator('[role=row]').count();
  assert.ok(rows < 100, `${rows} rows are drawn`);
  await page.driver.keyboard.press('End');
  await page.driver.getByText('welcome.txt').waitFor();
  assertQuiet(page);
});

/** From the first row to the last and through all columns' orders, a frame at a time; resolves to how long each frame took. */
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
