/** Search networks and swarms in the laboratory, in Chromium: a search stepped, an ultrapeer crashed, two futures, a swarm watched; each shape is drawn, and fits. */

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { type BrowserPage, browserMissing } from './peers/browser.ts';
import { drawingTimes, makeDrawingCount, makeWorld, openLab } from './peers/lab-pages.ts';
import { until } from './peers/process-group.ts';

const options = { skip: browserMissing() ?? false, timeout: TEST_MS_MAX };
/** To be looked at. */
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-live-searches-'));
/** What a frame of ten thousand nodes may compute, if the page had a processor for itself. */
const FRAME_MS_MAX = 60;

function assertQuiet({ strangers, complaints }: BrowserPage): void {
  assert.deepEqual({ strangers, complaints }, { strangers: [], complaints: [] });
}

async function search(page: BrowserPage): Promise<void> {
  await page.driver.getByRole('button', { name: /Search from/ }).click();
  await page.driver.locator('.way').first().waitFor();
}

/** Presses "Next step" until something has been found, and says how many steps that took. */
async function stepUntilFound(page: BrowserPage): Promise<number> {
  const way = page.driver.locator('.way').first();
  let steps = 0;
  for (; steps < 12 && !/[1-9]\d* of \d+ holders? found/.test(await way.innerText()); steps++) {
    const before = await way.innerText();
    await page.driver.getByRole('button', { name: 'Next step' }).first().click();
    await until(`step ${steps}`, TRANSFER_MS_MAX, async () => (await way.innerText()) !== before);
  }
  return steps;
}

test('a Gnutella search is stepped until it has found somebody; without an ultrapeer it has another future', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'gnutella', 80);
  await search(page);
  const steps = await stepUntilFound(page);
  assert.ok(steps > 0 && steps < 12, `${steps} steps`);
  const way = page.driver.locator('.way').first();
  assert.match(await way.innerText(), /Step \d+ of \d+/);
  await page.driver.getByRole('button', { name: 'Back', exact: true }).click();
  await page.driver.screenshot({ path: join(SCREENS, 'search.png') });
  await page.driver.getByRole('button', { name: 'Fork it' }).click();
  await page.driver.getByRole('heading', { name: /Two futures of Gnutella 0.6/ }).waitFor();
  // The first node that was made is an ultrapeer: it is crashed in the second world alone.
  const forked = page.driver.locator('section.world').nth(1);
  await forked.getByRole('spinbutton', { name: 'Number' }).fill('0');
  await page.driver.keyboard.press('Enter');
  await forked.locator('strong:text-is("ultrapeer")').waitFor();
  await forked.getByRole('button', { name: 'Crash node 0' }).click();
  await forked.getByText('node 0 crashed').waitFor();
  assert.equal(await page.driver.getByText('node 0 crashed').count(), 1);
  await page.driver.screenshot({ path: join(SCREENS, 'fork.png') });
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('by keys alone a search is stepped on and back, and the tables say what the picture shows', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'fasttrack', 60);
  await search(page);
  const way = page.driver.locator('.way');
  await page.driver.locator('h1').first().click();
  for (const steps of [2, 3]) {
    await page.driver.keyboard.press('n');
    await until(`step ${steps}`, TRANSFER_MS_MAX, async () => (await way.innerText()).includes(`Step ${steps} of ${steps}`));
  }
  await page.driver.keyboard.press('b');
  await until('a step back', TRANSFER_MS_MAX, async () => (await way.innerText()).includes('Step 2 of 3'));
  await page.driver.getByText('Nodes as a table').click();
  const table = page.driver.locator('figure + details table');
  assert.match(await table.innerText(), /supernode/);
  await page.driver.getByText('Hop by hop, as a table').click();
  assert.match(await way.innerText(), /Nodes reached/);
  assertQuiet(page);
});

test('played by itself, a flood comes to its end, and the page says so', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'gnutella-0.4', 40);
  await search(page);
  await page.driver.getByRole('button', { name: 'Play steps' }).click();
  await page.driver.getByRole('button', { name: 'Pause' }).waitFor();
  const way = page.driver.locator('.way');
  await until('the end', TRANSFER_MS_MAX, async () => /, (over|nothing is under way):/.test(await way.innerText()));
  await page.driver.getByRole('button', { name: 'Play steps' }).waitFor();
  assert.match(await way.innerText(), /39 nodes reached/);
  assertQuiet(page);
});

test('with less motion a search has no play of its own, and steps all the same', options, async (t) => {
  const page = await openLab(t);
  await page.driver.emulateMedia({ reducedMotion: 'reduce' });
  await makeWorld(page, 'napster', 40);
  await search(page);
  assert.equal(await page.driver.getByRole('button', { name: 'Play steps' }).count(), 0);
  assert.ok((await stepUntilFound(page)) >= 1);
  assertQuiet(page);
});

