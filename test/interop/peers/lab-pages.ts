/** The laboratory of a node in a browser: opened, worlds made in it, and how long its pictures take. Owns nothing. */

import type { TestContext } from 'node:test';
import { TRANSFER_MS_MAX } from '../kith-run.ts';
import { Workbench } from '../workbench.ts';
import type { BrowserPage } from './browser.ts';
import { openPages, startPagedNode } from './node-pages.ts';
import { until } from './process-group.ts';

const LOOKED_OVER_MAX = 2_000;

export async function openLab(t: TestContext): Promise<BrowserPage> {
  const bench = await Workbench.for(t);
  const page = await openPages(bench, await startPagedNode(bench, 'node'));
  await page.goTo('/lab');
  await page.driver.getByRole('heading', { name: 'A world to watch' }).waitFor();
  return page;
}

/** Filled in and made as a person does it; comes back when it is shown. A swarm has a seed beside its leechers, and is not done at first. */
export async function makeWorld(page: BrowserPage, system: string, nodes: number): Promise<void> {
  await page.driver.locator(`option[value="${system}"]`).first().waitFor({ state: 'attached' });
  await page.driver.evaluate(`(() => {
    const select = document.querySelector('form select');
    select.value = '${system}';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  })()`);
  await page.driver.getByRole('spinbutton', { name: /^(Nodes|Leechers)$/ }).fill(String(nodes));
  await page.driver.getByRole('button', { name: 'Make it' }).click();
  const shown = (system === 'bittorrent' ? nodes + 1 : nodes).toLocaleString('en');
  // Of very many nobody looks whether all is as it should be.
  const well = system === 'bittorrent' ? ' 1 of ' : nodes > LOOKED_OVER_MAX ? '' : ' All is as it should be';
  await until('the world', TRANSFER_MS_MAX, async () => {
    const caption = page.driver.locator('figcaption');
    // Many nodes take longer to find each other than a page is waited for otherwise.
    if ((await caption.count()) === 0) return false;
    const text = await caption.first().innerText();
    return [shown, shown.replaceAll(',', '')].some((count) => text.includes(`${count} nodes.${well}`));
  });
}

/** How long the script works at each picture: a picture begins by asking its canvas for the means to draw, and ends before anything else runs. */
export async function makeDrawingCount(page: BrowserPage): Promise<void> {
  await page.driver.evaluate(`(() => {
    globalThis.drawn = [];
    const getContext = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (...args) {
      const from = performance.now();
      if (this.closest('figure') !== null) queueMicrotask(() => drawn.push(performance.now() - from));
      return getContext.apply(this, args);
    };
  })()`);
}

/** Milliseconds of each picture since `makeDrawingCount`, the shortest first, once there are so many; and what is to be said of them. */
export async function drawingTimes(
  page: BrowserPage,
  framesMin: number,
): Promise<{ readonly frames: readonly number[]; readonly text: string }> {
  await until(`${framesMin} frames`, TRANSFER_MS_MAX, async () => Number(await page.driver.evaluate('drawn.length')) >= framesMin);
  const frames = ((await page.driver.evaluate('drawn')) as number[]).sort((a, b) => a - b);
  const at = (share: number): string => (frames[Math.floor((frames.length - 1) * share)] as number).toFixed(1);
  return { frames, text: `${frames.length} frames: median ${at(0.5)} ms, 95% within ${at(0.95)} ms, worst ${at(1)} ms` };
}
