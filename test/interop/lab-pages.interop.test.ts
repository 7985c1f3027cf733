/** The laboratory in Chromium: a lookup stepped hop by hop, a world broken and forked, a link that makes it again, an experiment up to its report. */

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
const SCREENS = mkdtempSync(join(tmpdir(), 'kith-lab-pages-'));
/** What a frame of ten thousand nodes may compute, if the page had a processor for itself. */
const FRAME_MS_MAX = 60;

function assertQuiet({ strangers, complaints }: BrowserPage): void {
  assert.deepEqual({ strangers, complaints }, { strangers: [], complaints: [] });
}

test('a Chord lookup is stepped hop by hop, with the reason of each, up to the node that owns the key', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'chord', 64);
  await page.driver.getByRole('button', { name: /Look up from/ }).click();
  const hop = page.driver.locator('.way');
  await hop.waitFor();
  await until('the first hop', TRANSFER_MS_MAX, async () => /Hop 0 of [1-9]/.test(await hop.innerText()));
  const hops = Number(/Hop 0 of (\d+)/.exec(await hop.innerText())?.[1]);
  for (let step = 1; step <= hops; step++) {
    await page.driver.getByRole('button', { name: 'Next hop' }).click();
    await until(`hop ${step}`, TRANSFER_MS_MAX, async () => (await hop.innerText()).includes(`Hop ${step} of ${hops}`));
  }
  assert.match(await hop.innerText(), /It owns the key/);
  await page.driver.screenshot({ path: join(SCREENS, 'lookup.png') });
  // The lookup itself takes virtual time.
  await page.driver.getByRole('button', { name: 'Play' }).click();
  await page.driver.getByText(/right, \d+ hops/).waitFor();
  t.diagnostic(`screens: ${SCREENS}`);
  assertQuiet(page);
});

test('a third of a ring crashes, and two futures of it are watched beside each other', options, async (t) => {
  const page = await openLab(t);
  await makeWorld(page, 'chord', 60);
  await page.driver.getByRole('button', { name: 'Crash 30%' }).click();
  await page.driver.getByText(/18 nodes crashed/).waitFor();
  await page.driver.getByRole('button', { name: 'Fork it' }).click();
  await page.driver.getByRole('heading', { name: /Two futures of Chord/ }).waitFor();
  await page.driver.getByText(/Forked at/).waitFor();
  await page.driver.getByRole('button', { name: 'Play' }).click();
  await until('both worlds to go on', TRANSFER_MS_MAX, async () => (await page.driver.locator('canvas[role=img]').count()) === 2);
  await page.driver.getByRole('button', { name: 'Pause' }).click();
  await page.driver.screenshot({ path: join(SCREENS, 'fork.png') });
  // The first had the place of both before.
  assert.ok(
    (await page.driver.evaluate(
      `[...document.querySelectorAll('canvas')].every((each) => each.clientWidth <= each.closest('.panel').clientWidth)`,
    )) === true,
    'a picture is wider than its panel',
  );
  assertQuiet(page);
});

test('an experiment is run from the page, and its report opens', options, async (t) => {
  const page = await openLab(t);
  await page.driver.getByRole('searchbox', { name: 'Filter' }).fill('xor-path-length');
  await page.driver.getByRole('textbox', { name: 'Other values' }).fill('nodes=16,32');
  await page.driver
    .getByRole('button', { name: /^Quick/ })
    .first()
    .click();
  const link = page.driver.getByRole('link', { name: 'Open the report' });
  await link.waitFor();
  await page.driver.goto(new URL((await link.getAttribute('href')) ?? '', page.driver.url()).href);
  assert.match(await page.driver.locator('body').innerText(), /XOR|Kademlia|path/i);
  assert.equal(await page.driver.locator('svg').first().count(), 1);
  await page.driver.screenshot({ path: join(SCREENS, 'report.png') });
  assert.deepEqual(page.strangers, []);
});

test('ten thousand nodes are drawn', options, async (t) => {
  const page = await openLab(t);
  await makeDrawingCount(page);
  await page.driver.locator('option[value=chord]').first().waitFor({ state: 'attached' });
  await page.driver.getByRole('spinbutton', { name: 'Nodes' }).fill('10000');
  await page.driver.getByRole('button', { name: 'Make it' }).click();
  await page.driver
    .getByText(/10,?000 nodes/)
    .first()
    .waitFor();
  await page.driver.getByRole('button', { name: 'Play' }).click();
  const { frames, text } = await drawingTimes(page, 50);
  const at = (share: number): number => frames[Math.floor((frames.length - 1) * share)] as number;
  t.diagnostic(text);
  assert.ok(at(0.5) < FRAME_MS_MAX, `half of the frames took ${at(0.5)} ms or more`);
  await page.driver.screenshot({ path: join(SCREENS, 'ten-thousand.png') });
  assertQuiet(page);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the laboratory, ${colorScheme}, and it fits into a phone`, options, async (t) => {
    const page = await openLab(t);
    await page.driver.emulateMedia({ colorScheme });
    await page.driver.getByRole('heading', { name: 'Experiments' }).waitFor();
    await page.driver.getByText('chord-path-length').waitFor();
    assert.deepEqual(await page.violations(), [], 'the laboratory');
    for (const width of [360, 768, 1280]) await fits(page, `lab-${colorScheme}`, width);
    await makeWorld(page, 'can', 40);
    await page.driver.getByRole('button', { name: /Look up from/ }).click();
    await page.driver.getByText(/Hop 0 of/).waitFor();
    assert.deepEqual(await page.violations(), [], 'a world');
    for (const width of [360, 768, 1280]) await fits(page, `world-${colorScheme}`, width);
    t.diagnostic(`screens: ${SCREENS}`);
    assertQuiet(page);
  });
}

async function fits(page: BrowserPage, name: string, width: number): Promise<void> {
  await page.driver.setViewportSize({ width, height: 800 });
  await page.driver.screenshot({ path: join(SCREENS, `${name}-${width}.png`) });
  const isIn = await page.driver.evaluate('document.documentElement.scrollWidth <= innerWidth');
  assert.ok(isIn === true, `${name} is wider than ${width}`);
}