test('a link to a search network with its search makes the same world again', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'napster', 40);
  await search(page);
  await stepUntilFound(page);
  const found = /\d+ of \d+ holders? found/.exec(await page.driver.locator('.way').innerText())?.[0] ?? '';
  const hash = (await page.driver.evaluate(`(async () => {
    let text = '';
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (given) => { text = given; } } });
    [...document.querySelectorAll('button')].find((button) => button.textContent === 'Copy its link').click();
    while (text === '') await new Promise((resolve) => setTimeout(resolve, 20));
    return new URL(text).hash;
  })()`)) as string;
  await page.driver.goto(new URL(`/lab${hash}`, page.driver.url()).href);
  await page.driver.locator('.way').waitFor();
  await stepUntilFound(page);
  assert.ok((await page.driver.locator('.way').innerText()).includes(found), found);
  assertQuiet(page);
});

test('the pieces of a swarm come, a peer says whom it chokes and why, and without its seed nobody can finish', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'bittorrent', 20);
  await page.driver
    .getByText(/1 of 21 peers have all 96 pieces/)
    .first()
    .waitFor();
  await page.driver.getByRole('combobox', { name: 'Speed' }).selectOption('5');
  await page.driver.getByRole('button', { name: 'Play', exact: true }).click();
  await page.driver
    .getByText(/0:1\d\.\d/)
    .first()
    .waitFor();
  await page.driver.getByRole('button', { name: 'Pause' }).click();
  await page.driver.getByRole('spinbutton', { name: 'Number' }).fill('1');
  await page.driver.keyboard.press('Enter');
  await page.driver.getByText('seeding', { exact: true }).waitFor();
  await page.driver.getByText('chokes, though it waits', { exact: true }).waitFor();
  await page.driver.getByText('Peer 1 holds all 96 pieces.').first().waitFor();
  await page.driver.screenshot({ path: join(SCREENS, 'swarm.png') });
  await page.driver.getByRole('button', { name: 'Crash node 1' }).click();
  await page.driver
    .getByText(/with nobody who is left/)
    .first()
    .waitFor();
  assertQuiet(page);
});

const SHAPES = [
  ['napster', 60],
  ['gnutella-0.4', 60],
  ['gnutella', 60],
  ['gnutella2', 60],
  ['fasttrack', 60],
  ['unstructured', 60],
  ['bittorrent', 24],
] as const;

for (const colorScheme of ['light', 'dark'] as const) {
  test(`each shape is drawn, axe finds nothing in it, and it fits into a phone, ${colorScheme}`, options, async (t) => {
    const page = await openLab(t);
    await page.driver.emulateMedia({ colorScheme });
    for (const [system, nodes] of SHAPES) {
      await page.goTo('/lab');
      await makeWorld(page, system, nodes);
      if (system !== 'bittorrent') {
        await search(page);
        await stepUntilFound(page);
      }
      await page.driver.getByRole('spinbutton', { name: 'Number' }).fill('2');
      await page.driver.keyboard.press('Enter');
      await page.driver.getByRole('button', { name: 'Crash node 2' }).waitFor();
      assert.deepEqual(await page.violations(), [], system);
      for (const width of [1280, 360]) {
        await page.driver.setViewportSize({ width, height: 900 });
        await page.driver.screenshot({ path: join(SCREENS, `${system}-${colorScheme}-${width}.png`) });
        assert.equal(await page.driver.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${system} at ${width}`);
      }
      await page.driver.setViewportSize({ width: 1280, height: 900 });
      await page.driver.getByRole('button', { name: 'End it' }).click();
      await page.driver.getByRole('heading', { name: 'A world to watch' }).waitFor();
    }
    t.diagnostic(`screens: ${SCREENS}`);
    assertQuiet(page);
  });
}

for (const [system, nodes] of [
  ['fasttrack', 10_000],
  ['bittorrent', 300],
] as const) {
  test(`${nodes} nodes of ${system} are drawn in time`, options, async (t) => {
    const page = await openLab(t);
    await makeDrawingCount(page);
    await makeWorld(page, system, nodes);
    if (system !== 'bittorrent') await search(page);
    await page.driver.getByRole('button', { name: 'Play', exact: true }).click();
    const { frames, text } = await drawingTimes(page, 40);
    t.diagnostic(text);
    const median = frames[Math.floor(frames.length / 2)] as number;
    assert.ok(median < FRAME_MS_MAX, `half of the frames took ${median} ms or more`);
    await page.driver.screenshot({ path: join(SCREENS, `${system}-many.png`) });
    assertQuiet(page);
  });
}
