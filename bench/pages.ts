/**
 * A browser session of half an hour: goes round all pages of a node with two hundred small torrents, of which another node fetches some all the
 * while, and says what of the page and of the node grows. Garbage is collected before each look, so that what grows is held by somebody.
 *
 *   node bench/pages.ts [--minutes 30] [--items 200] [--look 700] [--json FILE]
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browserMissing } from '../test/interop/peers/browser.ts';
import { openPages } from '../test/interop/peers/node-pages.ts';
import { startSessionNodes } from '../test/interop/session-nodes.ts';
import { SessionTour } from '../test/interop/session-tour.ts';
import { SessionVitals, VITAL_NAMES, VITALS, type Vitals } from '../test/interop/session-vitals.ts';
import { growthOf } from './growth.ts';
import { markdownTable, median, show } from './statistics.ts';

const MINUTE_MS = 60_000;

interface Sample extends Vitals {
  readonly atMs: number;
}

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    items: { type: 'string', default: '200' },
    look: { type: 'string', default: '700' },
    json: { type: 'string' },
  },
});
const missing = browserMissing();
if (missing !== null) throw new Error(missing);
const minutes = Number(options.minutes);
const running: { stop(): Promise<void> }[] = [];
const folder = await mkdtemp(join(tmpdir(), 'kith-bench-pages-'));
const bench = {
  folder,
  keep: <T extends { stop(): Promise<void> }>(started: T): T => {
    running.push(started);
    return started;
  },
};
const samples: Sample[] = [];
try {
  await session();
} finally {
  await Promise.allSettled(running.reverse().map((each) => each.stop()));
  await rm(folder, { recursive: true, force: true });
}
report();
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify({ v: 1, minutes, items: Number(options.items), samples })}\n`);

async function session(): Promise<void> {
  const { shown, heap, fetched, failed } = await startSessionNodes(bench, Number(options.items));
  const page = await openPages(bench, shown);
  const vitals = await SessionVitals.of(page, shown.kith.pid, heap);
  const tour = new SessionTour(page, { item: fetched[0] ?? '', lookMs: Number(options.look), experiment: true });
  const startMs = performance.now();
  while (performance.now() - startMs < minutes * MINUTE_MS) {
    try {
      await Promise.race([tour.round(), failed]);
    } catch (error) {
      const screen = join(tmpdir(), 'kith-bench-pages.png');
      await page.driver.screenshot({ path: screen });
      throw new Error(`round ${samples.length + 1} was not gone to its end; what the page shows: ${screen}`, { cause: error });
    }
    const sample = { atMs: performance.now() - startMs, ...(await vitals.take()) };
    samples.push(sample);
    console.error(
      `${show(sample.atMs / MINUTE_MS, 1)} min: ${VITAL_NAMES.map((name) => `${VITALS[name]} ${show(sample[name], 1)}`).join(', ')}`,
    );
  }
  const { strangers, complaints } = page;
  if (strangers.length + complaints.length > 0)
    throw new Error(`the page asked ${strangers.join()} and complained: ${complaints.join('\n')}`);
}

/** A row a minute, with the medians of its rounds; then what grows. */
function report(): void {
  const byMinute = Map.groupBy(samples, ({ atMs }) => Math.floor(atMs / MINUTE_MS) + 1);
  const medians = [...byMinute].map(([minute, rounds]) => ({
    minute,
    rounds: rounds.length,
    of: Object.fromEntries(VITAL_NAMES.map((name) => [name, median(rounds.map((round) => round[name]))])) as unknown as Vitals, // The same names.
  }));
  const head = ['minute', 'rounds', ...VITAL_NAMES.map((name) => VITALS[name])];
  const decimals = (name: string): number => (name.endsWith('Mb') ? 1 : 0);
  const rows = medians.map(({ minute, rounds, of }) => [
    String(minute),
    String(rounds),
    ...VITAL_NAMES.map((name) => show(of[name], decimals(name))),
  ]);
  console.log(
    `${minutes} minutes, ${samples.length} rounds, ${options.items} torrents; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  console.log(markdownTable(head, rows));
  const judged = VITAL_NAMES.map((name) => {
    const { level, rise, noise, grows } = growthOf(medians.map(({ of }) => of[name]));
    return [VITALS[name], show(level, 1), show(rise, 2), show(noise, 2), grows ? 'grows' : 'steady'];
  });
  console.log(`\n${markdownTable(['', 'level', 'rise over the second half', '± standard error', ''], judged)}`);
}
