/** A dozen rounds over all pages, and what is left of them: the short form of `bench/pages.ts`, which goes round for half an hour. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { TEST_MS_MAX } from './kith-run.ts';
import { browserMissing } from './peers/browser.ts';
import { openPages } from './peers/node-pages.ts';
import { startSessionNodes } from './session-nodes.ts';
import { SessionTour } from './session-tour.ts';
import { SessionVitals, type Vitals } from './session-vitals.ts';
import { Workbench } from './workbench.ts';

const ITEMS = 40;
const ROUNDS = 12;
/** Until then every part of the pages was loaded and compiled, and the node has met all that it is asked. */
const WARM_ROUNDS = 4;
const LAST_ROUNDS = 3;
/** Of eight rounds. One element with a listener that stays behind a round is seen, code that the browser compiles once more is not. */
const GROWTH_MAX: Vitals = { pageHeapMb: 2, domNodes: 60, listeners: 7, nodeHeapMb: 4, nodeResidentMb: 80, descriptors: 10 };

test(`${ROUNDS} rounds over all pages leave nothing behind, in the page and in the node`, {
  skip: browserMissing() ?? false,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const bench = await Workbench.for(t);
  const { shown, heap, fetched, failed } = await startSessionNodes(bench, ITEMS);
  const page = await openPages(bench, shown);
  const vitals = await SessionVitals.of(page, shown.kith.pid, heap);
  const tour = new SessionTour(page, { item: fetched[0] ?? '', lookMs: 0, experiment: false });
  const taken: Vitals[] = [];
  while (taken.length < ROUNDS) {
    await Promise.race([tour.round(), failed]);
    taken.push(await vitals.take());
  }
  const warm = taken[WARM_ROUNDS - 1] as Vitals;
  // What one look finds may be on its way out: what has stayed is in all of the last ones.
  const last = taken.slice(-LAST_ROUNDS);
  for (const [name, most] of Object.entries(GROWTH_MAX) as [keyof Vitals, number][]) {
    const grown = Math.min(...last.map((each) => each[name])) - warm[name];
    t.diagnostic(`${name}: ${warm[name].toFixed(1)}, ${grown.toFixed(1)} more after ${ROUNDS - WARM_ROUNDS} rounds`);
    assert.ok(grown <= most, `${name} has grown by ${grown}: ${taken.map((each) => each[name].toFixed(1)).join(' ')}`);
  }
  assert.deepEqual({ strangers: page.strangers, complaints: page.complaints }, { strangers: [], complaints: [] });
});
